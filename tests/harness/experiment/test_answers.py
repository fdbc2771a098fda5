"""The answers of evaluations that a store keeps: what is used stays, within a limit."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.evaluation.remembered import remembered
from harness.experiment import answers
from harness.experiment.answers import answers_kept
from harness.store import Store

computed: list[str] = []


@remembered()
def spelt(word: str) -> list:
    computed.append(word)
    return list(word)


@pytest.fixture(autouse=True)
def began_after_the_source(monkeypatch):
    """However long these tests run beside somebody who edits."""
    monkeypatch.setattr(answers, "source_digest", lambda: "of today")
    monkeypatch.setattr(answers, "source_is_as_begun", lambda: True)
    computed.clear()


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


def run(store: Store, seed: int, word: str = "word") -> set[Path]:
    """A run of its own options; the files that are there after it."""
    with answers_kept(SimpleNamespace(echo={"seed": seed}), store):
        assert spelt(word) == list(word)
    return set((store.root / "answers").glob("*"))


def test_files_that_nobody_used_for_longest_go_first(store, monkeypatch):
    (first,) = run(store, 1)
    both = run(store, 2)
    (second,) = both - {first}
    monkeypatch.setattr(answers, "_MOST_BYTES", 2 * first.stat().st_size)
    for age, path in enumerate((second, first)):
        os.utime(path, ns=(10**18, 10**18 - 10**9 * age))
    assert run(store, 1) == both, "used, and so the younger one"
    after = run(store, 3)
    assert first in after
    assert second not in after
    assert len(after) == 2
    assert computed == ["word"] * 3


def test_what_would_not_be_read_is_not_written(store, monkeypatch):
    (path,) = run(store, 1)
    monkeypatch.setattr(answers, "_MOST_BYTES", path.stat().st_size)
    assert run(store, 2, "a long word") == {path}
    assert run(store, 1) == {path}
    assert computed == ["word", "a long word"]


def test_what_ran_while_source_was_edited_is_not_kept(store, monkeypatch):
    monkeypatch.setattr(answers, "source_is_as_begun", lambda: False)
    assert run(store, 1) == set()
