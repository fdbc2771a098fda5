"""GIF, WebP, BMP and binary PNM: blocks beside the picture's own, and bytes after the end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.data.sources.carried.lzw import MOST_BYTES, lzw_end
from harness.data.sources.carried.parts import UNTOLD, BrokenFileError, Part, number, taken

_EXTENSIONS = {0xFE: "comment", 0xFF: "application block", 0x01: "plain text block"}
_PNM_HEAD = re.compile(rb"P[456](?:\s|#[^\n]*\n)+?(\d+)(?:\s|#[^\n]*\n)+?(\d+)(?:(?:\s|#[^\n]*\n)+?(\d+))?")


def gif_parts(data: bytes) -> Iterator[Part]:
    """GIF 89a: extensions, transparency, what hides behind the packed pixels, bytes after the trailer."""
    place = 13 + _table(number(data, 10, 1, "big"))
    while True:
        kind = number(data, place, 1, "big")
        if kind == 0x3B:
            if place + 1 < len(data):
                yield Part("bytes after the end", len(data) - place - 1)
            return
        if kind == 0x21:
            label = number(data, place + 1, 1, "big")
            content, place = _sub_blocks(data, place + 2)
            if label != 0xF9:
                yield Part(_EXTENSIONS.get(label, f"extension {label:02X}"), len(content))
        elif kind == 0x2C:
            n_pixels = number(data, place + 5, 2, "little") * number(data, place + 7, 2, "little")
            place += 10 + _table(number(data, place + 9, 1, "big")) + 1
            packed, after = _sub_blocks(data, place)
            yield from _beyond_picture(packed, number(data, place - 1, 1, "big"), n_pixels)
            place = after
        else:
            raise BrokenFileError


def _beyond_picture(packed: bytes, bits: int, n_pixels: int) -> Iterator[Part]:
    """What the sub-blocks of a picture hold beyond its pixels."""
    if len(packed) > MOST_BYTES:
        yield Part(UNTOLD)
        return
    unpacked, end = lzw_end(packed, bits, tiff=False)
    if unpacked > n_pixels:
        yield Part("pixels beyond the picture", unpacked - n_pixels)
    if end < len(packed):
        yield Part("bytes behind the packed pixels", len(packed) - end)


def _table(packed: int) -> int:
    """Bytes of the colour table that a packed field announces."""
    return 3 * 2 ** (packed % 8 + 1) if packed & 0x80 else 0


def _sub_blocks(data: bytes, place: int) -> tuple[bytes, int]:
    """What a chain of sub-blocks holds, and the place after it."""
    content = []
    while length := number(data, place, 1, "big"):
        content.append(taken(data, place + 1, length))
        place += 1 + length
    return b"".join(content), place + 1


def webp_parts(data: bytes) -> Iterator[Part]:
    """WebP (RFC 9649): chunks beside the picture's, bytes after the end. What the picture's own hold is not told."""
    end = 8 + number(data, 4, 4, "little")
    place = 12
    while place < min(end, len(data)):
        name, length = taken(data, place, 4), number(data, place + 4, 4, "little")
        taken(data, place + 8, length)
        if name == b"VP8X" and length > _VP8X_BYTES:
            yield Part("VP8X with more than its fields", length - _VP8X_BYTES)
        if name not in (b"VP8 ", b"VP8L", b"VP8X"):
            text = name.decode("ascii", "replace").strip()
            yield Part(text if text.isalnum() else "unknown chunk", length)
        place += 8 + length + length % 2
    if end > len(data):
        raise BrokenFileError
    if end < len(data):
        yield Part("bytes after the end", len(data) - end)


def bmp_parts(data: bytes) -> Iterator[Part]:
    """BMP: bytes between head and pixels beyond a palette, after the pixels, and where zeros belong."""
    start, head = number(data, 10, 4, "little"), number(data, 14, 4, "little")
    if head < 40:
        raise BrokenFileError
    width, height = number(data, 18, 4, "little"), number(data, 22, 4, "little")
    height = min(height, 2**32 - height)  # rows from the top have a negative one
    bits, packing = number(data, 28, 2, "little"), number(data, 30, 4, "little")
    colours = number(data, 46, 4, "little") or (2**bits if bits <= 8 else 0)
    masks = 12 if packing == 3 and head == 40 else 0
    palette = 14 + head + masks
    if any(taken(data, palette, 4 * min(colours, 256))[3::4]):
        yield Part("bytes in the palette")
    gap = start - (palette + 4 * min(colours, 256))
    if gap > 0:
        yield Part("bytes before the pixels", gap)
    size = (width * bits + 31) // 32 * 4 * height if packing in (0, 3) else number(data, 34, 4, "little")
    if start + size > len(data):
        raise BrokenFileError
    if packing not in (0, 3):
        yield Part(UNTOLD)
    elif _is_padded(data[start : start + size], (width * bits + 7) // 8, (width * bits + 31) // 32 * 4):
        yield Part("bytes between the rows")
    if bits == 32 and packing == 0 and set(data[start + 3 : start + size : 4]) not in ({0}, {255}):
        yield Part("a fourth byte of each pixel", size // 4)
    if start + size < len(data):
        yield Part("bytes after the pixels", len(data) - start - size)


def _is_padded(pixels: bytes, used: int, stride: int) -> bool:
    """Whether what fills the rows up to a stride is anything but zeros."""
    return any(any(pixels[used + at :: stride]) for at in range(stride - used)) if stride else False


def pnm_parts(data: bytes) -> Iterator[Part]:
    """Binary PBM, PGM and PPM: comments in the head, bytes after the pixels."""
    kind = data[1:2]
    head = _PNM_HEAD.match(data[:_LONGEST_HEAD])
    if head is None or (kind != b"4" and head[3] is None):
        raise BrokenFileError
    end = head.end(2) if kind == b"4" else head.end(3)
    if b"#" in data[:end]:
        yield Part("comment in the head")
    width, height = int(head[1]), int(head[2])
    deep = 2 if kind != b"4" and int(head[3]) > 255 else 1
    row = (width + 7) // 8 if kind == b"4" else width * deep * (3 if kind == b"6" else 1)
    size = end + 1 + row * height
    if size > len(data):
        raise BrokenFileError
    if size < len(data):
        yield Part("bytes after the pixels", len(data) - size)


_LONGEST_HEAD = 4096
_VP8X_BYTES = 10
