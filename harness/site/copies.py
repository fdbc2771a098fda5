"""Runs of a site to pass on: copies that `harness.share` makes, so that nothing else can be in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.share.copy import copied
from harness.share.folder import write_copy
from harness.share.key import KeyedNames, private_key
from harness.share.reading import read_run
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
            copies.append(Path(place) / names("run", str(folder.resolve())))
            write_copy(copied(read_run(folder), names), copies[-1])
        yield entries(copies)
