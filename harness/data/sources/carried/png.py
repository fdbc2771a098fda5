"""PNG (W3C PNG specification, third edition): chunks that no grey picture needs, and bytes where none belong."""

from __future__ import annotations

from collections.abc import Iterator

from harness.data.sources.carried.parts import (
    MOST_PIXELS,
    UNTOLD,
    BrokenFileError,
    Part,
    beyond_inflated,
    number,
    taken,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_ADAM7 = ((0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1))


def png_parts(data: bytes) -> Iterator[Part]:
    """What PNG bytes carry; raises BrokenFileError from where on it cannot be told."""
    pixels: list[bytes] = []
    header = b""
    for kind, content, end in _chunks(data):
        if kind == "IHDR" and not header:
            header = taken(content, 0, 13)
            if header[8] == 16:
                yield Part("16 bits a pixel")
        elif kind == "IDAT":
            pixels.append(content)
        elif kind == "IEND":
            if content:
                yield Part("IEND with content", len(content))
            yield from _beyond_picture(header, b"".join(pixels))
            if end < len(data):
                yield Part("bytes after IEND", len(data) - end)
            return
        elif kind != "PLTE" or header[9:10] != b"\x03":  # a palette belongs to a picture that uses it
            yield Part(kind, len(content))
    raise BrokenFileError


def _chunks(data: bytes) -> Iterator[tuple[str, bytes, int]]:
    """Name, content and place after it, of every chunk."""
    place = len(SIGNATURE)
    while place < len(data):
        length = number(data, place, 4, "big")
        name = taken(data, place + 4, 4)
        if not name.isalpha():
            raise BrokenFileError
        content = taken(data, place + 8, length)
        place += 12 + length
        yield name.decode("ascii", "replace"), content, place


def _beyond_picture(header: bytes, packed: bytes) -> Iterator[Part]:
    """What IDAT holds beyond the rows of the picture: more of them, or bytes after the packed ones."""
    if not header or header[9] not in _CHANNELS:
        raise BrokenFileError
    if number(header, 0, 4, "big") * number(header, 4, 4, "big") > MOST_PIXELS:
        yield Part(UNTOLD)
        return
    more, after = beyond_inflated(packed, _row_bytes(header))
    if more:
        yield Part("rows beyond the picture (IDAT)")
    elif after:
        yield Part("bytes beyond the picture (IDAT)", after)


def _row_bytes(header: bytes) -> int:
    """How many bytes the unpacked rows of the picture take, each with its filter byte."""
    width, height = number(header, 0, 4, "big"), number(header, 4, 4, "big")
    bits = _CHANNELS[header[9]] * header[8]
    passes = _ADAM7 if header[12] else ((0, 1, 0, 1),)
    total = 0
    for top, down, left, across in passes:
        columns, rows = -((left - width) // across), -((top - height) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total
