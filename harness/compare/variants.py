"""Attacks by what they are, so that only seeds are averaged: one name with other options is another attack."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from harness.compare.rows import Said

_QUOTE = '"'
_SHORT = 8  # letters of a digest


def variant_labels(all_said: Sequence[Said]) -> list[str]:
    """A label each: that of its record, with those of its options that differ between the runs, `knn (k=5)`."""
    options = [_options(one) for one in all_said]
    by_label: dict[str, list[dict[str, str]]] = {}
    for one, told in zip(all_said, options, strict=True):
        by_label.setdefault(one.record.label, []).append(told)
    return [
        _label(one.record.label, told, by_label[one.record.label])
        for one, told in zip(all_said, options, strict=True)
    ]


def _options(one: Said) -> dict[str, str]:
    """All of its options as text: what may not be told, such as a path, by a few letters of its digest."""
    own = one.run.attack_options.get(one.record.attack)
    public = one.run.options["attack"].get(one.record.attack) or {}
    told = {}
    for name, value in own.items() if isinstance(own, Mapping) else ():
        text = json.dumps(value, sort_keys=True, default=str)
        is_told = name in public and public[name] == value
        told[str(name)] = text if is_told else hashlib.sha256(text.encode()).hexdigest()[:_SHORT]
    return told


def _label(label: str, own: dict[str, str], alike: Sequence[dict[str, str]]) -> str:
    names = dict.fromkeys(name for one in alike for name in one)
    differing = [name for name in names if len({one.get(name) for one in alike}) > 1]
    if not differing:
        return label
    values = (f"{name}={own.get(name, 'not told').strip(_QUOTE)}" for name in differing)
    return f"{label} ({', '.join(values)})"
