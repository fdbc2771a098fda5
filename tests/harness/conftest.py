"""Runs of the command line in this process, on models of 16x16 and a few steps."""

from __future__ import annotations

import sys
from typing import NamedTuple

import pytest

from harness import run as command


class Ran(NamedTuple):
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def harness(tmp_path, monkeypatch, capsys):
    """`harness("attack=knn", ...)` runs the command in an empty folder and returns code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*overrides: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["harness.run", *overrides])
        code = command.main()
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call
