"""How many of a release's candidates were used, without saying which.

Tong et al. 2025, "How much of my dataset did you use? Quantitative data usage inference in machine learning" (DUCI).
It leans on rates that do not hang on the fraction itself: see `why_untold`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.evaluation.decision_rules import FIXED
from harness.evaluation.few_units import LEVEL
from harness.evaluation.intervals import Estimate, percentiles, resample, spread
from harness.evaluation.metrics import Flags, Floats, Weights
from harness.evaluation.remembered import remembered
from harness.seeds import rng_of

_APART = 0.02  # of true and false positive rate, below which decisions say nothing about a fraction


def why_untold(attack: str, relative: bool, rule: str) -> str | None:
    """Why decisions say nothing of a fraction, as a note; None where they do.

    Shadows' rates are those at one half. Where scores (`attacks.base.Attack.relative`) or the threshold are set by
    the judged candidates together, they move with the fraction, and one half would be found whatever the truth.
    """
    if relative:
        return (
            f"no fixed scale: {attack} sets every score against those of the other candidates, so that its rates "
            "hang on the fraction used"
        )
    if rule not in FIXED:
        return (
            f"no fixed threshold: the rule {rule} takes its own from the judged candidates, so that its rates need "
            f"not be the shadows'; rules with a fixed one are {', '.join(sorted(FIXED))}"
        )
    return None


@remembered(Estimate)
def fraction_used(
    called: Flags,
    patient: NDArray[np.intp],
    *,
    decision: Flags,
    member: Flags,
    unit: NDArray[np.intp],
    target: NDArray[np.intp],
    patient_of_shadows: NDArray[np.intp],
    seed: int,
) -> Estimate:
    """(mean of called - FPR) / (TPR - FPR), from 0 to 1, with its 95 % interval.

    called [n]: who is called used of a release; patient [n]: theirs; decision, member, unit, target,
    patient_of_shadows: the same rule's decisions on held-out shadows, which give both rates. Resampled are pairs of
    shadows and patients for the rates, and patients for the release, which is one generator more: its rates lie
    about the mean as far as single shadows' do. Where the rates do not differ there is no number.
    """
    rates = resample(unit, patient_of_shadows, rng_of(seed, "fraction used", "rates")).plain
    here = resample(np.zeros(len(called), np.intp), patient, rng_of(seed, "fraction used", "release"))

    def of_shadows(weight: Weights) -> dict[str, Floats]:
        return {name: _share(weight, decision, among) for name, among in (("true", member), ("false", ~member))}

    def of_release(weight: Weights) -> dict[str, Floats]:
        return {"called": _share(weight, called, np.ones(len(called), np.bool_))}

    value = _fraction(**of_shadows(np.ones((1, len(member)))), **of_release(np.ones((1, len(called)))))
    if np.isnan(value[0]):
        return Estimate(None, note="true and false positive rate do not differ")
    known = spread(of_shadows, rates)
    true, false = _of_one_more(
        np.stack([known["true"], known["false"]]),
        _between(decision, member, target, patient_of_shadows),
        len(np.unique(target)),
        rng_of(seed, "fraction used", "generators"),
    )
    drawn = _fraction(true, false, **spread(of_release, here))
    if np.isnan(drawn).mean() > (1 - LEVEL) / 2:
        return Estimate(float(value[0]), 0.0, 1.0)
    return Estimate(float(value[0]), *percentiles(drawn[~np.isnan(drawn)]))


def _between(decision: Flags, member: Flags, target: NDArray[np.intp], patient: NDArray[np.intp]) -> Floats:
    """Covariance [2, 2] of generators' true and false positive rates, less what drawing patients gives by itself."""
    shares, within = [], []
    for one in np.unique(target):
        sides = [(target == one) & side for side in (member, ~member)]
        shares.append([decision[at].mean() for at in sides])
        within.append([_of_mean(decision[at], patient[at]) for at in sides])
    return np.cov(np.array(shares).T) - np.diag(np.mean(within, axis=0))


def _of_mean(values: Flags, patient: NDArray[np.intp]) -> float:
    """The variance of the mean of values [n] whose patients were drawn, each with all of theirs."""
    numbers, place = np.unique(patient, return_inverse=True)
    sums = np.bincount(place, values - values.mean(), len(numbers))
    return float((sums**2).sum() / len(values) ** 2)


def _of_one_more(means: Floats, between: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Rates [2, b] of a generator that was not among those n whose mean rates may be means [2, b].

    Normal about the mean, with Student's heavier tails, for n generators tell little of how far they spread.
    """
    values, axes = np.linalg.eigh(between)
    root = axes * np.sqrt(np.maximum(values, 0.0))
    tails = np.sqrt((n - 1) / rng.chisquare(n - 1, means.shape[1]))
    return np.asarray(np.clip(means + root @ rng.normal(size=means.shape) * tails, 0.0, 1.0), dtype=np.float64)


def _share(weight: Weights, called: Flags, among: Flags) -> Floats:
    """The weighted share of those called among some, [b, n] -> [b]; NaN where there are none."""
    with np.errstate(invalid="ignore"):
        return np.asarray((weight @ (called & among)) / (weight @ among), dtype=np.float64)


def _fraction(true: Floats, false: Floats, called: Floats) -> Floats:
    """NaN where the rates are not apart."""
    apart = np.where(true - false > _APART, true - false, np.nan)
    return np.asarray(np.clip((called - false) / apart, 0.0, 1.0), dtype=np.float64)
