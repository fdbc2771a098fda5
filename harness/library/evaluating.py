"""`evaluate`: what scores reach against the truth, each figure with an interval over patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.errors import InputError, unknown_name
from harness.evaluation.estimate_text import counted, estimate_text
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.library.attacking import ScoreTable
from harness.library.images import flags, numbers
from harness.library.shown import axes_of, frame_html, told_html
from harness.plain import plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from harness.evaluation.probability_calibration import ScoredTarget

UNCALIBRATED = "top_half"
_METRICS = (
    "auc", "f1", "accuracy", "balanced_accuracy", "recall", "specificity", "precision", "kappa", "brier", "log_loss",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class MetricTable:
    """What attacks reach: records as `results.json` has them, one an attack, in the order given.

    scores: those that were measured, by attack, float64 [n]; member: bool [n]; decision: the rule's name.
    """

    records: tuple[Record, ...]
    scores: Mapping[str, NDArray[np.float64]]
    member: NDArray[np.bool_]
    decision: str

    def __getitem__(self, name: str) -> Record:
        """The record of one attack. KeyError, with the names that there are, where it has none."""
        found = {one.attack: one for one in self.records}
        if name not in found:
            raise KeyError(unknown_name("attack here", name, found))
        return found[name]

    def __repr__(self) -> str:
        n_members = int(self.member.sum())
        of = f"{counted(len(self.records), 'attack')} on {counted(n_members, 'member')} and "
        of += counted(len(self.member) - n_members, "non-member")
        told = {one.attack: one.auc for one in self.records if one.auc is not None and one.auc.value is not None}
        if not told:
            return f"<MetricTable of {of}>"
        best = max(told, key=lambda name: told[name].value or 0.0)
        return f"<MetricTable of {of}; the largest AUC {estimate_text(told[best])} by {plain(best)}>"

    def to_pandas(self) -> pd.DataFrame:
        """A row an attack; each metric in a column, the ends of its 95 % interval in `METRIC_low` and `METRIC_high`.

        What cannot be had from so few slices, or without shadows, is NaN.
        """
        import pandas as pd  # start-up: a second

        return pd.DataFrame([_row(one) for one in self.records]).set_index("attack")

    def plot(self, ax: Axes | None = None) -> Axes:
        """ROC curves on logarithmic axes, as the report of a run draws them: steps, nothing between two points."""
        from harness.evaluation.metrics import step_roc

        axes = axes_of(ax)
        least = 0.5 / max(int((~self.member).sum()), 1)  # half a false alarm: the left edge stands for none
        for one in self.records:
            roc = step_roc(self.scores[one.attack], self.member, np.ones((1, len(self.member))))
            auc = "" if one.auc is None or one.auc.value is None else f" {one.auc.value:.3f}"
            fpr, tpr = np.maximum(roc.fpr[0], least), np.maximum(roc.tpr[0], least)
            axes.plot(fpr, tpr, drawstyle="steps-post", label=f"{one.attack}{auc}")
        axes.plot([least, 1.0], [least, 1.0], color="0.7", linestyle="--", label="guessing")
        axes.set(xscale="log", yscale="log", xlim=(least, 1.08), ylim=(least, 1.08), box_aspect=1)
        ticks = [tick for tick in (0.001, 0.01, 0.1, 1.0) if tick >= least]
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
            axis.set_ticks([], minor=True)
        axes.set(xlabel="unused slices accused (FPR)", ylabel="used slices found (TPR)")
        axes.legend(frameon=False, title="AUC")
        return axes

    def _repr_html_(self) -> str:
        import pandas as pd  # start-up: a second

        from harness.report.table import COLUMNS, cells

        rows = {one.attack: dict(zip(COLUMNS[2:-1], cells(one)[2:-1], strict=True)) for one in self.records}
        frame = pd.DataFrame.from_dict(rows, orient="index")
        n = f"{int(self.member.sum())} members and {int((~self.member).sum())} non-members"
        told = f"{n}; 95 % intervals resample {self.records[0].resampled}; decisions by {self.decision}."
        return frame_html(frame.loc[:, (frame != "").any()]) + told_html([told, "to_pandas() has every metric."])


def evaluate(
    scores: ScoreTable | Mapping[str, ArrayLike] | pd.DataFrame | ArrayLike,
    labels: ArrayLike,
    patients: Sequence[object] | NDArray[Any] | None = None,
    *,
    shadows: Sequence[tuple[ScoreTable | Mapping[str, ArrayLike] | ArrayLike, ArrayLike]] = (),
    decision: str | ArrayLike | None = None,
    seed: int = 0,
) -> MetricTable:
    """AUC, TPR at 10, 1 and 0.1 % FPR, F1, accuracy and their kin, each with a 95 % interval.

    scores: what `attack` gave, its `to_pandas()`, or by attack [n], or of one [n]; larger = more likely a member.
    labels: who was trained on, bool [n] or 0 and 1. patients: whose each slice is, [n]; slices of one patient are
    resampled together. Without, each counts as a patient, and intervals are too narrow where that is not so.

    shadows: (scores, labels) of generators of your own, which teach what a score means; Brier score, log loss and
    calibration error are told with them alone. decision: a rule by name (see docs/options.md), or decisions of your
    own, bool [n], for all attacks; left out, `probability` with shadows and `top_half` without, the only rule
    that asks nobody. seed: of the resamples.

    Raises InputError, in a sentence, where lengths or names do not agree, or one class is missing.
    """
    told = _by_attack(scores, "scores")
    n = len(next(iter(told.values())))
    member = flags(labels, n, "labels")
    if member.all() or not member.any():
        raise InputError(f"labels must hold members and non-members; of {n} slices {int(member.sum())} are members.")
    patient = numbers(patients, n, "patients")
    taught = [(_by_attack(one, "the scores of a shadow"), who) for one, who in shadows]
    rule = decision if isinstance(decision, str) else "probability" if taught else UNCALIBRATED
    own = None if decision is None or isinstance(decision, str) else flags(decision, n, "decision")
    _check_rule(rule, bool(taught))
    records = []
    for name, score in told.items():
        if taught:
            fields = _calibrated(score, member, patient, _taught(name, taught), rule=rule, own=own, seed=seed)
        else:
            fields = _uncalibrated(score, member, patient, own, seed)
        records.append(Record(name, "none", "test", "none", **fields))
    return MetricTable(tuple(records), told, member, rule if own is None else "the caller")


def _uncalibrated(
    score: NDArray[np.float64],
    member: NDArray[np.bool_],
    patient: NDArray[np.intp],
    own: NDArray[np.bool_] | None,
    seed: int,
) -> dict[str, Any]:
    from harness.evaluation.decision_rules import top_half_of
    from harness.evaluation.measure import measure_scores

    return measure_scores(score, member, patient, seed, top_half_of(score) if own is None else own)


def _taught(name: str, shadows: Sequence[tuple[Mapping[str, NDArray[np.float64]], ArrayLike]]) -> list[ScoredTarget]:
    """What each shadow's labels say of one attack's scores."""
    from harness.evaluation.probability_calibration import ScoredTarget

    known = []
    for pair, (scores, who) in enumerate(shadows):
        if name not in scores:
            raise InputError(f"A shadow has no scores of {name}; it has {', '.join(scores)}.")
        known.append(ScoredTarget(scores[name], flags(who, len(scores[name]), "a shadow's labels"), pair))
    return known


def _calibrated(
    score: NDArray[np.float64],
    member: NDArray[np.bool_],
    patient: NDArray[np.intp],
    known: Sequence[ScoredTarget],
    *,
    rule: str,
    own: NDArray[np.bool_] | None,
    seed: int,
) -> dict[str, Any]:
    from harness.evaluation.decision_rules import DECISIONS
    from harness.evaluation.measure import measure
    from harness.evaluation.predictions import predict
    from harness.evaluation.probability_calibration import fit_calibrator

    try:
        calibrator = fit_calibrator(known)
    except ValueError as error:
        raise InputError(str(error)) from error
    predictions = predict([score], [calibrator], [patient], DECISIONS[rule])
    return measure(predictions if own is None else replace(predictions, decision=own), member, seed)


def _check_rule(rule: str, has_shadows: bool) -> None:
    from harness.evaluation.decision_rules import DECISIONS

    if rule not in DECISIONS:
        raise InputError(unknown_name("decision rule", rule, DECISIONS))
    if not has_shadows and rule != UNCALIBRATED:
        raise InputError(
            f"decision={rule!r} takes what shadows teach; give shadows=[(scores, labels), ...], or {UNCALIBRATED!r}."
        )


def _by_attack(given: Any, called: str) -> dict[str, NDArray[np.float64]]:
    """Scores by attack, float64 [n] each, all of one length and finite."""
    several = given.scores if isinstance(given, ScoreTable) else given
    if hasattr(several, "columns"):  # a data frame, without waiting for pandas
        several = dict(several.items())
    if not isinstance(several, Mapping):
        several = {"scores": several}
    if not several:
        raise InputError(f"{called}: there are none; give those of one attack or more.")
    found = {str(name): _numbers(one, f"{called} of {name}") for name, one in several.items()}
    shape = next(iter(found.values())).shape
    for name, one in found.items():
        if one.ndim != 1 or one.shape != shape or not one.size:
            wanted = f"{shape[0]} numbers" if len(shape) == 1 and shape[0] else "one number a candidate"
            raise InputError(f"{called} of {name} must be {wanted}; they are {list(one.shape)}.")
        if n := int((~np.isfinite(one)).sum()):
            raise InputError(
                f"{called} of {name} must be finite numbers; {n} of {len(one)} are not (NaN or infinite)."
            )
    return found


def _numbers(given: Any, called: str) -> NDArray[np.float64]:
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{called} must be numbers, one a candidate.") from error


def _estimates(record: Record) -> dict[str, Estimate | None]:
    rates = {f"tpr_at_fpr_{fpr}": one for fpr, one in (record.tpr_at_fpr or {}).items()}
    others = {name: getattr(record, name) for name in _METRICS[1:]}
    return {"auc": record.auc, **rates, **others}


def _row(record: Record) -> dict[str, object]:
    row: dict[str, object] = {"attack": record.attack}
    for name, one in _estimates(record).items():
        for end in ("value", "low", "high"):
            value = None if one is None else getattr(one, end)
            row[name if end == "value" else f"{name}_{end}"] = np.nan if value is None else value
    return row | {"n_members": record.n_members, "n_nonmembers": record.n_nonmembers}
