"""Reads every file of a store anew: what is damaged, and what lies there besides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.artefact import META, forget, read_meta
from harness.bounded import listed
from harness.errors import InputError
from harness.stock.inventory import Inventory, Item
from harness.store import ANSWERS, Store


class Verified(NamedTuple):
    """What became of one artefact.

    damaged: its files that are missing, links, or not of the bytes that were written; beside: files that were not
    written with it, which nothing reads.
    """

    item: Item
    damaged: list[str]
    beside: list[str]


def verified(found: Inventory) -> Iterator[Verified]:
    """Every artefact, each read as it comes; one that another process has just replaced is passed over."""
    forget()
    store = Store(found.root, verify=True)
    for item in found.items.values():
        one = _answers(item) if item.use.kind == ANSWERS else _folder(store, item)
        if one is not None:
            yield one


def damaged_salt(root: Path) -> str | None:
    """What is wrong with the salt of a store, a sentence; None where it is as it was written, or none is there."""
    from harness.data.pseudonyms import Salt  # start-up

    if Salt.place(root).exists():
        try:
            Salt.read(root)
        except InputError as error:
            return str(error)
    return None


def _folder(store: Store, item: Item) -> Verified | None:
    damaged = store.damage(*item.use)
    if damaged:  # another run may have been replacing it
        forget()
        damaged = store.damage(*item.use)
    if damaged is None:
        return None
    beside: list[str] = []
    if not damaged:
        meta = read_meta(item.path)
        with_meta = {META, *(meta.files if meta is not None else ())}
        beside = sorted(listed(item.path).files.keys() - with_meta)
    return Verified(item, damaged, beside)


def _answers(item: Item) -> Verified | None:
    from harness.experiment.answers import whole_answers  # start-up: it loads what evaluates

    try:
        whole = whole_answers(item.path) is not None
    except InputError:
        whole = False
    if not whole and not item.path.exists() and not item.path.is_symlink():
        return None
    return Verified(item, [] if whole else [item.path.name], [])
