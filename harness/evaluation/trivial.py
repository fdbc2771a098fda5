"""The rows that look at nothing: all used, none used, a coin. Every table has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.evaluation import metrics
from harness.evaluation.intervals import Estimate, percentiles
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.records import Record, TargetSet
from harness.seeds import rng_of

N_COINS = 2000


def trivial_records(member: Flags, target_set: TargetSet, seed: int, n_targets: int = 1) -> list[Record]:
    """Three records for member bool [n]. The coin's value is the mean of 2,000 throws; its interval holds 95 %."""
    n = len(member)
    coins = rng_of(seed, "coin").random((N_COINS, n)) < 0.5
    throws = {
        "all used": np.ones((1, n), dtype=np.bool_),
        "none used": np.zeros((1, n), dtype=np.bool_),
        "coin": coins,
    }
    records = (_record(name, decisions, member, target_set) for name, decisions in throws.items())
    return [replace(record, n_targets=n_targets) for record in records]


def _record(name: str, decisions: Flags, member: Flags, target_set: TargetSet) -> Record:
    counts = metrics.Confusion(
        *(
            cell.sum(axis=1).astype(np.float64)
            for cell in (decisions & member, decisions & ~member, ~decisions & member, ~decisions & ~member)
        )
    )

    def summary(values: Floats) -> Estimate:
        if len(values) == 1:
            return Estimate(float(values[0]))
        return Estimate(float(values.mean()), *percentiles(values))

    return Record(
        attack=name,
        via="none",
        target_set=target_set,
        access="none",
        kind="trivial",
        n_members=int(member.sum()),
        n_nonmembers=int((~member).sum()),
        f1=summary(metrics.f1(counts)),
        accuracy=summary(metrics.accuracy(counts)),
        balanced_accuracy=summary(metrics.balanced_accuracy(counts)),
        recall=summary(metrics.recall(counts)),
        specificity=summary(metrics.specificity(counts)),
        precision=summary(metrics.precision(counts)),
        kappa=summary(metrics.kappa(counts)),
        resampled="coin throws" if len(decisions) > 1 else None,
    )
