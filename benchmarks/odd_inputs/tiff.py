"""A TIFF writer of the baseline kind, in whatever depth, sign, byte order and photometric meaning a case asks for."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
Order = Literal["<", ">"]
_SAMPLE = {"u": UNSIGNED, "i": SIGNED, "f": FLOAT}


def tiff(
    values: NDArray[Any],
    photometric: int = BLACK_IS_ZERO,
    *,
    order: Order = "<",
    bits: int | None = None,
    deflate: bool = False,
    more: Mapping[int, int] | None = None,
) -> bytes:
    """One page of one strip. values: [h, w] or [h, w, channels], whose type decides depth and sign.

    order: of bytes; bits: fewer than the type's, packed, of one channel; more: further tags of a short each.
    """
    height, width, *rest = values.shape
    channels = rest[0] if rest else 1
    depth = bits or 8 * values.dtype.itemsize
    raw = packed(values, bits) if bits else values.astype(values.dtype.newbyteorder(order)).tobytes()
    strip = zlib.compress(raw, 9) if deflate else raw
    shape = (height, width, channels, depth)
    sample = _SAMPLE[values.dtype.kind]
    return wrapped(strip, shape, sample, photometric, order=order, deflate=deflate, more=more)


def packed(values: NDArray[Any], bits: int) -> bytes:
    """Rows of `bits` a pixel, the first pixel in the highest bits, each row filled up to whole bytes."""
    shifts = np.arange(bits - 1, -1, -1)
    spread = (values.astype(np.uint32)[..., None] >> shifts & 1).astype(np.uint8)
    return np.packbits(spread.reshape(len(values), -1), axis=1).tobytes()


def wrapped(
    strip: bytes,
    shape: tuple[int, int, int, int],
    sample: int,
    photometric: int,
    *,
    order: Order = "<",
    deflate: bool = False,
    more: Mapping[int, int] | None = None,
) -> bytes:
    """The file round a strip; shape: height, width, channels and bits, whatever the strip holds."""
    height, width, channels, depth = shape
    short, long = 3, 4
    tags: dict[int, tuple[int, list[int]]] = {
        256: (long, [width]),
        257: (long, [height]),
        258: (short, [depth] * channels),
        259: (short, [8 if deflate else 1]),
        262: (short, [photometric]),
        273: (long, [0]),
        277: (short, [channels]),
        278: (long, [height]),
        279: (long, [len(strip)]),
        339: (short, [sample] * channels),
        **{tag: (short, [value]) for tag, value in (more or {}).items()},
    }
    start = 8 + 2 + 12 * len(tags) + 4
    beyond = sum(len(data) for data in (_data(*one, order) for one in tags.values()) if len(data) > 4)
    tags[273] = (long, [start + beyond])
    outside: list[bytes] = []
    entries: list[bytes] = []
    for tag, (kind, values) in sorted(tags.items()):
        data = _data(kind, values, order)
        if len(data) > 4:
            place = start + sum(map(len, outside))
            outside.append(data)
            data = struct.pack(f"{order}I", place)
        entries.append(struct.pack(f"{order}HHI", tag, kind, len(values)) + data.ljust(4, b"\0"))
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    return head + struct.pack(f"{order}H", len(tags)) + b"".join(entries) + bytes(4) + b"".join(outside) + strip


def _data(kind: int, values: list[int], order: str) -> bytes:
    return struct.pack(f"{order}{len(values)}{'H' if kind == 3 else 'I'}", *values)
