"""The published table as a person or a program sees it, and own rows that never slip into its ranks."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from html.parser import HTMLParser
from io import StringIO

import numpy as np
import pytest
from bare_runs import results_of
from scipy.stats import binomtest

from harness.editions.published import load_published
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.leaderboard import __main__ as leaderboard
from harness.leaderboard.published_counts import derived
from harness.leaderboard.standings import needed_right, place_among
from harness.leaderboard.tables import COLUMNS, CSV_COLUMNS, OTHER_TITLE

EDITION = ["--edition", "imageclef2023"]
PUBLISHED = load_published("imageclef2023")
IDS = PUBLISHED.ids
HOSTILE = "a_b&50%|<i>[red]"


@pytest.fixture
def printed(capsys, monkeypatch):
    """`printed(*options)` runs the command, expects its exit code and returns stdout; stderr in `.err`."""
    monkeypatch.setenv("COLUMNS", "100")

    def call(*options, code=0) -> str:
        assert leaderboard.main([*EDITION, *map(str, options)]) == code
        call.out, call.err = capsys.readouterr()
        return call.out if code == 0 else call.err

    return call


def lines_of(text):
    return list(csv.DictReader(StringIO(text)))


def write_answers(path, used, ids=IDS):
    path.write_text("".join(f"{name},{int(flag)}\n" for name, flag in zip(ids, used, strict=True)))
    return path


def write_truth(path, used, ids=IDS):
    rows = "".join(f"{name},{int(flag)}\n" for name, flag in zip(ids, used, strict=True))
    path.write_text(f"id,used\n{rows}")
    return path


TRUTH = np.arange(200) % 2 == 0  # a made-up one, which the handed-in runs below agree with


@pytest.fixture
def handed_in(tmp_path):
    """A folder of runs that have, on TRUTH, the counts that follow from what was published."""
    folder = tmp_path / "handed_in"
    folder.mkdir()
    for row in PUBLISHED.rows:
        of = derived(row.f1, row.called_used, 200, 100)
        answers = np.zeros(200, bool)
        if of is not None:
            answers[np.flatnonzero(TRUTH)[: int(of.tp[0])]] = True
            answers[np.flatnonzero(~TRUTH)[: int(of.fp[0])]] = True
        write_answers(folder / f"{row.team}_submission{row.submission}.csv", answers)
    return folder


@pytest.fixture
def run_folder(tmp_path):
    """`run_folder(name, ...)` writes a run whose chosen attack has TP 14, FP 5, FN 6, TN 15 on its own test."""

    def write(name="mine", members=20, alarms=(), data="phantom", **changes):
        rates = {
            "f1": Estimate(28 / 39, 0.61, 0.82), "recall": Estimate(0.7), "specificity": Estimate(0.75),
        }  # fmt: skip
        chosen = Record("loss_cal", "surrogate", "test", "release", n_members=members, n_nonmembers=20, **rates)
        decoys = [
            Record("loss_cal", "model", "test", "model", n_members=20, n_nonmembers=20, recall=Estimate(0.5)),
            Record("loss_cal", "surrogate", "shadow", "release", n_members=20, n_nonmembers=20, recall=Estimate(1.0)),
            Record("knn", "release", "test", "release", n_members=20, n_nonmembers=20, recall=Estimate(0.0)),
        ]
        applied = {"attack": "loss_cal", "via": "surrogate", "rule": "best_calibrated", "decision": "probability"}
        records = [asdict(record) for record in [*decoys, chosen]]
        results = results_of(records, chosen=applied, alarms=list(alarms)) | changes
        folder = tmp_path / name
        folder.mkdir()
        (folder / "results.json").write_text(json.dumps(results))
        (folder / "config.yaml").write_text(f"attack: {{loss_cal: {{}}}}\ndata:\n  name: {data}\n")
        return folder

    return write


def test_csv_has_the_official_rows_as_published_and_what_follows(printed):
    text = printed("--format", "csv")
    assert text.splitlines()[0] == "rank,team,submission,f1,accuracy,recall,precision,kappa,tp,fp,fn,tn"
    official = [line for line in lines_of(text) if line["rank"]]
    assert [(line["rank"], line["team"], line["submission"], line["f1"]) for line in official] == [
        (str(row.rank), row.team, row.submission, row.f1) for row in PUBLISHED.rows
    ]
    assert list(official[0].values())[4:] == ["0.81", "0.77", "0.836957", "0.62", "77", "15", "23", "85"]
    for line in official:
        derived_cells = list(line.values())[4:]
        assert all(derived_cells) or not any(derived_cells)
    assert sum(bool(line["tp"]) for line in official) == 31
    by_team = {line["team"]: line for line in lines_of(text) if not line["rank"]}
    assert by_team["all used"]["f1"] == "0.666"
    assert by_team["none used"]["f1"] == "0.000"
    assert by_team["coin"]["tp"] == ""
    assert float(by_team["coin"]["accuracy"]) == pytest.approx(0.5, abs=0.01)
    assert by_team["chance (1 run)"]["accuracy"] == "0.565"
    assert by_team["chance (40 runs)"]["accuracy"] == "0.61"


def test_all_used_stands_below_the_row_it_ties_with(printed):
    teams = [(line["team"], line["submission"]) for line in lines_of(printed("--format", "csv"))]
    assert teams.index(("all used", "")) == 4
    assert teams[3] == ("PicusLabMed", "8")


@pytest.mark.parametrize(("n", "level"), [(200, 0.05), (200, 0.05 / 40), (30, 0.05), (7, 0.2), (3, 0.01)])
def test_chance_is_reached_by_this_many_and_by_no_fewer(n, level):
    right = needed_right(n, level)
    assert right > n or binomtest(right, n, alternative="greater").pvalue < level
    assert binomtest(right - 1, n, alternative="greater").pvalue >= level


def test_the_two_chance_lines_of_2023():
    assert (needed_right(200, 0.05), needed_right(200, 0.05 / 40)) == (113, 122)


@pytest.mark.parametrize(
    ("f1", "words"),
    [
        ("0.900", "above rank 1 (VCMI 2, 0.802)"),
        ("0.802", "level with rank 1 (VCMI 2, 0.802)"),
        ("0.801", "between rank 1 (VCMI 2, 0.802) and rank 2 (VCMI 1, 0.731)"),
        ("0.469", "level with rank 29 (KDE lab 2, 0.469) and rank 30 (GAN-ISI 1, 0.469)"),
        ("0.000", "below rank 40 (PicusLabMed 7, 0.093)"),
    ],
)
def test_places_in_words(f1, words):
    assert place_among(f1, PUBLISHED.rows) == words


def test_the_terminal_table_fits_100_columns_and_loses_nothing(printed, run_folder):
    text = printed("--run", run_folder("a" * 70))
    assert "…" not in text
    lines = text.splitlines()
    assert max(map(len, (line.rstrip() for line in lines))) <= 100
    assert sum(bool(re.match(r" *\d+ .* 0\.\d{3}( |$)", line)) for line in lines) == 40
    (winner,) = [line for line in lines if line.startswith("   1 VCMI")]
    cells = r"1 VCMI 2 0\.802 \[0\.73\d, 0\.8[56]\d\] 0\.810 0\.770 0\.837 0\.620 77 15 23 85"
    assert re.fullmatch(cells, " ".join(winner.split()))
    assert "31 of the 40 rows" in text
    assert "PicusLabMed 6, 9, 4, 10, 2, 1, 3, 5; KDE lab 5" in text


@pytest.mark.parametrize("width", [40, 60, 72, 80, 100])
def test_a_narrow_terminal_gets_fewer_columns_and_no_number_is_cut(printed, run_folder, monkeypatch, width):
    folder = run_folder()
    monkeypatch.setenv("COLUMNS", str(width))
    lines = printed("--run", folder).splitlines()
    assert max(map(len, lines)) <= width
    rows = [line for line in lines if re.match(r" +\d+ [A-Za-z]", line)][: len(PUBLISHED.rows)]
    assert [re.findall(r"0\.\d{3}", row)[0] for row in rows] == [row.f1 for row in PUBLISHED.rows]
    cut = [row for row in rows if re.search(r"0\.\d{1,2}(?!\d)", row) or row.count("[") != row.count("]")]
    assert cut == []


@pytest.mark.parametrize("form", ["rich", "markdown", "latex", "html"])
def test_a_run_of_other_data_stands_apart_in_every_format(printed, run_folder, form):
    folder = run_folder()
    text = printed("--run", folder, "--format", form)
    (heading,) = (match.start() for match in re.finditer(OTHER_TITLE, text))
    named = [match.start() for match in re.finditer(r"mine|0\.717", text)]
    assert len(named) >= 3, "its row and its remark"
    assert min(named) > heading
    plain = re.sub(r"\s+", " ", text)
    assert "0.717 would be between rank 2 (VCMI 1, 0.731) and rank 3 (VCMI 3, 0.707); that is no rank" in plain
    assert "OTHER DATA: phantom" in plain
    without = printed("--format", form)
    assert "OTHER DATA" not in without


def test_in_csv_other_data_has_no_rank_and_says_so(printed, run_folder):
    folder = run_folder()
    text = printed("--run", folder, "--format", "csv")
    last = lines_of(text)[-1]
    assert list(last.values()) == [
        "", "OTHER DATA: phantom", str(folder), "0.717", "0.725", "0.7", "0.736842", "0.45", "14", "5", "6", "15",
    ]  # fmt: skip
    assert "that is no rank, for the data differ" in " ".join(printed.err.split()), "CSV has no place for sentences"
    assert lines_of(text)[:-1] == lines_of(printed("--format", "csv"))


def test_a_run_of_unknown_truth_has_no_row(printed, run_folder):
    text = printed("--run", run_folder(members=None))
    assert "has no row: the truth of its test release is not known" in " ".join(text.split())
    assert OTHER_TITLE not in text
    text = printed("--run", run_folder("none", chosen=None), "--format", "csv")
    assert "no attack was applied" in " ".join(printed.err.split())
    assert len(lines_of(text)) == 45


def test_a_run_with_controls_outside_chance_says_so(printed, run_folder):
    assert "none of its figures is to be trusted" in " ".join(printed("--run", run_folder(alarms=["blind"])).split())


def test_the_same_ids_do_not_make_a_submission_official(printed, tmp_path):
    """A simulated challenge has the very ids of the test set, and a truth."""
    truth = write_truth(tmp_path / "truth.csv", TRUTH)
    mine = write_answers(tmp_path / "mine.csv", TRUTH)
    rows = lines_of(printed("--submission", mine, "--truth", truth, "--format", "csv"))
    assert "nothing shows the data to be the same" in " ".join(printed.err.split())
    assert (rows[-1]["rank"], rows[-1]["team"], rows[-1]["f1"]) == ("", f"OTHER DATA: {truth}", "1.000")


def test_another_share_of_used_candidates_is_pointed_out(printed, tmp_path):
    ids = IDS[:40]
    used = np.arange(40) < 10
    truth = write_truth(tmp_path / "truth.csv", used, ids)
    mine = write_answers(tmp_path / "mine.csv", ~used, ids)
    text = " ".join(printed("--submission", mine, "--truth", truth).split())
    assert "10 of 40 candidates were used" in text
    assert "another share of used ones" in text


def test_on_a_truth_that_contradicts_no_row_a_submission_stands_among_the_ranks(printed, tmp_path, handed_in):
    truth = write_truth(tmp_path / "truth.csv", TRUTH)
    answers = TRUTH.copy()
    answers[:40] ^= True  # 80 of 100 found, 20 false alarms: F1 0.8
    mine = write_answers(tmp_path / f"{'long' * 20}.csv", answers)
    options = ["--submission", mine, "--truth", truth, "--handed-in", handed_in]
    rows = lines_of(printed(*options, "--format", "csv"))
    assert [row["rank"] for row in rows[:3]] == ["1", "", "2"], "the official ranks stay as they were given"
    assert (rows[1]["team"], rows[1]["submission"], rows[1]["f1"]) == ("own submission", str(mine), "0.800")
    text = printed(*options)
    assert OTHER_TITLE not in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 100
    assert len([line for line in text.splitlines() if line.startswith(" own own submission")]) == 1
    told = " ".join(text.split())
    n_rows = sum(derived(row.f1, row.called_used, 200, 100) is not None for row in PUBLISHED.rows)
    assert f"which contradicts none of the {n_rows} published rows whose counts follow, F1 0.800 lies between" in told
    assert "own truth" not in told, "so few counts do not show whose truth it is"


def test_a_truth_that_one_published_row_contradicts_is_refused(printed, tmp_path, handed_in):
    mine = write_answers(tmp_path / "mine.csv", TRUTH)
    nearly = TRUTH.copy()
    winner = (handed_in / "VCMI_submission2.csv").read_text().split()
    one = next(i for i, line in enumerate(winner) if TRUTH[i] and line.endswith("1"))
    other = next(i for i, line in enumerate(winner) if not TRUTH[i] and line.endswith("0"))
    nearly[[one, other]] = False, True
    for used, ids, message in (
        (nearly, IDS, "VCMI 2 has 76 true positives on it, and 77 as published"),
        (np.arange(200) < 99, IDS, "99 candidates are used, not 100"),
        (TRUTH, [f"x{name}" for name in IDS], "its 200 candidates are not the 200 of the test set"),
    ):
        truth = write_truth(tmp_path / "truth.csv", used, ids)
        text = printed("--submission", mine, "--truth", truth, "--handed-in", handed_in, code=2)
        assert "cannot be the truth of imageclef2023" in text
        assert message in text


def test_the_check_needs_every_run(printed, tmp_path, handed_in):
    (handed_in / "DMK_submission1.csv").unlink()
    truth, mine = write_truth(tmp_path / "truth.csv", TRUTH), write_answers(tmp_path / "mine.csv", TRUTH)
    text = printed("--submission", mine, "--truth", truth, "--handed-in", handed_in, code=2)
    assert "no run of DMK 1" in text


class Page(HTMLParser):
    """Tags still open, rows of cells, and addresses."""

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.addresses = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and ({"td", "th"} & set(self.open)) and not {"small"} & set(self.open):
            self.rows[-1][-1] += data.strip()


def test_the_page_is_whole_by_itself_and_has_every_cell(printed, run_folder, tmp_path):
    out = tmp_path / "page.html"
    assert printed("--run", run_folder(HOSTILE.replace("/", "")), "--format", "html", "--out", out)
    page = Page(out.read_text())
    assert page.open == []
    assert page.addresses == []
    assert page.rows[1] == ["1", "VCMI", "2", "0.802", "0.810", "0.770", "0.837", "0.620", "77", "15", "23", "85"]
    assert len(page.rows) == 1 + 40 + 3 + 2 + 1 + 1
    assert {len(row) for row in page.rows[:46]} == {len(COLUMNS) - 1}, "F1 and its interval share a cell"
    assert "<i>" not in "".join(re.findall(r"a_b.*", out.read_text()))


def test_markdown_and_latex_hold_every_cell_and_no_bare_specials(printed, run_folder):
    folder = run_folder(HOSTILE)
    text = printed("--run", folder, "--format", "markdown")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    bars = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    assert bars == [len(COLUMNS) + 1] * 47 + [len(COLUMNS)] * 3
    text = printed("--run", folder, "--format", "latex")
    for what in (r"\begin{table}", r"\end{table}", r"\begin{tabular}", r"\end{tabular}", r"\toprule", r"\bottomrule"):
        assert text.count(what) == 2
    rows = re.findall(r"^    (.* & .*) \\\\$", text, flags=re.MULTILINE)
    assert len(rows) == 2 + 40 + 3 + 2 + 1
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(COLUMNS) - 1, len(COLUMNS) - 2}
    body = "\n".join(line for line in text.splitlines() if not line.startswith("%") and r"\label" not in line)
    assert not re.findall(r"(?<!\\)[_%#<>]", re.sub(r"\\[&%$#_{}]", "", body))
    assert "\N{MINUS SIGN}" not in text


@pytest.mark.parametrize("form", leaderboard.FORMATS)
def test_out_holds_what_would_have_been_printed(printed, tmp_path, form):
    out = tmp_path / "table.txt"
    shown = printed("--format", form)
    assert printed("--format", form, "--out", out) == ""
    assert out.read_text() == shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--edition", "imageclef2032"], "There is no edition 'imageclef2032'"),
        (["--run", "nowhere"], "holds no run that can be read"),
        (["--submission", "a.csv"], "--submission and --truth go together"),
        (["--truth", "a.csv"], "--submission and --truth go together"),
        (["--handed-in", "."], "give --submission and --truth, too"),
        (["--submission", "a.csv", "--truth", "nowhere.csv"], "is no file"),
        (["--out", "nowhere/table.csv"], "there is no folder nowhere"),
        (["--run", "nowhere", "--out", "."], "--out . is a folder; give a file"),
    ],
)
def test_mistakes_are_sentences(printed, options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in printed(*options, code=2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"schema": 99}, "has schema 99"), ({"records": 3}, "holds no run"), ({"chosen": {}}, "holds no run")],
)
def test_a_strange_results_file_is_a_sentence(printed, run_folder, changes, message):
    assert message in printed("--run", run_folder(**changes), code=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_members": "20"},
        {"n_members": -1},
        {"n_members": 10**40},
        {"n_nonmembers": 0.5},
        {"f1": {"value": "high"}},
        {"f1": {"value": float("inf")}},
        {"recall": {"value": float("nan")}},
        {"recall": 0.7},
        {"attack": ["loss_cal"]},
        {"resampled": {}},
    ],
    ids=str,
)
def test_a_record_of_somebody_else_is_typed(printed, run_folder, changes):
    folder = run_folder()
    results = json.loads((folder / "results.json").read_text())
    results["records"][-1] |= changes
    (folder / "results.json").write_text(json.dumps(results))
    assert "holds no run that can be read" in printed("--run", folder, code=2)


def test_files_of_a_run_of_somebody_else_are_regular_and_bounded(printed, run_folder, tmp_path):
    deep, linked, piped, bomb = (run_folder(name) for name in ("deep", "linked", "piped", "bomb"))
    (deep / "results.json").write_text("[" * 100_000)
    (linked / "results.json").rename(tmp_path / "elsewhere.json")
    (linked / "results.json").symlink_to(tmp_path / "elsewhere.json")
    (piped / "results.json").unlink()
    os.mkfifo(piped / "results.json")
    (bomb / "config.yaml").write_text("a: &a [x]\nb: *a\ndata:\n  name: x\n")
    for folder, words in ((deep, "deeper than"), (linked, "is a link"), (piped, "is a pipe"), (bomb, "an alias")):
        told = printed("--run", folder, code=2)
        assert "holds no run that can be read" in told
        assert words in told


@pytest.mark.parametrize(
    ("values", "message"),
    [(["1", "2"], "'2' stands there"), (["1", "1"], "all 2 candidates are of one class"), (["1", ""], "has no used")],
)
def test_a_strange_truth_is_a_sentence(printed, tmp_path, values, message):
    truth = tmp_path / "truth.csv"
    truth.write_text(f"id,used\na,{values[0]}\nb,{values[1]}\n")
    mine = write_answers(tmp_path / "mine.csv", [True, False], ["a", "b"])
    assert message in printed("--submission", mine, "--truth", truth, code=2)


@pytest.mark.parametrize("module", ["harness.leaderboard.__main__", "harness.published_facts"])
def test_help_imports_nothing_heavy(module):
    code = f"import sys, {module} as m; sys.modules['torch'] = sys.modules['numpy'] = None\ntry: m.main(['--help'])\n"
    code += (
        "except SystemExit: print(sorted({'scipy', 'jinja2', 'diffusers', 'torch.nn', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--edition" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_columns_for_programs_are_those_promised():
    assert ",".join(CSV_COLUMNS) == "rank,team,submission,f1,accuracy,recall,precision,kappa,tp,fp,fn,tn"
