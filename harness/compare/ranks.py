"""Mean ranks over settings: Friedman's test, and which attacks Nemenyi's critical difference tells apart.

Demšar 2006, Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7. A setting is what he calls a data
set; seeds of one setting are no settings of their own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

LEVEL = 0.05
_FEWEST_LOOSE, _ATTACKS_LOOSE = 10, 5  # "as a rule of thumb, N > 10 and k > 5" (Demšar 2006, sec. 3.2.2)


class Friedman(NamedTuple):
    """Whether attacks rank alike at all: the statistic, corrected for ties, and its p-value by chi-square."""

    statistic: float
    p_value: float


class MeanRanks(NamedTuple):
    """Attacks that all stand in the same settings, by their mean rank, the best first; 1 is the best.

    access: what the attacker holds; friedman: None where no outcome could be significant, and where all settings are
    of one set of slices; critical_difference: of two mean ranks (Nemenyi); alike: runs of attacks of which no two
    differ by as much; left_out: attacks that miss a setting; notes: what the figures are worth, in sentences;
    counted: what the test counts, "4 settings", or sets of slices where several settings are of one.
    """

    access: str
    settings: list[str]
    ranks: dict[str, float]
    friedman: Friedman | None
    critical_difference: float | None
    alike: list[list[str]]
    left_out: list[str]
    notes: list[str]
    counted: str


def mean_ranks(
    access: str,
    values: Mapping[str, Mapping[str, float]],
    people: Mapping[str, str],
    *,
    larger_is_better: bool,
) -> MeanRanks | None:
    """Of values by setting and attack; None for fewer than two settings or two attacks in all of them.

    people: by setting a name of those whose slices they are. Settings of the same people count as one, with their
    mean ranks: the test takes what it counts as independent.
    """
    everybody = dict.fromkeys(attack for one in values.values() for attack in one)
    held = [attack for attack in everybody if all(attack in one for one in values.values())]
    if len(values) < 2 or len(held) < 2:
        return None
    from scipy.stats import rankdata  # start-up: half a second

    table = np.array([[one[attack] for attack in held] for one in values.values()])
    ranked = rankdata(-table if larger_is_better else table, axis=1)
    ranked = _once(ranked, [people[setting] for setting in values])
    pools = len(ranked)
    means = dict(sorted(zip(held, ranked.mean(axis=0).tolist(), strict=True), key=lambda one: (one[1], one[0])))
    notes = _worth(len(values), len(held), pools)
    possible = smallest_p(pools, len(held)) <= LEVEL and len(held) > 2 and pools > 1
    distance = critical_difference(pools, len(held)) if possible else None
    return MeanRanks(
        access,
        list(values),
        means,
        _friedman(ranked) if possible else None,
        distance,
        [] if distance is None else _alike(means, distance),
        [attack for attack in everybody if attack not in held],
        notes,
        _counted(len(values), pools),
    )


def critical_difference(n_settings: int, n_attacks: int, level: float = LEVEL) -> float:
    """How far two mean ranks must lie apart (Nemenyi): q sqrt(k (k + 1) / 6 N), q a studentized range / sqrt 2."""
    from scipy.stats import studentized_range

    q = float(studentized_range.ppf(1 - level, n_attacks, np.inf)) / math.sqrt(2)
    return q * math.sqrt(n_attacks * (n_attacks + 1) / (6 * n_settings))


def smallest_p(n_settings: int, n_attacks: int) -> float:
    """Friedman's p-value where every setting ranks the attacks alike, which is as small as it can be."""
    from scipy.stats import chi2

    return float(chi2.sf(n_settings * (n_attacks - 1), n_attacks - 1))


def _once(ranked: np.ndarray, people: Sequence[str]) -> np.ndarray:
    """Ranks [settings, attacks] -> the mean of each people's settings, [people, attacks]."""
    return np.array(
        [
            ranked[[at for at, whose in enumerate(people) if whose == one]].mean(axis=0)
            for one in dict.fromkeys(people)
        ]
    )


def _friedman(table: np.ndarray) -> Friedman:
    from scipy.stats import friedmanchisquare

    if np.ptp(table, axis=1).max() == 0:
        return Friedman(0.0, 1.0)  # nothing but ties
    found = friedmanchisquare(*table.T)
    return Friedman(float(found.statistic), float(found.pvalue))


def _alike(means: Mapping[str, float], distance: float) -> list[list[str]]:
    """The longest stretches, two attacks or more, within a critical difference; none that lies in another."""
    names, ranks = list(means), np.array(list(means.values()))
    found: list[list[str]] = []
    reached = 0
    for at in range(len(names)):
        end = int(np.searchsorted(ranks, ranks[at] + distance, side="left"))
        if end > reached and end - at > 1:
            found.append(names[at:end])
            reached = end
    return found


def _counted(n_settings: int, pools: int) -> str:
    return f"{n_settings} settings" if pools == n_settings else f"{pools} sets of slices"


def _worth(n_settings: int, n_attacks: int, pools: int) -> list[str]:
    if pools == 1:
        return [
            f"The {n_settings} settings are all of one set of slices, so there is no Friedman's test and no critical "
            "difference: both take settings as independent, and these share their patients. The mean ranks describe "
            "these settings and no others."
        ]
    notes = []
    told = f"{_counted(n_settings, pools)} and {n_attacks} attacks"
    if n_attacks == 2:
        notes.append("Friedman's test compares three attacks or more; of two, the paired test above says it.")
    elif smallest_p(pools, n_attacks) > LEVEL:
        notes.append(
            f"{told} are too few for Friedman's test: even where each of them ranked them alike, p would be "
            f"{smallest_p(pools, n_attacks):.2f}. The mean ranks describe these settings and no others."
        )
    else:
        if pools <= _FEWEST_LOOSE or n_attacks <= _ATTACKS_LOOSE:
            notes.append(
                f"{told}: the chi-square behind Friedman's p is rough; more than {_FEWEST_LOOSE} and more than "
                f"{_ATTACKS_LOOSE} are what it wants (Demšar 2006)."
            )
        if critical_difference(pools, n_attacks) >= n_attacks - 1:
            notes.append("The critical difference is as wide as all ranks: no two attacks could be told apart.")
    if pools < n_settings:
        notes.append(
            f"The {n_settings} settings are of {pools} sets of slices, and settings that share patients are not "
            "independent: each set counts once, with its mean ranks."
        )
    return notes


def ranks_within(values: Sequence[float | None], *, larger_is_better: bool) -> list[float | None]:
    """The rank of each value, 1 the best, equal ones the mean of theirs; None for what has none."""
    from scipy.stats import rankdata

    held = [one for one in values if one is not None]
    ranks = iter(rankdata([-one if larger_is_better else one for one in held]).tolist() if held else [])
    return [None if one is None else next(ranks) for one in values]
