"""The releases that an edition gives: whose candidates they are set before, and their images in the store."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.reading import READING, kept_remarks, looked_at
from harness.data.sources.account import Account
from harness.data.sources.edition.leaves import read_leaf
from harness.errors import HarnessWarning
from harness.store import Store, content_key
from harness.writing import save_array

RELEASED_FILE = "images.npy"


@dataclass(frozen=True)
class EditionRelease:
    """A release that an edition gives: its candidates' places in the pool, and members where published.

    candidates: intp [n]; member: bool [n], None for the test; n_images: released images; key: of the release in
    the store, once `read_release` has read it from the folder; account: what lies in that folder.
    """

    candidates: NDArray[np.intp]
    member: NDArray[np.bool_] | None
    n_images: int
    key: str
    role: str
    folder: Path
    account: Account = field(default_factory=lambda: Account("a release", 0))


def releases_of(roles: Sequence[str], leaves: Mapping[str, Path], size: int) -> dict[str, EditionRelease]:
    """An edition's test and dev release, by name: candidates and labels by the roles of the slices, keys by the bytes
    of the released files.

    roles: of every slice of the pool, [n]; leaves: role -> folder; size: working size, pixels.
    """
    role_of = np.array(roles)
    found = {}
    for name, candidates in (("test", ["test_candidates"]), ("dev", ["dev_used", "dev_not_used"])):
        role = f"{name}_generated"
        if role not in leaves:
            continue
        places = np.flatnonzero(np.isin(role_of, candidates))
        files, account = looked_at(role, leaves[role])
        key = content_key(stage="given", code=READING, size=size, files=files)
        found[name] = EditionRelease(
            candidates=places,
            member=None if name == "test" else role_of[places] == "dev_used",
            n_images=account.images,
            key=key,
            role=role,
            folder=leaves[role],
            account=account,
        )
    return found


def read_release(one: EditionRelease, size: int, store: Store) -> None:
    """Read a release into the store, uint8 [n_images, size, size], and warn of what was converted."""

    def make(folder: Path) -> Mapping[str, Any]:
        with kept_remarks() as remarks:
            slices = read_leaf(one.role, one.folder, size)
        save_array(folder / RELEASED_FILE, slices.pixels)
        return {"remarks": remarks}

    one.account.warn()
    for remark in store.get("given", one.key, make).facts["remarks"]:
        warnings.warn(HarnessWarning(remark), stacklevel=3)
