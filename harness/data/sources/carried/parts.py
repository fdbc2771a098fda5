"""What a file carries beside its picture, part by part, and reading bytes that may be broken or hostile."""

from __future__ import annotations

import zlib
from typing import NamedTuple

UNTOLD = "not looked through"
BROKEN = "not built as its format asks"
MOST_PIXELS = 1 << 26  # of a larger picture the rows are not unpacked
_PIECE = 1 << 20


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


def beyond_inflated(packed: bytes, wanted: int) -> tuple[bool, int]:
    """Of a zlib stream that should hold so many bytes: whether it holds more, else how many bytes follow its end."""
    left, rest = wanted, packed
    unpacker = zlib.decompressobj()
    try:
        while not unpacker.eof and left > 0:
            got = unpacker.decompress(rest, min(left, _PIECE))
            left -= len(got)
            rest = unpacker.unconsumed_tail
            if not got and not rest:
                break
        more = b"" if unpacker.eof else unpacker.decompress(rest, 1)
    except zlib.error as error:
        raise BrokenFileError from error
    return bool(more), 0 if more else len(unpacker.unused_data)
