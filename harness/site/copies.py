"""Runs of a site to pass on: copies that `harness.share` makes, so that nothing else can be in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.finished.found import OF_SUITE, task_of
from harness.finished.reading import read_run
from harness.share.copy import copied
from harness.share.folder import write_copy
from harness.share.key import KeyedNames, private_key
from harness.site.entry import Entry, entries


@contextmanager
def entries_of_copies(folders: Sequence[Path], key: Path) -> Iterator[list[Entry]]:
    """The runs, each as its copy, which lies on the disk while this lasts.

    One key for all: a pool, a generator or a patient that runs have in common has one name in all of them, so that
    what may be ranked together still is. The names of folders are keyed, too. InputError as `harness.share`.
    """
    names = KeyedNames(private_key(key))
    with TemporaryDirectory() as place:
        copies = []
        for folder in folders:
            copy = Path(place) / names("beside", str(folder.resolve())) / names("run", str(folder.resolve()))
            write_copy(copied(read_run(folder), names), copy)
            _keep_task(folder, copy, names)
            copies.append(copy)
        yield entries(copies)


def _keep_task(folder: Path, copy: Path, names: KeyedNames) -> None:
    """Beside the copy of a suite's task, that it is one: under keyed names, for they are whoever's words."""
    if (task := task_of(folder)) is not None:
        told = {"suite": names("suite", task.suite), "version": task.version, "task": names("task", task.task)}
        (copy.parent / OF_SUITE).write_text(json.dumps(told), encoding="utf-8")
