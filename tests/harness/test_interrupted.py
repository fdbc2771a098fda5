"""Ctrl-C and SIGTERM while nobody works: before a command is imported as a whole, and once it has been told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.audit.__main__ import main as audit
from harness.challenge.__main__ import main as challenge
from harness.cli import GO_ON
from harness.run.__main__ import main as run
from harness.stock.command import main as stock

ROOT = Path(__file__).parents[2]
# Of the last file that a command imports before it begins: there Ctrl-C comes, as if somebody had pressed it.
SITE = """
import importlib.abc, signal, sys

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Finder())
"""
IMPATIENT = """
import atexit, os, signal, sys
from harness.cli import exit_code

def interrupted():
    signal.raise_signal(signal.{first})

atexit.register(os.kill, os.getpid(), signal.{second})
sys.exit(exit_code(interrupted))
"""


def ended(words: list[str], folder: Path, **environment: str) -> tuple[int, str]:
    """Code and errors of a process."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("name", ["omegaconf", "harness.cli", "harness.run.sweep"])
def test_ctrl_c_while_a_command_is_imported_is_a_sentence(tmp_path, name):
    (tmp_path / "sitecustomize.py").write_text(SITE.format(name=name))
    told = 130, "Interrupted. Nothing was begun.\n"
    assert ended(["-m", "harness.run", "dry_run=true"], tmp_path) == told
    script = tmp_path / "harness-run"  # as an installation writes it
    script.write_text("import sys\nfrom harness.run.__main__ import main\nsys.exit(main())\n")
    assert ended([str(script), "dry_run=true"], tmp_path) == told


def test_ctrl_c_in_a_program_of_others_is_theirs(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(SITE.format(name="harness.cli"))
    code, err = ended(["-c", "import harness.cli"], tmp_path)
    assert code == -signal.SIGINT
    assert "KeyboardInterrupt" in err


def test_a_command_that_does_not_hear_ctrl_c_does_not_while_it_is_imported(tmp_path):
    """As in the background of a shell without job control."""
    deaf = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    (tmp_path / "sitecustomize.py").write_text(deaf + SITE.format(name="harness.run.sweep"))
    code, err = ended(["-m", "harness.run", "--version"], tmp_path)
    assert "Interrupted" not in err
    assert code != 130


def test_ctrl_c_in_what_is_executed_as_a_text_ends_as_any_other(tmp_path):
    """As where a dataclass is made: Python would kill a module's process itself for it, after all was said."""
    (tmp_path / "executed.py").write_text(
        "import signal, sys\nfrom harness.cli import exit_code\nBODY = 'signal.raise_signal(signal.SIGINT)'\n"
        "sys.exit(exit_code(lambda: exec(BODY)))\n"
    )
    told = 130, "Interrupted. To have it done, give the same command again.\n"
    assert ended(["-m", "executed"], tmp_path) == told


@pytest.mark.parametrize(("first", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize("second", ["SIGINT", "SIGTERM"])
def test_a_second_signal_changes_nothing(tmp_path, first, second, code):
    told = code, "Interrupted. To have it done, give the same command again.\n"
    assert ended(["-c", IMPATIENT.format(first=first, second=second)], tmp_path) == told


@pytest.mark.parametrize(
    ("main", "words", "of"),
    [
        (run, [], "harness.run.__main__._do"),
        (challenge, ["make"], "harness.challenge.__main__._run"),
        (run, ["verify", "x"], "harness.run.__main__._verify"),
        (challenge, ["score"], "harness.challenge.__main__._run"),
        (audit, ["x"], "harness.audit.__main__._run"),
        (stock, [], "harness.stock.command._run"),
    ],
)
def test_a_store_is_named_by_commands_that_have_one(monkeypatch, capsys, main, words, of):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(of, interrupted)
    monkeypatch.setattr("argparse.ArgumentParser.parse_args", lambda *_: None)
    assert main(words) == 130
    keeps = of == "harness.run.__main__._do" or words == ["make"]
    assert (GO_ON in capsys.readouterr().err) == keeps
