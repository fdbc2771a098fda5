"""What starting costs: nothing heavy is imported where nothing is computed or drawn, and nothing is made twice."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny import TINY_PHANTOM, WHOLE, records_of
from tiny_edition import EDITION, write_edition

from benchmarks.speed.start_up import child
from harness.evaluation import pixels_control
from harness.experiment import answers
from harness.run import manifest
from harness.store import Store


def imported(*words: str) -> set[str]:
    """The heavy packages that a process has imported once it has done what these words ask for."""
    done = child(list(words), Path())
    assert "harness.run.__main__" in done.modules
    return done.heavy


def made(folder: Path) -> int:
    """Another number where a folder was written anew."""
    return folder.stat().st_ino


def test_help_imports_nothing_heavy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert imported("--help") == set()


def test_a_warm_run_imports_nothing_heavy_and_leaves_its_folder(ran):
    before = made(ran)
    assert imported(*WHOLE) == set()
    assert made(ran) == before


def test_a_dry_run_imports_nothing_heavy(ran):
    assert imported(*WHOLE, "dry_run=true") == set()
    assert imported(*TINY_PHANTOM, "attack=all", "dry_run=true", "store.root=empty") == set()


def test_a_dry_run_of_an_edition_imports_nothing_heavy(tmp_path, monkeypatch, images):
    monkeypatch.chdir(tmp_path)
    root = write_edition(tmp_path / "clef", images)
    assert imported(*EDITION, f"data.root={root}", "dry_run=true") == set()


def test_a_second_run_computes_no_part_of_the_evaluation(ran, harness, monkeypatch):
    before = records_of(ran)
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    assert harness(*WHOLE).code == 0
    assert records_of(ran) == before
    shutil.rmtree(Path("store", "answers"))
    with pytest.raises(ModuleNotFoundError, match="linear_model"):
        harness(*WHOLE)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sha256": "x", "answers": {}}', None])
def test_answers_that_are_not_as_they_were_written_are_computed(ran, harness, text):
    """None: one digit of a number is another, as on a disk that rots."""
    (path,) = Path("store", "answers").iterdir()
    whole = path.read_text()
    place = whole.rindex("1")
    path.write_text(f"{whole[:place]}2{whole[place + 1 :]}" if text is None else text)
    before = records_of(ran)
    shutil.rmtree(ran)
    assert harness(*WHOLE).code == 0
    assert records_of(ran) == before
    assert path.read_text() == whole


def test_asked_to_verify_the_evaluation_is_computed(ran, harness, monkeypatch):
    monkeypatch.setattr(pixels_control, "described", lambda images: np.zeros((len(images), 1)))
    before = records_of(ran)
    assert harness(*WHOLE).code == 0
    assert records_of(ran) == before
    assert harness(*WHOLE, "store.verify=true").code == 0
    assert records_of(ran) != before


def test_other_source_computes_its_own_answers(ran, harness, monkeypatch):
    monkeypatch.setattr(answers, "source_digest", lambda: "of another day")
    assert harness(*WHOLE).code == 0
    assert len(list(Path("store", "answers").iterdir())) == 2


def test_no_answers_are_kept_where_nothing_can_be_written(harness, monkeypatch):
    private_folder = Store.private_folder

    def refuse(self, kind):
        if kind == "answers":
            raise OSError(30, "Read-only file system")
        return private_folder(self, kind)

    monkeypatch.setattr(Store, "private_folder", refuse)
    assert harness(*WHOLE).code == 0
    assert not Path("store", "answers").exists()


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("source_digest", lambda: "of another day"),
        ("commit", lambda: "0" * 40),
        ("version", lambda name: "99.0"),
    ],
)
def test_the_pages_are_drawn_anew_where_what_they_show_changed(ran, harness, monkeypatch, what, change):
    before = made(ran)
    assert harness(*WHOLE).code == 0
    assert made(ran) == before
    monkeypatch.setattr(manifest, what, change)
    assert harness(*WHOLE).code == 0
    assert made(ran) != before
    told = change("numpy") if what == "version" else change()
    assert what == "source_digest" or told in (ran / "report.html").read_text()


def test_the_pages_are_drawn_anew_where_the_results_or_the_options_changed(ran, harness):
    before = made(ran)
    assert harness(*WHOLE, "decision=top_half").code == 0
    second = made(ran)
    assert second != before
    assert harness(*WHOLE, "decision=top_half", "report.pictures=none").code == 0
    assert made(ran) != second
