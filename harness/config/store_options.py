"""What a store is asked to do besides keeping things: its locks and its mirror, checked."""

from __future__ import annotations

from typing import Any

from harness.errors import InputError, unknown_name
from harness.places import lies_in, shown, user_path
from harness.store.addresses import check_address, is_folder
from harness.store.elsewhere import Elsewhere
from harness.store.locks import WAYS

MAY_BE_MIRRORED = ("generator", "given", "observation", "picture", "pool", "release", "scores", "shard")
"""Kinds of which an artefact is a folder of its own; the rest is each store's: its salt, its runs, its locks."""


def elsewhere_of_options(store: Any) -> Elsewhere:
    """`StoreOptions` as they are to be known of the store. Raises InputError."""
    if store.lock not in WAYS:
        raise InputError(unknown_name("value of store.lock", store.lock, WAYS))
    for kind in store.mirror_kinds:
        if kind not in MAY_BE_MIRRORED:
            raise InputError(unknown_name("value of store.mirror_kinds", kind, MAY_BE_MIRRORED))
    if store.mirror is None:
        return Elsewhere(store.lock)
    mirror = store.mirror
    check_address(mirror)
    if is_folder(mirror):
        folder, root = (
            user_path(mirror.removeprefix("file://"), "store.mirror="),
            user_path(store.root, "store.root="),
        )
        if lies_in(folder, root) or lies_in(root, folder):
            raise InputError(f"store.mirror={shown(folder)} and store.root={shown(root)} lie in each other.")
        mirror = str(folder.absolute())
    return Elsewhere(store.lock, mirror, tuple(sorted(set(store.mirror_kinds))))
