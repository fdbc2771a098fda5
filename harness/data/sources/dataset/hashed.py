"""Patients as salted hashes, where ids are needed for one thing: which slices are of the same one."""

from __future__ import annotations

from collections.abc import Sequence

from harness.data.pseudonyms import Salt
from harness.data.sources.patients import spelling


def hashed_patients(names: Sequence[str | None], salt: Salt) -> tuple[str | None, ...]:
    """A short name for each, None where nobody is named; ids of one spelling are one patient's."""
    known = {name: f"patient_{salt.name('patient', spelling(name))}" for name in {*names} if name is not None}
    return tuple(None if name is None else known[name] for name in names)
