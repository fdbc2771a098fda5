"""Attacks of one setting by the generators that they met: only those that met the same ones are ranked together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.compare.rows import Said

Seeds = list[dict[str, Said]]
"""By the generators that were faced, of each attack what it said there."""


def of_equal_seeds(seeds: Sequence[Mapping[str, Said]]) -> list[Seeds]:
    """The attacks of each set of seeds, with those alone; the most seeds first, then the most attacks."""
    met: dict[str, list[int]] = {}
    for at, seed in enumerate(seeds):
        for attack in seed:
            met.setdefault(attack, []).append(at)
    groups: dict[tuple[int, ...], list[str]] = {}
    for attack, places in met.items():
        groups.setdefault(tuple(places), []).append(attack)
    order = sorted(groups, key=lambda places: (-len(places), -len(groups[places]), places))
    return [[{attack: seeds[at][attack] for attack in groups[places]} for at in places] for places in order]


def not_shared(seeds: Seeds, first: Seeds) -> str:
    """Why the one group is not ranked with the other, a clause."""
    one, other = seed_numbers(seeds), seed_numbers(first)
    met = f"its attacks met the generators of seed{'s' if len(seeds) > 1 else ''} {one}"
    return f"{met}, others than those of the table above" if one == other else f"{met}, not of {other}"


def seed_numbers(seeds: Sequence[Mapping[str, Said]]) -> str:
    """The seeds of runs, `0, 1`; one that nobody tells is `not told`."""
    numbers = [next(iter(seed.values())).run.seed for seed in seeds]
    return ", ".join("not told" if one is None else str(one) for one in numbers)
