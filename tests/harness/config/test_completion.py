"""Shell completion: the script, the words that it offers, and that it reaches nothing that a run would refuse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.run import __main__ as command

ROOT = Path(__file__).parents[3]


@pytest.fixture
def asked(tmp_path, monkeypatch, capsys):
    """`asked("install=bash", line="harness-run att")` is what the shell's script asks: code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str, line: str | None = None, program: str = "/usr/bin/harness-run") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [program, "-sc", *words])
        monkeypatch.delenv("COMP_LINE", raising=False)
        if line is not None:
            monkeypatch.setenv("COMP_LINE", line)
        code = command.main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("harness-run att", {"attack=", "attack."}),
        ("harness-run attack=mosaic", {"attack=mosaic", "attack=mosaic_reg"}),
        ("harness-run attack=mosaic attack.mosaic.acr", {"attack.mosaic.across="}),
        ("harness-run data=folder data.ro", {"data.root="}),
        ("harness-run data=folder data.window=", {"data.window=lung", "data.window=mediastinum", "data.window=bone"}),
        ("harness-run data=hub data.window=me", {"data.window=mediastinum"}),
        ("harness-run shadow.leak=", {f"shadow.leak={leak}" for leak in ("faint", "weak", "medium", "strong")}),
        ("harness-run -m seed=1,2 presett", set()),
        ("harness-run -m seed=1,2 prese", {"preset="}),
        ("harness-run ag", {"again"}),
        ("harness-run ver", {"verify"}),
        ("harness-run again runs/one store.ro", {"store.root="}),
    ],
)
def test_what_can_stand_at_the_cursor_is_offered(asked, line, wanted):
    code, out, err = asked("query=bash", line=line)
    assert (code, err) == (0, "")
    assert wanted <= set(out.split())
    assert all(word.startswith(line.split()[-1]) for word in out.split())


def test_nothing_of_hydras_own_is_offered(asked):
    _, out, _ = asked("query=bash", line="harness-run ")
    assert {"attack=", "seed=", "shadow."} <= set(out.split())
    assert not [word for word in out.split() if word.startswith(("hydra", "recipe"))]


def test_of_phantoms_no_window_is_offered(asked):
    assert asked("query=bash", line="harness-run data=phantom data.window=") == (0, "\n", "")


def test_fish_is_answered_in_lines(asked):
    _, out, _ = asked("query=fish", line="harness-run att")
    assert out.splitlines() == ["attack.", "attack="]


@pytest.mark.parametrize(
    "words", ["hydra.searchpath=[file://conf]", "--config-dir=conf", "++data._target_=conf.Mine", "'"]
)
def test_a_line_that_a_run_refuses_is_not_completed(asked, words):
    Path("conf").mkdir()
    Path("conf/mine.yaml").write_text("seed: 7\n")
    assert asked("query=bash", line=f"harness-run {words} --config-name=mi") == (0, "\n", "")


def test_each_shell_has_its_script(asked):
    for shell, part in (
        ("bash", "complete -o nospace"),
        ("zsh", "complete -o nospace"),
        ("fish", "complete -c harness-run"),
    ):
        code, out, _ = asked(f"install={shell}")
        assert code == 0
        assert part in out
        assert f"-sc query={shell.replace('zsh', 'bash')}" in out
        assert asked(f"uninstall={shell}")[0] == 0


@pytest.mark.parametrize(
    "words", [[], ["install=tcsh"], ["install=bash", "attack=knn"], ["attack=knn"], ["query=bash"]]
)
def test_what_is_no_command_of_it_is_a_sentence(asked, words):
    code, out, err = asked(*words)
    assert (code, out) == (2, "")
    assert 'eval "$(harness-run -sc install=bash)"' in err


def test_python_m_has_no_completion(asked):
    code, _, err = asked("install=bash", program="/usr/lib/harness/run/__main__.py")
    assert code == 2
    assert "A shell completes programs" in err


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_with_it(tmp_path):
    """The script as a shell evaluates it, and one press of Tab."""
    program = tmp_path / "harness-run"
    program.write_text(f"#!{sys.executable}\nimport sys\nfrom harness.run.__main__ import main\nsys.exit(main())\n")
    program.chmod(0o755)
    press = (
        'eval "$(harness-run -sc install=bash)"; COMP_LINE="harness-run decision=pr"; COMP_POINT=${#COMP_LINE}; '
        'COMP_CWORD=1; hydra_bash_completion; echo "${COMPREPLY[@]}"'
    )
    places = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    press = press.replace("decision=pr", "data=pha")
    done = subprocess.run(
        ["bash", "-c", press], cwd=tmp_path, env=os.environ | places, capture_output=True, text=True, check=True
    )
    assert done.stdout == "data=phantom\n"
