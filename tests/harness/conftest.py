"""Runs of the command line in this process, on models of 16x16 and a few steps."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from tiny import WHOLE
from tiny_edition import EDITION, write_edition

from harness import pipeline
from harness.data.pool import load_pool
from harness.evaluation.selection_rules import RULES, Choice
from harness.run import __main__ as command


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


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Path:
    """A folder with `run` and its `store`, made once by the words WHOLE: `ran` and `scored` are copies."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["harness.run", *WHOLE])
        assert command.main() == 0
    return folder


@pytest.fixture
def ran(whole, tmp_path, harness) -> Path:
    """The folder of a finished run, beside the store it was made from, in the folder that `harness` runs in."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    return Path("run")


@pytest.fixture
def scored(whole, tmp_path, harness) -> Path:
    """The store of such a run without the answers of its evaluation, and no run: that is evaluated anew."""
    shutil.copytree(whole / "store", tmp_path / "store", ignore=shutil.ignore_patterns("answers"))
    return Path("store")


class Official(NamedTuple):
    """The official path gone through twice: with the labels of dev as they are, and with every one flipped.

    root: the edition's folder; options: of the runs; run, flipped: the folders of their results; chosen: the attack
    that the rule picks.
    """

    root: Path
    options: list[str]
    run: Path
    flipped: Path
    chosen: str = "loss@surrogate"


@pytest.fixture(scope="session")
def official(tmp_path_factory, images) -> Official:
    """One run from the folders to the submission, via surrogates, shared by all: it trains 15 generators."""
    folder = tmp_path_factory.mktemp("official")
    found = Official(write_edition(folder / "clef", images), [], folder / "run", folder / "flipped")
    found.options.extend(
        [
            *EDITION,
            f"data.root={found.root}",
            f"store.root={folder / 'store'}",
            "attack=[knn,ssim,loss]",
            "rule=declared",
            "decision=top_half",
            "shadow.count=4",
            "shadow.steps=10",
            "shadow.match_steps=[0.5,1]",
        ]
    )

    def with_flipped_labels(*arguments, **named):
        pool = load_pool(*arguments, **named)
        dev = pool.given["dev"]
        return replace(pool, given={**pool.given, "dev": replace(dev, member=~dev.member)})

    with pytest.MonkeyPatch.context() as patch:
        # After ten steps no figure says reliably which attack is best, and which one it is does not matter here.
        patch.setitem(RULES, "declared", lambda records: Choice(found.chosen))
        for out in (found.run, found.flipped):
            patch.setattr(sys, "argv", ["harness.run", *found.options, f"out={out}"])
            assert command.main() == 0
            patch.setattr(pipeline, "load_pool", with_flipped_labels)
    return found
