"""TIFF 6.0: tags beyond those that say how the picture is stored, further pictures, bytes beyond the rows or that
nothing points to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from harness.data.sources.carried.lzw import MOST_BYTES, lzw_end
from harness.data.sources.carried.parts import (
    MOST_PIXELS,
    UNTOLD,
    BrokenFileError,
    Part,
    beyond_inflated,
    number,
    taken,
)

MAGIC = (b"II*\0", b"MM\0*")
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # bytes, by field type
_WHOLE, _RATIONAL, _REAL = (3, 4), (5,), (1, 3, 4, 6, 8, 9, 11, 12)  # field types
# Tags that say how the picture is stored -> which field types they may have, and how many values; 0: one a channel.
_STRUCTURAL = {
    254: (_WHOLE, 1), 255: (_WHOLE, 1), 256: (_WHOLE, 1), 257: (_WHOLE, 1), 258: (_WHOLE, 0), 259: (_WHOLE, 1),
    262: (_WHOLE, 1), 266: (_WHOLE, 1), 274: (_WHOLE, 1), 277: (_WHOLE, 1), 278: (_WHOLE, 1), 280: (_WHOLE, 0),
    281: (_WHOLE, 0), 282: (_RATIONAL, 1), 283: (_RATIONAL, 1), 284: (_WHOLE, 1), 296: (_WHOLE, 1), 317: (_WHOLE, 1),
    322: (_WHOLE, 1), 323: (_WHOLE, 1), 339: (_WHOLE, 0), 340: (_REAL, 0), 341: (_REAL, 0), 530: (_WHOLE, 2),
    531: (_WHOLE, 1), 532: (_RATIONAL, 6),
}  # fmt: skip
_NAMES = {
    269: "DocumentName", 270: "ImageDescription", 271: "Make", 272: "Model", 305: "Software", 306: "DateTime",
    315: "Artist", 316: "HostComputer", 320: "ColorMap", 330: "SubIFDs", 338: "ExtraSamples",
    347: "JPEGTables", 700: "XMP", 33432: "Copyright",
    33723: "IPTC", 34377: "Photoshop", 34665: "Exif", 34675: "ICC", 34853: "GPS",
}  # fmt: skip
_PLACES, _COUNTS = (273, 324), (279, 325)  # of strips, of tiles
_WIDTH, _HEIGHT, _BITS, _PACKING, _KIND, _CHANNELS, _ROWS, _PLANES, _COLOURS = (
    256,
    257,
    258,
    259,
    262,
    277,
    278,
    284,
    320,
)
_PLAIN, _LZW, _DEFLATED = (1,), (5,), (8, 32946)
_PALETTE, _YCBCR = 3, 6
_MOST_TAGS, _MOST_PIECES = 4096, 1 << 20
_PADDING = 1  # bytes between two parts of a file, since each starts at an even place


class _Field(NamedTuple):
    """What a tag holds; values: whole numbers, empty where it holds others."""

    kind: int
    n: int
    n_bytes: int
    values: list[int]


def tiff_parts(data: bytes) -> Iterator[Part]:
    """What TIFF bytes carry; raises BrokenFileError from where on it cannot be told."""
    order = "little" if data[:2] == b"II" else "big"
    place = number(data, 4, 4, order)
    n_tags = number(data, place, 2, order)
    if n_tags > _MOST_TAGS:
        raise BrokenFileError
    used = [(0, 8), (place, place + 6 + 12 * n_tags)]
    fields: dict[int, _Field] = {}
    for entry in range(place + 2, place + 2 + 12 * n_tags, 12):
        tag, kind, count = (number(data, entry + at, n, order) for at, n in ((0, 2), (2, 2), (4, 4)))
        size = _SIZES.get(kind, 1)
        start = entry + 8 if size * count <= 4 else number(data, entry + 8, 4, order)
        taken(data, start, size * count)
        used.append((start, start + size * count))
        if tag in fields:
            yield Part(f"tag {tag} once more", size * count)
            continue
        whole = kind in _WHOLE and count <= _MOST_PIECES
        values = [number(data, start + size * i, size, order) for i in range(count)] if whole else []
        fields[tag] = _Field(kind, count, size * count, values)
    for tag, field in fields.items():
        if not _says_how_it_is_stored(tag, field, fields):
            yield Part(f"tag {tag}" + (f" ({_NAMES[tag]})" if tag in _NAMES else ""), field.n_bytes)
    pieces = {tag: fields[tag].values for tag in _PLACES + _COUNTS if tag in fields}
    if number(data, place + 2 + 12 * n_tags, 4, order):
        yield Part("further pictures (IFD)")
    for places, counts in zip(_PLACES, _COUNTS, strict=True):
        used += [(one, one + n) for one, n in zip(pieces.get(places, []), pieces.get(counts, []), strict=False)]
    unused = _unused(used, len(data))
    if unused:
        yield Part("bytes that no tag points to", unused)
    if any(tag in pieces for tag in (_PLACES[1], _COUNTS[1])):
        yield Part(UNTOLD)  # tiles
    else:
        strips = list(zip(pieces.get(_PLACES[0], []), pieces.get(_COUNTS[0], []), strict=False))
        if sum(n for _, n in strips) > len(data):  # they overlap: a small file could be endless work
            raise BrokenFileError
        yield from _beyond_rows([taken(data, one, n) for one, n in strips], fields)


def _says_how_it_is_stored(tag: int, field: _Field, fields: Mapping[int, _Field]) -> bool:
    if tag in _PLACES + _COUNTS:
        return bool(field.values)
    if tag == _COLOURS:
        bits = _value(fields, _BITS, 1)
        return _value(fields, _KIND, 0) == _PALETTE and (field.kind, field.n) == (3, 3 << min(bits, 16))
    kinds, count = _STRUCTURAL.get(tag, ((), 0))
    return field.kind in kinds and field.n == (count or _value(fields, _CHANNELS, 1))


def _value(fields: Mapping[int, _Field], tag: int, default: int) -> int:
    """The first value of a field of whole numbers."""
    return fields[tag].values[0] if tag in fields and fields[tag].values else default


def _beyond_rows(strips: Sequence[bytes], fields: Mapping[int, _Field]) -> Iterator[Part]:
    """What strips hold beyond the rows of the picture."""
    packing, channels = _value(fields, _PACKING, 1), _value(fields, _CHANNELS, 1)
    width, height = _value(fields, _WIDTH, 0), _value(fields, _HEIGHT, 0)
    known = packing in _PLAIN + _LZW + _DEFLATED and _value(fields, _KIND, 0) != _YCBCR
    if not known or width * height > MOST_PIXELS:
        yield Part(UNTOLD)
        return
    apart = _value(fields, _PLANES, 1) == 2
    row = (width * _value(fields, _BITS, 1) * (1 if apart else channels) + 7) // 8
    rows = min(_value(fields, _ROWS, height), height) or 1
    of_plane = -(-height // rows)
    beyond = 0
    for place, strip in enumerate(strips):
        first = place % max(of_plane, 1) * rows
        wanted = row * min(rows, height - first) if place < of_plane * (channels if apart else 1) else 0
        if packing in _LZW and len(strip) > MOST_BYTES:
            yield Part(UNTOLD)
            return
        beyond += _beyond(strip, wanted, packing)
    if beyond:
        yield Part("bytes beyond the rows of a strip", beyond)


def _beyond(strip: bytes, wanted: int, packing: int) -> int:
    """How many bytes of a strip no row needs, of unpacked or of packed ones."""
    if packing in _PLAIN or not wanted:
        return max(0, len(strip) - wanted)
    if packing in _DEFLATED:
        more, after = beyond_inflated(strip, wanted)
        return after + more
    unpacked, end = lzw_end(strip, 8, tiff=True)
    return max(0, unpacked - wanted) + len(strip) - end


def _unused(used: list[tuple[int, int]], end: int) -> int:
    """Bytes outside of all the ranges, but for padding."""
    total, reached = 0, 0
    for start, stop in [*sorted(used), (end, end)]:
        if start - reached > _PADDING:
            total += start - reached
        reached = max(reached, stop)
    return total
