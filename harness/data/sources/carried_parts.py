"""What a file carries beside its picture, part by part, and reading bytes that may be broken or hostile."""

from __future__ import annotations

from typing import NamedTuple


class Part(NamedTuple):
    """Something in an image file that is no grey pixel. name: of the chunk, segment or tag; n_bytes: how much, 0
    where that cannot be said. What it says is never repeated."""

    name: str
    n_bytes: int = 0


class BrokenFileError(Exception):
    """The file is not built as its format asks: what is in it cannot be told from here on."""


def taken(data: bytes, start: int, n: int) -> bytes:
    """n bytes from `start`; BrokenFileError where there are not as many."""
    if start < 0 or n < 0 or start + n > len(data):
        raise BrokenFileError
    return data[start : start + n]


def number(data: bytes, start: int, n: int, order: str) -> int:
    """An unsigned integer of n bytes; order: `big` or `little`."""
    return int.from_bytes(taken(data, start, n), "big" if order == "big" else "little")
