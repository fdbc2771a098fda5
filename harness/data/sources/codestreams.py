"""How large a compressed picture says it is, from its first bytes: asked before a decoder makes room for it."""

from __future__ import annotations

_START_OF_FRAME = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}  # JPEG and, the last, JPEG-LS
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_SIZE_OF_2000 = b"\xff\x4f\xff\x51"  # SOC and SIZ of JPEG 2000 (ISO/IEC 15444-1, A.5.1)


def stated_size(stream: bytes) -> tuple[int, int] | None:
    """Height and width of a JPEG, JPEG-LS or JPEG 2000 stream, pixels; None for others, and where it says none."""
    start = stream.find(_SIZE_OF_2000, 0, 4096)
    if start >= 0 and len(stream) >= start + 24:
        right, down, left, above = (
            int.from_bytes(stream[start + place : start + place + 4], "big") for place in (8, 12, 16, 20)
        )
        return max(0, down - above), max(0, right - left)
    return _of_jpeg(stream) if stream.startswith(b"\xff\xd8") else None


def _of_jpeg(stream: bytes) -> tuple[int, int] | None:
    """The size in the first frame header (ITU-T T.81, B.2.2)."""
    place = 2
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
