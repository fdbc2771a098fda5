"""The runs that a store knows of, where their folders are, and those that it does not know, by their manifests."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from harness.bounded import digest, read_json
from harness.errors import InputError
from harness.places import shown
from harness.store.uses import ASKED, ENDED, RUNS, Record, Use, is_under_way, read_record, says_nothing

State = Literal["there", "moved", "gone", "out of sight", "under way", "not ended"]
MANIFESTS = ("manifest.json", "challenge.json")
_MOST_BYTES = 64_000_000


class KnownRun(NamedTuple):
    """A run that the store has a record of.

    place: of the record; state: "there" with its results, "moved" among the folders that were given, "gone", "out of
    sight" where not even the folder above is there, "under way" now, or "not ended", for it was interrupted; folder:
    of its results, where they are now, or were.
    """

    place: Path
    record: Record
    state: State
    folder: Path


class OtherRun(NamedTuple):
    """A run that the store has no record of; named: what its manifest names: pool, generators, releases."""

    folder: Path
    named: frozenset[Use]


class Runs(NamedTuple):
    """All runs. unread: records that are damaged, or none that we write; nobody can say what those runs need."""

    known: list[KnownRun]
    others: list[OtherRun]
    unread: list[Path]


def runs_of(root: Path, folders: Sequence[Path]) -> Runs:
    """The runs of a store; folders: where those may lie that were moved, or were made before there were records.

    Raises InputError for a folder that is not there.
    """
    manifests = {digest(path, "The manifest"): path for folder in folders for path in _manifests(folder)}
    places = [*sorted((root / RUNS).glob(f"*{ENDED}")), *sorted((root / RUNS).glob(f"*{ASKED}"))]
    known, unread = [], []
    for place in places:
        record = read_record(place)
        if record is None:
            unread += [place] if os.path.lexists(place) and not says_nothing(place) else []
            continue
        known.append(_known(place, record, manifests))
    recorded = {one.record.manifest[1] for one in known if one.record.manifest is not None}
    others = [OtherRun(path.parent, _named(path)) for sha, path in manifests.items() if sha not in recorded]
    return Runs(known, others, unread)


def _known(place: Path, record: Record, manifests: dict[str, Path]) -> KnownRun:
    if record.manifest is None:
        return KnownRun(place, record, "under way" if is_under_way(place) else "not ended", record.folder)
    name, sha = record.manifest
    if (record.folder / name).is_file():  # be it another: whose results these are is not guessed at
        return KnownRun(place, record, "there", record.folder)
    if sha in manifests:
        return KnownRun(place, record, "moved", manifests[sha].parent)
    return KnownRun(place, record, "gone" if record.folder.parent.is_dir() else "out of sight", record.folder)


def _manifests(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise InputError(f"--runs {shown(folder)} is no folder; give one that holds folders of runs.")
    for at, _, names in os.walk(folder):
        yield from (Path(at, name) for name in MANIFESTS if name in names)


def _named(manifest: Path) -> frozenset[Use]:
    """What a manifest says of artefacts; nothing where it is no run's or challenge's."""
    with suppress(InputError):
        said = read_json(manifest, _MOST_BYTES, "The manifest", links=False)
        if isinstance(said, dict):
            return frozenset(Use(kind, key) for kind, key in _uses(said) if isinstance(key, str))
    return frozenset()


def _uses(said: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "pool", said.get("pool")
    yield "generator", said.get("generator")  # a challenge has one
    generators = said.get("generators")
    for one in [*(generators if isinstance(generators, list) else []), said.get("base")]:
        if isinstance(one, dict):
            yield "generator", one.get("generator")
            yield "release", one.get("release")
