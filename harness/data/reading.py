"""What is read from where: the source that options name, what decides its slices, and what reading them remarked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.data.groups import inferred_patients
from harness.data.in_threads import in_order
from harness.data.options import (
    AnyData,
    DicomData,
    EditionFolder,
    FolderData,
    HubData,
    NiftiData,
    ParquetData,
    PhantomData,
)
from harness.data.pseudonyms import Salt
from harness.data.sources.account import Account, LeftOut
from harness.data.sources.edition.leaves import find_leaves, read_leaf
from harness.data.sources.edition.misplaced_submission import submission_at
from harness.data.sources.folder.digest import file_digest
from harness.data.sources.folder.listing import list_folder
from harness.data.sources.pixels.window import window_of
from harness.data.sources.slices import Slices
from harness.editions.load import load_edition
from harness.errors import HarnessWarning, InputError
from harness.store import Store

# The version of what reads or draws slices (data/sources, data/groups.py), a part of every key that hangs on it. It
# takes another word where the same files and options would give other pixels, ids or patients; a test watches over
# that. Since this one: files turned by EXIF, white as zero, floats of one scale, links followed, metadata as text.
# Scanners' files have a word of their own (`volume_source.READING_SCANS`): another one here changes every pool that
# suites and worlds have frozen.
READING = "2026-11-26"
EXTRA_ROLE = "extra"
REAL_ROLES = ("test_candidates", "dev_used", "dev_not_used")


class Source(NamedTuple):
    """Where the slices are and what decides them; identity: JSON values, never a path; accounts: of each folder, by
    what it is called, as it is now."""

    identity: dict[str, Any]
    read: Callable[[], list[tuple[str, Slices]]]
    leaves: Mapping[str, Path]
    accounts: Mapping[str, Account]


def source_of(data: AnyData, store: Store | None = None) -> Source:
    """Options decide phantoms, the files' bytes folders, the rows' data sets.

    store: whose salt ids of patients are hashed with; without one they are others at every call.
    """
    if isinstance(data, PhantomData):

        def draw() -> list[tuple[str, Slices]]:
            from harness.data.sources.phantom import phantom_slices

            return [("pool", phantom_slices(data.patients, data.slices, data.size, data.seed))]

        return Source({"phantom": [data.patients, data.slices, data.size, data.seed]}, draw, {}, {})
    if isinstance(data, HubData | ParquetData):
        return _table_source(data, Salt.of(store))
    if isinstance(data, EditionFolder):
        return _edition_source(data)
    if isinstance(data, DicomData | NiftiData):
        return _volume_source(data, Salt.of(store))

    def read() -> list[tuple[str, Slices]]:
        pool = _read_folder(Path(data.root), data.size, "data.root", data.window)
        return [("pool", pool), *((role, _apart(part)) for role, part in _extra(data))]

    files, account = looked_at("data.root", Path(data.root))
    identity: dict[str, Any] = {"data": data.name, "size": data.size, "files": files}
    identity |= _window(data.window)
    accounts = {"data.root": account}
    if data.extra:
        identity["extra"], accounts["data.extra"] = looked_at("data.extra", Path(data.extra))
    return Source(identity, read, {}, accounts)


def is_salted(data: AnyData) -> bool:
    """Whether ids of patients and slices hang on the store's salt, and so are others with another store."""
    return isinstance(data, DicomData | NiftiData | HubData | ParquetData)


def _window(given: object) -> dict[str, Any]:
    """What an optional window adds to an identity: nothing where there is none."""
    if given is None:
        return {}
    window = window_of(given)
    return {"window": [window.centre, window.width, bool(window.preset)]}


def _table_source(data: HubData | ParquetData, salt: Salt) -> Source:
    """The rows of a data set; that they lie elsewhere, or are packed otherwise, changes nothing."""
    from harness.data.sources.dataset.rows import find_rows, read_rows

    found = find_rows(data)
    rows = {"data": data.name, "size": data.size, "rows": found.digest, "salt": salt.mark}
    identity = {**rows, **_window(data.window)}
    return Source(identity, lambda: [("pool", read_rows(found, data.size, salt))], {}, {found.called: found.account})


def _volume_source(data: DicomData | NiftiData, salt: Salt) -> Source:
    """Files of scanners, told apart by what they hold; their names reach nothing but a key."""
    from harness.data.volume_source import VolumeFolder, decided

    pool = VolumeFolder(data, Path(data.root), "data.root", salt)
    extra = VolumeFolder(data, Path(data.extra), "data.extra", salt) if data.extra else None
    identity = {**decided(data, salt), "files": pool.files, **({"extra": extra.files} if extra else {})}

    def read() -> list[tuple[str, Slices]]:
        return [("pool", pool.read()), *([(EXTRA_ROLE, _apart(_named_extra(extra.read())))] if extra else [])]

    accounts = {"data.root": pool.account, **({"data.extra": extra.account} if extra else {})}
    return Source(identity, read, {}, accounts)


def _edition_source(data: EditionFolder) -> Source:
    """The real slices of an edition, and of an extra pool; what it releases is read by `load_released`."""
    edition = load_edition(data.name)
    leaves = find_leaves(Path(data.root), edition, data.folders, data.generator)
    real = {role: leaves[role] for role in REAL_ROLES if role in leaves}
    folders = {role: looked_at(role, folder) for role, folder in real.items()}
    extra_files = looked_at("data.extra", Path(data.extra)) if data.extra else None
    identity = {
        "data": data.name,
        "size": data.size,
        "group": data.group,
        "files": {role: files for role, (files, _) in folders.items()},
        "extra": extra_files[0] if extra_files else None,
    }
    accounts = {role: account for role, (_, account) in folders.items()}
    accounts |= {"data.extra": extra_files[1]} if extra_files else {}

    def read() -> list[tuple[str, Slices]]:
        parts = [(role, read_leaf(role, folder, data.size)) for role, folder in real.items()]
        known: list[str | None] = [None for _, part in parts for _ in part.ids]
        for role, extra in _extra(data):
            parts.append((role, extra))
            known += [f"{EXTRA_ROLE}/{patient}" for patient in extra.patient_ids]
        if data.group == "given":
            return parts
        patients = iter(inferred_patients(np.concatenate([part.pixels for _, part in parts]), known))
        return [(role, replace(part, patient_ids=tuple(next(patients) for _ in part.ids))) for role, part in parts]

    return Source(identity, read, leaves, accounts)


def _extra(data: FolderData) -> list[tuple[str, Slices]]:
    """The extra slices, if there are any, under ids that tell so."""
    if not data.extra:
        return []
    return [(EXTRA_ROLE, _named_extra(_read_folder(Path(data.extra), data.size, "data.extra", data.window)))]


def _named_extra(extra: Slices) -> Slices:
    ids = tuple(f"{EXTRA_ROLE}/{name}" for name in extra.ids)
    return replace(extra, ids=ids, unnamed=frozenset(f"{EXTRA_ROLE}/{one}" for one in extra.unnamed))


def _apart(extra: Slices) -> Slices:
    """The extra slices; one of whom nobody is named is not of the patient of a slice whose file has the same name."""
    whose = zip(extra.ids, extra.patient_ids, strict=True)
    patients = tuple(f"{EXTRA_ROLE}/{one}" if name in extra.unnamed else one for name, one in whose)
    return replace(extra, patient_ids=patients)


def _read_folder(root: Path, size: int, called: str, window: object) -> Slices:
    from harness.data.sources.folder.read import read_folder

    return read_folder(root, size, called, None if window is None else window_of(window))


def looked_at(what: str, root: Path) -> tuple[list[list[str]], Account]:
    """Name below `root` and sha256 of every image there and every metadata table, and the account of all files.

    Raises InputError where a part of the images cannot be had: what was read before and kept says nothing of that.
    """
    if not root.is_dir():
        state = "is a file" if root.exists() else "does not exist"
        mistaken = submission_at(root)
        raise InputError(f"{what}={root} {state}; give the folder that holds the images. {mistaken}".rstrip())
    listing = list_folder(root, what)
    listing.refuse_a_part(root)
    named = {
        **dict(zip(listing.names, listing.images, strict=True)),
        **{_below(p, root): p for p in listing.metadata},
    }
    names = sorted(named, key=lambda name: name.split("/"))
    digests = in_order(file_digest, [named[name] for name in names])
    return [[name, digest] for name, digest in zip(names, digests, strict=True)], listing.account


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


@contextmanager
def kept_remarks() -> Iterator[list[str]]:
    """Collects what is warned of, to be said on every load from the store; not what lay beside the images, which may
    be other files by then."""
    remarks: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HarnessWarning)
        yield remarks
    remarks += [
        str(w.message)
        for w in caught
        if issubclass(w.category, HarnessWarning) and not issubclass(w.category, LeftOut)
    ]
