"""Difficulty calibration, written once for every signal: what would the score be had x not been trained on?

All take the target's own signal, the references' and who was in which, and nothing else: no label of the
target. Of a candidate x the *out references* are those that did not hold x, the *in references* those that did.
Signals are in log domain, larger = member.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from attacks.base import Flags, Scores
from attacks.residuals import deviation, residual_of, standardised
from attacks.student_t import log_predictive

DifficultyMethod = Callable[[Scores, Scores, Flags], Scores]
SMALLEST_SPREAD = 0.05  # added to standard deviations of log signals, as `knn_z` has it
OWN_SPREAD_FROM = 64  # references from which a candidate's own spread can be told; below, one pooled for all


@dataclass(frozen=True)
class Calibration:
    """A way to set a signal against the references'.

    method: (own [n], others [J, n], held bool [J, n]) -> float64 [n]; says: what it does to a score, for people;
    out_references, in_references: how many without and with each candidate it takes; relative: it centres or fits a
    target on that target's own candidates, so that a score hangs on how many of them were used.
    """

    method: DifficultyMethod
    says: str
    out_references: int = 1
    in_references: int = 0
    relative: bool = False

    def __call__(self, own: Scores, others: Scores, held: Flags) -> Scores:
        """The calibrated score, float64 [n]. ValueError where there are too few references."""
        reason = self.unfit(held)
        if reason is not None:
            raise ValueError(f"This calibration cannot be done: {reason}")
        return np.asarray(self.method(own, others, held), dtype=np.float64)

    def unfit(self, held: Flags) -> str | None:
        """Why these references, held bool [J, n], do not do, as a sentence; None where they do."""
        n_out, n_in = int((~held).sum(axis=0).min()), int(held.sum(axis=0).min())
        if n_out >= self.out_references and n_in >= self.in_references:
            return None
        return (
            f"its calibration takes {self.out_references} references without and {self.in_references} with each "
            f"candidate, where some candidate has {n_out} and {n_in}; plan a larger shadow.count."
        )


def check_calibration(name: str) -> None:
    """Raise ValueError, naming what there is, unless `name` is a calibration."""
    if name != "none" and name not in CALIBRATIONS:
        near = get_close_matches(name, known := ("none", *CALIBRATIONS), n=3, cutoff=0.5)
        meant = f" Did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"There is no calibration {name!r}.{meant} There are: {', '.join(known)}.")


def mean_over(values: Scores, chosen: Flags) -> Scores:
    """Mean over the references chosen for each candidate, [J, n] -> [n]; those not chosen count for nothing."""
    return np.asarray(np.where(chosen, values, 0.0).sum(axis=0) / chosen.sum(axis=0), dtype=np.float64)


def difference(own: Scores, others: Scores, held: Flags) -> Scores:
    """own - mean of the out references. Watson et al. 2022, arXiv 2111.08440, sec. 3."""
    return own - mean_over(others, ~held)


def regressed(own: Scores, others: Scores, held: Flags) -> Scores:
    """Residual of own on the mean of the out references over the target's candidates, over its standard deviation.

    Ordinary least squares with an intercept; labels play no part, and every target ends on one scale.
    """
    return residual_of(own, mean_over(others, ~held)[:, None])


def robust(own: Scores, others: Scores, held: Flags) -> Scores:
    """As `regressed`, with Huber's loss (1.35 sd), so that the few plain copies do not turn the line.

    Huber 1964, as scikit-learn's HuberRegressor; the scale is the median absolute deviation.
    """
    from sklearn.linear_model import HuberRegressor  # start-up: seconds to import

    expected = standardised(mean_over(others, ~held)[:, None])
    scale = deviation(own)
    fit = HuberRegressor(alpha=0.0, max_iter=1000).fit(expected, own / scale)
    residual = own / scale - fit.predict(expected)
    centred = residual - np.median(residual)
    scale = 1.4826 * float(np.median(np.abs(centred)))
    # Where more than half of the residuals are equal, the median deviation is 0 and says nothing.
    return np.asarray(centred / (scale if scale > 1e-9 else deviation(centred)), dtype=np.float64)


def monotone(own: Scores, others: Scores, held: Flags) -> Scores:
    """As `regressed`, with a rising step function in place of the line (isotonic regression)."""
    from sklearn.isotonic import IsotonicRegression  # start-up: seconds to import

    expected = mean_over(others, ~held)
    residual = own - IsotonicRegression(out_of_bounds="clip").fit_transform(expected, own)
    return np.asarray(residual / deviation(residual), dtype=np.float64)


def regressed_on_several(own: Scores, others: Scores, held: Flags) -> Scores:
    """As `regressed`, on mean and spread of the out references and, where there are any, the mean of in references.

    These tell how much a candidate's score rises when it is trained on. Ridge, one standard unit.
    """
    expected = mean_over(others, ~held)
    columns = [expected, np.sqrt(mean_over((others - expected) ** 2, ~held))]
    if held.any(axis=0).all():
        columns.append(mean_over(others, held))
    return residual_of(own, np.stack(columns, axis=1), ridge=1.0)


def from_the_middle(own: Scores, others: Scores, held: Flags) -> Scores:
    """own - the middle between the means of the in and of the out references, centred and over its deviation.

    Online LiRA with one variance and one rise for all candidates (the difference of two normal log densities of equal
    variance is linear in own, zero in the middle), so that in references help to tell how difficult a slice is. Where
    nobody held x, the middle lies half of the candidates' mean rise above the out references' mean.

    As `difference` it takes the target's signals to be on the references' scale: `regressed` and its kin fit one.
    """
    out, some = mean_over(others, ~held), held.any(axis=0)
    rise = np.zeros(len(own))
    if some.any():
        rise[some] = mean_over(others[:, some], held[:, some]) - out[some]
        rise[~some] = rise[some].mean()
    residual = own - (out + rise / 2)
    residual -= np.median(residual)
    return np.asarray(residual / deviation(residual), dtype=np.float64)


def z_score(own: Scores, others: Scores, held: Flags) -> Scores:
    """(own - mean of the out references) / (sd + 0.05): offline LiRA (Carlini et al. 2022, arXiv 2112.03570).

    sd is pooled over all candidates below 64 out references each.
    """
    return difference(own, others, held) / (_spread(others, ~held) + SMALLEST_SPREAD)


def likelihood_ratio(own: Scores, others: Scores, held: Flags) -> Scores:
    """log N(own; law of x where it was in) - log N(own; law where it was out): online LiRA, arXiv 2112.03570, eq. 4.

    Each law has x's own mean and, below 64 references a side, one variance pooled over all candidates.
    """
    return _log_normal(own, others, held) - _log_normal(own, others, ~held)


def likelihood_ratio_of_few(own: Scores, others: Scores, held: Flags) -> Scores:
    """As `likelihood_ratio`, each law the Student-t predictive of `attacks.student_t`: arXiv 2603.11799.

    What few references leave open of a candidate's mean and variance widens its law.
    """
    return log_predictive(own, others, held) - log_predictive(own, others, ~held)


def likelihood_ratio_of_residuals(own: Scores, others: Scores, held: Flags) -> Scores:
    """Online LiRA on regressed signals: every generator, target and reference, is first put on one scale.

    A reference is regressed on the references that are neither itself nor its complement, as the target is on
    those that are neither it nor its own.
    """
    residuals = []
    for j, row in enumerate(held):
        rest = [i for i in range(len(held)) if i != j and not np.array_equal(held[i], ~row)]
        residuals.append(regressed(others[j], others[rest], held[rest]))
    return likelihood_ratio(regressed(own, others, held), np.stack(residuals), held)


CALIBRATIONS: dict[str, Calibration] = {
    "cal": Calibration(
        difference, "less what it is for generators that did not see x (Watson et al. 2022, arXiv 2111.08440)"
    ),
    "reg": Calibration(
        regressed,
        "regressed, over the target's own candidates, on generators that did not see x; no label",
        relative=True,
    ),
    "huber": Calibration(
        robust, "as `reg`, with a loss that a few plain copies do not turn (Huber 1964)", relative=True
    ),
    "isotonic": Calibration(monotone, "as `reg`, with a rising step function in place of the line", relative=True),
    "ridge": Calibration(
        regressed_on_several,
        "regressed on mean and spread of the out references and, where x was in some, on the mean of those; no label",
        relative=True,
    ),
    "mid": Calibration(
        from_the_middle,
        "less the middle between what it is for generators that saw x and for others; no label",
        relative=True,
    ),
    "z": Calibration(
        z_score, "as `cal`, over its standard deviation: offline LiRA (arXiv 2112.03570)", out_references=2
    ),
    "lira": Calibration(
        likelihood_ratio,
        "as online LiRA has it (arXiv 2112.03570): x's law with it among the members against its law without",
        out_references=2,
        in_references=2,
    ),
    "lira_t": Calibration(
        likelihood_ratio_of_few,
        "as `lira`, with laws that allow for few references: Student-t predictives (arXiv 2603.11799)",
        in_references=1,
    ),
    "lira_reg": Calibration(
        likelihood_ratio_of_residuals,
        "as `lira`, on signals regressed first",
        out_references=2,
        in_references=2,
        relative=True,
    ),
}


def _spread(others: Scores, chosen: Flags) -> Scores:
    """Standard deviation [n] of the chosen references about each candidate's mean, pooled where they are few."""
    count = chosen.sum(axis=0)
    squares = np.where(chosen, (others - mean_over(others, chosen)) ** 2, 0.0).sum(axis=0)
    if count.min() >= OWN_SPREAD_FROM:
        return np.asarray(np.sqrt(squares / (count - 1)), dtype=np.float64)
    return np.full(len(count), np.sqrt(squares.sum() / (count - 1).sum()))


def _log_normal(own: Scores, others: Scores, chosen: Flags) -> Scores:
    sd = np.maximum(_spread(others, chosen), 1e-6)
    return -(((own - mean_over(others, chosen)) / sd) ** 2) / 2 - np.log(sd)
