"""How large a compressed picture says it is, from its first bytes: asked before a decoder makes room for it."""

from __future__ import annotations

_START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}  # JPEG and, the last, JPEG-LS
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_SIZE_OF_2000 = b"\xff\x4f\xff\x51"  # SOC and SIZ of JPEG 2000 (ISO/IEC 15444-1, A.5.1)
_SIGNATURE = b"\0\0\0\x0cjP  "  # the first box of a JP2 file, whose codestream lies in its box jp2c (I.5.1, I.4)
_COMPRESSED = "1.2.840.10008.1.2.4."
_JPEG = frozenset({"50", "51", "57", "70", "80", "81"})
_JPEG_2000 = frozenset({"90", "91", "92", "93", "201", "202", "203"})


def stated_size(stream: bytes, syntax: str) -> tuple[int, int] | None:
    """Height and width of a stream of this transfer syntax, pixels; None for others than JPEG, JPEG-LS, JPEG 2000.

    Raises ValueError for one of these that does not say its size where the standard has it.
    """
    kind = syntax.removeprefix(_COMPRESSED)
    if kind not in _JPEG | _JPEG_2000:
        return None
    found = _of_jpeg(stream) if kind in _JPEG else _of_jpeg_2000(stream)
    if found is None:
        raise ValueError("size")
    return found


def _of_jpeg_2000(stream: bytes) -> tuple[int, int] | None:
    start = _codestream(stream)
    if stream[start : start + 4] != _SIZE_OF_2000 or len(stream) < start + 24:
        return None
    right, down, left, above = (
        int.from_bytes(stream[start + place : start + place + 4], "big") for place in (8, 12, 16, 20)
    )
    return max(0, down - above), max(0, right - left)


def _codestream(stream: bytes) -> int:
    """Where the codestream begins: at the start, or in the box jp2c of a JP2 file; the end where there is none."""
    place = 0
    while stream.startswith(_SIGNATURE) and place < len(stream):
        length, head = int.from_bytes(stream[place : place + 4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(stream[place + 8 : place + 16], "big"), 16
        if stream[place + 4 : place + 8] == b"jp2c":
            return place + head
        place = place + length if length >= head else len(stream)
    return place


def _of_jpeg(stream: bytes) -> tuple[int, int] | None:
    """The size in the first frame header (ITU-T T.81, B.2.2)."""
    place = 2 if stream.startswith(b"\xff\xd8") else len(stream)
    while place + 9 <= len(stream) and stream[place] == 0xFF:
        marker = stream[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if marker in _START_OF_FRAME:
            return int.from_bytes(stream[place + 5 : place + 7], "big"), int.from_bytes(
                stream[place + 7 : place + 9], "big"
            )
        place += 2 if marker in _ALONE else 2 + int.from_bytes(stream[place + 2 : place + 4], "big")
    return None
