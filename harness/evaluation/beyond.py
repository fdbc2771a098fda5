"""What a run says above single slices, as its files have it."""

from __future__ import annotations

from dataclasses import dataclass

from harness.evaluation.intervals import Estimate


@dataclass(frozen=True)
class EpsilonBound:
    """A bound on what one generator gives away of a patient.

    epsilon: with 95 % confidence it is no smaller. right: guesses that were. guesses: how many were made.
    approximate: true, as halves are no coins.
    """

    epsilon: float
    right: int
    guesses: int
    approximate: bool = True


@dataclass(frozen=True)
class SetLevel:
    """p-values, one a shadow: whether its members, as a set, are nearer to a release than its non-members.

    None where a shadow has too few patients on either side. own: to its own release, by the discrepancy of pixels;
    wrong: to that of another pair, where they must be uniform; by_scores: by the mean score of the attack that the
    declared rule picks on the other pairs, None where it cannot. All are empty where nobody can be called.
    """

    own: list[float | None]
    wrong: list[float | None]
    by_scores: list[float | None] | None


@dataclass(frozen=True)
class Beyond:
    """What is told above single slices.

    fraction_used: of the test's candidates, None where the chosen attack decides nothing; empirical_epsilon: by
    the surest guesses about patients of the attack that the declared rule picks on the other pairs, None where it
    cannot; set_level: of the first shadows.
    """

    fraction_used: Estimate | None
    empirical_epsilon: EpsilonBound | None
    set_level: SetLevel
