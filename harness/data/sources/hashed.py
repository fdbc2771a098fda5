"""Patients as salted hashes, where ids are needed for one thing: which slices are of the same one."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from harness.data.sources.patients import spelling

_DIGITS = 12


def hashed_patients(names: Sequence[str | None], salt: str) -> tuple[str | None, ...]:
    """A short name for each, None where nobody is named; ids of one spelling are one patient's.

    salt: what whoever sees the hashes cannot guess, such as a digest of the slices themselves: with it one could try
    every name of a list.
    """
    known: dict[str, str] = {}
    for name in names:
        if name is not None and name not in known:
            digest = hmac.new(salt.encode(), spelling(name).encode(), hashlib.sha256).hexdigest()
            known[name] = f"patient_{digest[:_DIGITS]}"
    return tuple(None if name is None else known[name] for name in names)
