"""JPEG (ITU-T T.81, JFIF 1.02): segments beside the picture's own and JFIF's head, and bytes after the end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.data.sources.carried_parts import BrokenFileError, Part, number, taken

START, END, SCAN, COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_OF_PICTURE = {*range(0xC0, 0xD0), SCAN, 0xDB, 0xDC, 0xDD}  # frames, tables, scans, lines, restarts
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without content
_NEXT = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")  # in a scan a lone FF is followed by 00, or by D0 to D7
_KINDS = ((b"Exif\0", "Exif"), (b"http://ns.adobe.com/", "XMP"), (b"ICC_PROFILE\0", "ICC"), (b"Adobe", "Adobe"))
_JFIF = b"JFIF\0"


def jpeg_parts(data: bytes) -> Iterator[Part]:
    """What JPEG bytes carry; raises BrokenFileError from where on it cannot be told."""
    place, has_head = 2, False
    while True:
        if taken(data, place, 1) != b"\xff":
            raise BrokenFileError
        marker = number(data, place + 1, 1, "big")
        if marker == 0xFF:  # filled up
            place += 1
            continue
        place += 2
        if marker == END:
            if place < len(data):
                yield Part("bytes after EOI", len(data) - place)
            return
        if marker in _ALONE:
            continue
        length = number(data, place, 2, "big")
        content = taken(data, place + 2, length - 2)
        if marker == 0xE0 and content.startswith(_JFIF) and not has_head:
            has_head = True
            if len(content) > 14:
                yield Part("JFIF thumbnail", len(content) - 14)
        elif marker not in _OF_PICTURE:
            yield Part(_name(marker, content), len(content))
        place += length
        if marker == SCAN:
            following = _NEXT.search(data, place)
            if following is None:
                raise BrokenFileError
            place = following.end() - 2


def _name(marker: int, content: bytes) -> str:
    if marker == COMMENT:
        return "COM"
    if not 0xE0 <= marker <= 0xEF:
        return f"segment {marker:02X}"
    kind = next((name for start, name in _KINDS if content.startswith(start)), "")
    return f"APP{marker - 0xE0}" + (f" ({kind})" if kind else "")
