"""Which settings are of the same people: those of one set of slices, however large or grey these are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.compare.rows import Candidates
from harness.compare.settings import Setting

# Of one folder they make other pools: another picture of the same slices, or others of the same patients.
_OF_PICTURES = frozenset({"data.size", "data.window", "data.per_patient", "data.slices"})
_Key = tuple[frozenset[str], tuple[tuple[str, str], ...]]


def of_whom(faced: Mapping[Setting, Candidates | None]) -> dict[Setting, str]:
    """For each setting a name of its people, the digest of a pool: equal ones are not independent.

    Pools of equal patients count as one where nothing but what is taken of them, and how it is shown, differs in the
    options of their data. Where these do not differ, equal names of patients are those of other people.
    """
    shown: dict[_Key, dict[tuple[tuple[str, str], ...], set[str]]] = {}
    keys: dict[Setting, _Key] = {}
    for setting, candidates in faced.items():
        if candidates is not None:
            people, pictures = _data(setting.options)
            keys[setting] = frozenset(candidates.patient), people
            shown.setdefault(keys[setting], {}).setdefault(pictures, set()).add(setting.pool)
    found = {}
    for setting in faced:
        pools = list(shown[keys[setting]].values()) if setting in keys else []
        alike = pools and all(len(one) == 1 for one in pools)
        found[setting] = min(min(one) for one in pools) if alike else setting.pool
    return found


def _data(options: Sequence[tuple[str, str]]) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """What the options say of the data: whose they are, and what is shown of them."""
    said = [one for one in options if one[0].startswith("data.")]
    pictures = tuple(one for one in said if one[0] in _OF_PICTURES)
    return tuple(one for one in said if one not in pictures), pictures
