"""JPEG (ITU-T T.81, JFIF 1.02): segments beside the picture's own and JFIF's head, tables that nothing uses, and
bytes after the end.

Bytes that follow the last coded block of a scan look as coded ones do: only decoding tells, and none is done here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.data.sources.carried.parts import BrokenFileError, Part, number, taken

START, END, SCAN, COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_OF_PICTURE = {*range(0xC0, 0xD0), SCAN, 0xDB, 0xDC, 0xDD}  # frames, tables, scans, lines, restarts
_DHT, _DQT, _DNL, _DRI = 0xC4, 0xDB, 0xDC, 0xDD
_FRAMES = {*range(0xC0, 0xD0)} - {_DHT, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without content
_NEXT = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")  # in a scan a lone FF is followed by 00, or by D0 to D7
_KINDS = ((b"Exif\0", "Exif"), (b"http://ns.adobe.com/", "XMP"), (b"ICC_PROFILE\0", "ICC"), (b"Adobe", "Adobe"))
_JFIF = b"JFIF\0"


def jpeg_parts(data: bytes) -> Iterator[Part]:
    """What JPEG bytes carry; raises BrokenFileError from where on it cannot be told."""
    place, has_head, tables = 2, False, _Tables()
    while True:
        if taken(data, place, 1) != b"\xff":
            raise BrokenFileError
        marker = number(data, place + 1, 1, "big")
        if marker == 0xFF:  # filled up
            place += 1
            continue
        place += 2
        if marker == END:
            yield from tables.unused()
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
        else:
            yield from tables.met(marker, content)
        place += length
        if marker == SCAN:
            following = _NEXT.search(data, place)
            if following is None:
                raise BrokenFileError
            place = following.end() - 2


class _Tables:
    """The tables of a JPEG, of which each must be used before the end, or before another takes its place."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, int], int] = {}  # bytes of each that nothing has used yet
        self._quantisation: dict[int, int] = {}  # of each component

    def met(self, marker: int, content: bytes) -> Iterator[Part]:
        """What of a segment of the picture's own belongs to no picture."""
        used = len(content)
        if marker == _DQT:
            for name, n_bytes in _quantisation_tables(content):
                yield from self._defined(("DQT", name), n_bytes)
        elif marker == _DHT:
            for name, n_bytes in _huffman_tables(content):
                yield from self._defined(("DHT", name), n_bytes)
        elif marker == SCAN:
            n = number(content, 0, 1, "big")
            used = 4 + 2 * n
            for at in range(1, 1 + 2 * n, 2):
                component, chosen = taken(content, at, 2)
                of_dc, of_ac = ("DHT", chosen >> 4), ("DHT", 16 + (chosen & 15))
                for table in (of_dc, of_ac, ("DQT", self._quantisation.get(component, -1))):
                    self._waiting.pop(table, None)
        elif marker in _FRAMES:
            n = number(content, 5, 1, "big")
            used = 6 + 3 * n
            for at in range(6, used, 3):
                component, _, table_name = taken(content, at, 3)
                self._quantisation[component] = table_name
        elif marker in (_DNL, _DRI):
            used = 2
        if used < len(content):
            yield Part(f"bytes in segment {marker:02X}", len(content) - used)

    def unused(self) -> Iterator[Part]:
        """The tables that nothing used."""
        for (kind, _), n_bytes in self._waiting.items():
            yield Part(f"table that is not used ({kind})", n_bytes)

    def _defined(self, table: tuple[str, int], n_bytes: int) -> Iterator[Part]:
        if table in self._waiting:
            yield Part(f"table that is not used ({table[0]})", self._waiting[table])
        self._waiting[table] = n_bytes


def _quantisation_tables(content: bytes) -> Iterator[tuple[int, int]]:
    """Name and bytes of each table of a DQT segment."""
    place = 0
    while place < len(content):
        n_bytes = 128 if content[place] >> 4 else 64
        taken(content, place + 1, n_bytes)
        yield content[place] & 15, n_bytes
        place += 1 + n_bytes


def _huffman_tables(content: bytes) -> Iterator[tuple[int, int]]:
    """Name (16 and up: of AC) and bytes of each table of a DHT segment."""
    place = 0
    while place < len(content):
        n_bytes = 16 + sum(taken(content, place + 1, 16))
        taken(content, place + 1, n_bytes)
        yield content[place], n_bytes
        place += 1 + n_bytes


def _name(marker: int, content: bytes) -> str:
    if marker == COMMENT:
        return "COM"
    if not 0xE0 <= marker <= 0xEF:
        return f"segment {marker:02X}"
    kind = next((name for start, name in _KINDS if content.startswith(start)), "")
    return f"APP{marker - 0xE0}" + (f" ({kind})" if kind else "")
