"""LZW as GIF and TIFF have it: how much a stream unpacks to, and where it ends; nothing is unpacked."""

from __future__ import annotations

from harness.data.sources.carried.parts import BrokenFileError

MOST_BYTES = 1 << 20  # packed: half a second
_MOST_CODES = 4096


def lzw_end(packed: bytes, least: int, tiff: bool) -> tuple[int, int]:
    """How many values the codes stand for up to the end code, and the place after it (the end where there is none).

    least: bits of a value; tiff: bits from the top, and codes that grow one earlier. Raises BrokenFileError for codes
    that no table has.
    """
    if not 1 <= least <= 11:
        raise BrokenFileError
    clear = 1 << least
    sizes: list[int] = []
    width, total, last = least + 1, 0, 0
    bits = held = place = 0
    while True:
        while held < width:
            if place == len(packed):
                return total, place
            bits = (bits << 8) | packed[place] if tiff else bits | (packed[place] << held)
            place, held = place + 1, held + 8
        held -= width
        if tiff:
            code, bits = bits >> held, bits & ((1 << held) - 1)
        else:
            code, bits = bits & ((1 << width) - 1), bits >> width
        if code == clear + 1:
            return total, place
        if code == clear:
            sizes, width, last = [1] * (clear + 2), least + 1, 0
            continue
        sizes = sizes or [1] * (clear + 2)
        if last and len(sizes) < _MOST_CODES:
            sizes.append(last + 1)
        if code >= len(sizes):
            raise BrokenFileError
        last = sizes[code]
        total += last
        if len(sizes) + tiff >= 1 << width and width < 12:
            width += 1
