"""What follows from a published F1: the counts of the run it was given to, where whole numbers leave one answer.

With n_used positives and P candidates called used, F1 = 2 TP / (P + n_used). An F1 cut (not rounded) to a few digits
then leaves a handful of true positives at most, and usually one.
"""

from __future__ import annotations

import re

import numpy as np

from harness.evaluation import metrics
from harness.evaluation.intervals import Estimate, percentiles
from harness.evaluation.metrics import Confusion

DIGITS = 3
_N_DRAWS = 20_000  # the ends then hardly move in the third digit
_WHOLE = 1e-6  # a rate times its count is off by a few units in the sixteenth digit


def fitting_true_positives(f1: str, called_used: int, n_candidates: int, n_used: int) -> tuple[int, ...]:
    """Every count of true positives whose F1, cut to the digits printed, is f1; ascending.

    f1: as printed, such as `0.802`; called_used: candidates the run calls used. Raises ValueError for an f1 that is
    no decimal fraction, or counts that cannot be.
    """
    if not re.fullmatch(r"[01]\.\d+", f1):
        raise ValueError(f"The F1 {f1!r} must be a decimal fraction as printed, such as 0.802.")
    if not 0 <= called_used <= n_candidates or not 0 <= n_used <= n_candidates:
        raise ValueError(
            f"{called_used} called used and {n_used} used must both lie between 0 and the {n_candidates} candidates."
        )
    digits = len(f1) - 2
    least, most = max(0, called_used + n_used - n_candidates), min(called_used, n_used)
    return tuple(
        tp for tp in range(least, most + 1) if cut_f1(counts(tp, called_used, n_candidates, n_used), digits) == f1
    )


def derived(f1: str, called_used: int | None, n_candidates: int, n_used: int) -> Confusion | None:
    """The counts that a published F1 leaves, float64 [1] each; None where none fits, several do, or P is unknown."""
    if called_used is None:
        return None
    fitting = fitting_true_positives(f1, called_used, n_candidates, n_used)
    return counts(fitting[0], called_used, n_candidates, n_used) if len(fitting) == 1 else None


def counts(tp: int, called_used: int, n_candidates: int, n_used: int) -> Confusion:
    """The four counts, float64 [1] each, of a run that calls called_used candidates used, tp of them rightly."""
    four = (tp, called_used - tp, n_used - tp, n_candidates - n_used - called_used + tp)
    return Confusion(*(np.array([count], dtype=np.float64) for count in four))


def cut_f1(of: Confusion, digits: int = DIGITS) -> str:
    """F1 as the organisers print it: cut, not rounded, in whole numbers so that no float decides a digit."""
    tp, fp, fn = (round(float(cell[0])) for cell in (of.tp, of.fp, of.fn))
    below = 2 * tp + fp + fn
    whole = 2 * tp * 10**digits // below if below else 0
    return f"{whole // 10**digits}.{whole % 10**digits:0{digits}d}"


def f1_estimate(of: Confusion, rng: np.random.Generator) -> Estimate:
    """F1 of counts [1] with its 95 % interval over resampled candidates, each drawn alone: no patient is known."""
    cells = np.concatenate(of)
    n = round(float(cells.sum()))
    drawn = rng.multinomial(n, cells / n, size=_N_DRAWS).astype(np.float64)
    return Estimate(float(metrics.f1(of)[0]), *percentiles(metrics.f1(Confusion(*drawn.T))))


def counts_of_rates(recall: float, specificity: float, n_used: int, n_not_used: int) -> Confusion:
    """The counts [1] behind two rates. Raises ValueError where the rates are none of so many candidates."""
    tp, tn = recall * n_used, specificity * n_not_used
    if abs(tp - round(tp)) > _WHOLE or abs(tn - round(tn)) > _WHOLE:
        raise ValueError(f"recall {recall} of {n_used} and specificity {specificity} of {n_not_used} are no counts.")
    return counts(round(tp), round(tp) + n_not_used - round(tn), n_used + n_not_used, n_used)
