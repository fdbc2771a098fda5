"""`python -m harness.submission check`: a line a file, exit codes, and whose ids are asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import harness.editions.load
from harness.submission import __main__ as submission

IDS = [f"real_unknown_{number:04d}" for number in range(1, 201)]
STRICT = "".join(f"{name},{number % 2}\n" for number, name in enumerate(IDS))


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    """`check("x.csv", ...)` runs the command in tmp_path; returns exit code, stdout and stderr, unwrapped."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = submission.main(["check", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_valid_forgiven_and_not_valid_have_a_line_each_and_the_worst_exit_code(check, tmp_path):
    (tmp_path / "strict.csv").write_text(STRICT)
    (tmp_path / "crlf.txt").write_text(STRICT, newline="\r\n")
    (tmp_path / "bad[1].csv").write_text(STRICT + "\n")
    code, out, _ = check("strict.csv", "--edition", "imageclef2023")
    assert (code, out) == (0, "valid: strict.csv: 200 candidates, 100 called used.\n")
    code, out, _ = check("crlf.txt", "strict.csv", "--edition", "imageclef2023")
    assert code == 0
    assert out.splitlines()[0] == (
        "valid, with this forgiven: crlf.txt: 200 candidates, 100 called used. The file's name ends in .txt instead "
        "of .csv. 200 of 200 lines end in CRLF instead of LF."
    )
    code, out, _ = check("bad[1].csv", "gone.csv", "strict.csv", "--edition", "imageclef2023")
    lines = out.splitlines()
    assert code == 2
    assert lines[0].startswith("not valid: bad[1].csv, line 201 is empty")
    assert lines[1] == "not valid: The submission gone.csv does not exist."
    assert lines[2].startswith("valid: strict.csv")


def test_ids_come_from_a_file_or_from_the_folder_of_candidates(check, tmp_path):
    (tmp_path / "x.csv").write_text("b,1\na,0\n")
    (tmp_path / "ids.txt").write_text("a\r\nb\r\n")
    (tmp_path / "candidates").mkdir()
    for name in "ab":
        Image.new("L", (8, 8)).save(tmp_path / "candidates" / f"{name}.png")
    for ids in ("ids.txt", "candidates"):
        code, out, _ = check("x.csv", "--edition", "imageclef2023", "--ids", ids)
        assert (code, out) == (0, "valid: x.csv: 2 candidates, 1 called used.\n")
    Image.new("L", (8, 8)).save(tmp_path / "candidates" / "c.png")
    code, out, _ = check("x.csv", "--edition", "imageclef2023", "--ids", "candidates")
    assert code == 2
    assert "1 of 3 candidates are missing, first 'c'" in out


def test_an_edition_of_which_less_is_public(check, tmp_path):
    (tmp_path / "x.csv").write_text("a,1\n")
    (tmp_path / "ids.txt").write_text("a\n")
    code, _, err = check("x.csv", "--edition", "imageclef2025")
    assert code == 2
    assert "ids of the test set of ImageCLEFmedical GANs 2025 are not public; give --ids" in err
    code, out, _ = check("x.csv", "--edition", "imageclef2025", "--ids", "ids.txt")
    assert code == 0
    assert out.startswith("Note: The submission format of ImageCLEFmedical GANs 2025 is not public; that of 2023")
    code, _, err = check("x.csv", "--edition", "imageclef2026")
    assert code == 2
    assert "has no membership task" in err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "holds no id"),
        ("a\n\nb\n", "holds an empty id"),
        ("a\na\n", "holds an id more than once"),
        (None, "exist"),
    ],
)
def test_ids_that_are_none_are_refused(check, tmp_path, content, words):
    (tmp_path / "x.csv").write_text("a,1\n")
    if content is not None:
        (tmp_path / "ids.txt").write_text(content)
    code, _, err = check("x.csv", "--edition", "imageclef2023", "--ids", "ids.txt")
    assert code == 2
    assert words in err


def test_an_unknown_edition_is_answered_with_near_names(check):
    code, _, err = check("x.csv", "--edition", "imageclef203")
    assert code == 2
    assert "Did you mean" in err
    assert "imageclef2023" in err


def test_agrees_with_the_official_checker_on_its_own_files(check, shared_data):
    folder = shared_data / "imageclef2023_validator"
    files = sorted(folder.glob("*.csv"))
    code, out, _ = check(*map(str, files), "--edition", "imageclef2023")
    assert code == 2
    told = dict(zip((path.name for path in files), out.splitlines(), strict=True))
    assert {name: not line.startswith("not valid") for name, line in told.items()} == {
        name: name.startswith("00_") for name in told
    }
    for name, words in {
        "01_1_empty_line.csv": "line 4 is empty",
        "01_2_wrong_format.csv": "line 4: 'a,b,c,d,e' has 5 fields",
        "02_1_wrong_figure_id.csv": "line 28: 'aaaaaaaa' is no candidate",
        "03_1_same_fig_id_more_than_once.csv": "line 125: 'real_unknown_0090' stands there again",
        "04_1_score_no_int.csv": "line 11: the score 'aaaaaaa'",
        "04_2_score_int_greater_than_1.csv": "line 9: the score '2'",
        "04_3_score_int_smaller_than_0.csv": "line 18: the score '-1'",
        "05_1_not_all_fig_ids_specified.csv": "first 'real_unknown_0071'",
    }.items():
        assert words in told[name]
    assert check(*(str(path) for path in files if path.name.startswith("00_")), "--edition", "imageclef2023")[0] == 0


def test_all_forty_runs_pass(check, shared_data):
    runs = [str(path) for path in (shared_data / "imageclef2023_submissions").iterdir() if path.name != "LICENSE"]
    code, out, _ = check(*runs, "--edition", "imageclef2023")
    assert (code, len(out.splitlines())) == (0, 40)


def test_it_starts_without_torch():
    code = (
        "import sys; from harness.submission.__main__ import main; main(['check', 'x', '--edition', 'imageclef2023'])"
    )
    code += "; assert not {'torch', 'diffusers', 'datasets'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_format_is_that_of_the_edition(check, tmp_path, monkeypatch):
    described = (Path(harness.editions.load.__file__).parent / "imageclef2023.yaml").read_text(encoding="utf-8")
    assert "header: null" in described
    (tmp_path / "later.yaml").write_text(described.replace("header: null", "header: 'id,score'"))
    (tmp_path / "x.csv").write_text("id,score\n" + STRICT)
    monkeypatch.setattr(harness.editions.load, "files", lambda _: tmp_path)
    assert check("x.csv", "--edition", "later")[:2] == (0, "valid: x.csv: 200 candidates, 100 called used.\n")
    (tmp_path / "x.csv").write_text(STRICT)
    code, out, _ = check("x.csv", "--edition", "later")
    assert code == 2
    assert "stands where the header 'id,score' was expected" in out
