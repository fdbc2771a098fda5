"""TIFF 6.0: tags beyond those that say how the picture is stored, further pictures, bytes that nothing points to."""

from __future__ import annotations

from collections.abc import Iterator

from harness.data.sources.carried_parts import BrokenFileError, Part, number, taken

MAGIC = (b"II*\0", b"MM\0*")
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # bytes, by field type
_STRUCTURAL = frozenset(
    (254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 296, 317, 320, 322,
     323, 324, 325, 339, 340, 341, 347, 530, 531, 532)
)  # fmt: skip
_NAMES = {
    269: "DocumentName", 270: "ImageDescription", 271: "Make", 272: "Model", 305: "Software", 306: "DateTime",
    315: "Artist", 316: "HostComputer", 330: "SubIFDs", 338: "ExtraSamples", 700: "XMP", 33432: "Copyright",
    33723: "IPTC", 34377: "Photoshop", 34665: "Exif", 34675: "ICC", 34853: "GPS",
}  # fmt: skip
_PLACES, _COUNTS = (273, 324), (279, 325)  # of strips, of tiles
_MOST_TAGS, _MOST_PIECES = 4096, 1 << 20
_PADDING = 1  # bytes between two parts of a file, since each starts at an even place


def tiff_parts(data: bytes) -> Iterator[Part]:
    """What TIFF bytes carry; raises BrokenFileError from where on it cannot be told."""
    order = "little" if data[:2] == b"II" else "big"
    place = number(data, 4, 4, order)
    n_tags = number(data, place, 2, order)
    if n_tags > _MOST_TAGS:
        raise BrokenFileError
    used = [(0, 8), (place, place + 6 + 12 * n_tags)]
    pieces: dict[int, list[int]] = {}
    for entry in range(place + 2, place + 2 + 12 * n_tags, 12):
        tag, kind, count = (number(data, entry + at, n, order) for at, n in ((0, 2), (2, 2), (4, 4)))
        size = _SIZES.get(kind, 1)
        start = entry + 8 if size * count <= 4 else number(data, entry + 8, 4, order)
        taken(data, start, size * count)
        used.append((start, start + size * count))
        if tag in _PLACES + _COUNTS and size * count <= 4 * _MOST_PIECES:
            pieces[tag] = [number(data, start + size * i, size, order) for i in range(count)]
        elif tag not in _STRUCTURAL:
            yield Part(f"tag {tag}" + (f" ({_NAMES[tag]})" if tag in _NAMES else ""), size * count)
    if number(data, place + 2 + 12 * n_tags, 4, order):
        yield Part("further pictures (IFD)")
    for places, counts in zip(_PLACES, _COUNTS, strict=True):
        used += [(one, one + n) for one, n in zip(pieces.get(places, []), pieces.get(counts, []), strict=False)]
    unused = _unused(used, len(data))
    if unused:
        yield Part("bytes that no tag points to", unused)


def _unused(used: list[tuple[int, int]], end: int) -> int:
    """Bytes outside of all the ranges, but for padding."""
    total, reached = 0, 0
    for start, stop in [*sorted(used), (end, end)]:
        if start - reached > _PADDING:
            total += start - reached
        reached = max(reached, stop)
    return total
