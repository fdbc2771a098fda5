"""What was said of the same generators, by setting: the least access and the most seeds first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from harness.compare.compared import By
from harness.compare.metric import Metric
from harness.compare.rows import Said
from harness.compare.same_seeds import not_shared, of_equal_seeds
from harness.compare.settings import SETTINGS, Setting, labels, setting_of
from harness.compare.variants import variant_labels
from harness.evaluation.records import TargetSet
from harness.report.table import by_access


class Asked(NamedTuple):
    """What was asked for: what a row is, by which figure, on which targets; seed: of the bootstrap."""

    by: By
    metric: Metric
    on: TargetSet
    seed: int


class Held(NamedTuple):
    """All that is known of a setting and of attacks that met the same generators there.

    seeds: by the generators that were faced, of each attack what it said there; apart: None for the first group of a
    setting, else why its attacks are not ranked with those.
    """

    setting: Setting
    label: str
    seeds: list[dict[str, Said]]
    apart: str | None = None


def held_of(everything: Sequence[Said], metric: Metric) -> tuple[list[Held], int]:
    """By setting and seeds met, the least access and the most seeds first; and how many rows another run has, too."""
    seeds: dict[Setting, dict[tuple[str, ...], dict[str, Said]]] = {}
    twice = 0
    for one, label in zip(everything, variant_labels(everything), strict=True):
        there = seeds.setdefault(setting_of(one, metric), {}).setdefault(one.drawn, {})
        twice += label in there
        there.setdefault(label, one)
    named = labels(list(seeds), SETTINGS)
    order = sorted(seeds, key=lambda one: (by_access(one.access), -len(seeds[one]), _numbered(named[one])))
    held = []
    for setting in order:
        first, *others = of_equal_seeds(list(seeds[setting].values()))
        held.append(Held(setting, named[setting], first))
        held += [Held(setting, named[setting], group, not_shared(group, first)) for group in others]
    return held, twice


def _numbered(label: str) -> list[tuple[int, str]]:
    """What sorts `steps=90` before `steps=100`."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", label)]
