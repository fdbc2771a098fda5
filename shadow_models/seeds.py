"""Seeds hashed from named axes, so that adding a value on one axis changes no other."""

from __future__ import annotations

import hashlib


def seed_of(*axes: int | str) -> int:
    """Return a 63-bit seed from the axes, e.g. seed_of(seed, "step", 17): same axes, same seed, anywhere."""
    digest = hashlib.sha256("/".join(map(str, axes)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
