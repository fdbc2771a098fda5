"""Controls: what must be at chance. Where one is not, no number of the report is to be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.data.splits import random_half
from harness.evaluation.few_units import LEVEL
from harness.evaluation.intervals import Estimate, percentiles
from harness.evaluation.metrics import Flags
from harness.evaluation.predictions import Predictions
from harness.evaluation.records import Record
from harness.evaluation.remembered import remembered

CHANCE = 0.5
FALSE_ALARM = 0.01  # chance that a sound report is marked, over all its controls together
N_SHUFFLES = 200
_ROUNDING = 1e-9


def redrawn_labels(rows: Predictions, rng: np.random.Generator, n: int = N_SHUFFLES) -> Flags:
    """Labels that mean nothing, bool [n, rows]: halves by patient, complementary within a pair, as shadows are.

    Drawn once, they serve every attack on the same rows. Raises ValueError where two targets of a pair hold
    different candidates.
    """
    labels = np.empty((n, len(rows.target)), np.bool_)
    for unit in np.unique(rows.unit):
        targets = [rows.target == t for t in np.unique(rows.target[rows.unit == unit])]
        patients = rows.patient[targets[0]]
        if any(not np.array_equal(rows.patient[at], patients) for at in targets):
            raise ValueError(f"The shadows of pair {unit} hold different candidates; complements hold the same.")
        halves = np.stack([random_half([str(p) for p in patients], rng) for _ in range(n)])
        for turn, at in enumerate(targets):
            labels[:, at] = halves if turn % 2 == 0 else ~halves
    return labels


@remembered(Estimate)
def shuffled_labels(rows: Predictions, labels: Flags) -> Estimate:
    """AUC of an attack's scores under labels [b, n] from `redrawn_labels`: the mean, and where 95 % of them lie.

    By ranks: U = sum of the members' ranks - P (P + 1) / 2 (Mann and Whitney 1947), another way than the ROC.
    """
    from scipy.stats import rankdata  # start-up: only a run that got this far pays for scipy

    n_in = labels.sum(axis=1)
    u = labels.astype(np.float64) @ rankdata(rows.score) - n_in * (n_in + 1) / 2
    aucs = u / (n_in * (labels.shape[1] - n_in))
    return Estimate(float(aucs.mean()), *percentiles(aucs))


def verdict(records: Sequence[Record]) -> list[str]:
    """A sentence for every control whose AUC is not at chance; none where all is well.

    The 95 % interval of each is widened as a normal law's, for as many controls as there are (Bonferroni): by
    chance about one sound report of a hundred is marked, whether it holds 1 control or 40. Percentile intervals
    are not exactly normal: on complementary pairs they err to the wide side and it is fewer, on a single release
    of 70 candidates it is about three. Tests count false alarms, and leaks found.
    """
    from scipy.special import ndtri  # start-up: scipy.stats takes half a second to import

    measured = [
        r
        for r in records
        if r.kind == "control" and r.auc is not None and r.auc.value is not None and not mirrored(r)
    ]
    if not measured:
        return []
    # A control that is constant by design cannot fire by chance, and must not blunt those that can.
    n_random = max(1, sum(_width(record) > _ROUNDING for record in measured))
    wider = float(ndtri(FALSE_ALARM / n_random / 2) / ndtri((1 - LEVEL) / 2))
    return [sentence for record in measured if (sentence := _outside(record, wider)) is not None]


def mirrored(record: Record) -> bool:
    """Whether a control is not judged: of two pairs each is the other's wrong target, or its teacher.

    That is one draw, without an interval to speak of.
    """
    return record.control in ("wrong_target", "member_only") and 0 < record.n_targets <= 4


def _width(record: Record) -> float:
    auc = record.auc
    return 0.0 if auc is None or auc.low is None or auc.high is None else auc.high - auc.low


def _outside(record: Record, wider: float) -> str | None:
    auc = record.auc
    assert auc is not None
    assert auc.value is not None
    value = auc.value
    low = max(0.0, value - wider * (value - (value if auc.low is None else auc.low)))
    high = min(1.0, value + wider * ((value if auc.high is None else auc.high) - value))
    if low - _ROUNDING <= CHANCE <= high + _ROUNDING:
        return None
    return (
        f"The control {record.attack} ({record.target_set}) has an AUC of {value:.3f}, and an interval, "
        f"widened for the number of controls, of [{low:.3f}, {high:.3f}] that leaves out {CHANCE}: what it looks at "
        "has no part in who was used, and still tells. No number of this report is to be trusted."
    )
