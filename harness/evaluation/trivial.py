"""The rows that look at nothing: all used, none used, a coin. Every table has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.evaluation import metrics
from harness.evaluation.intervals import MANY, Estimate, percentiles
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.records import Record, TargetSet
from harness.seeds import rng_of

N_COINS = 2000


def trivial_records(member: Flags, target_set: TargetSet, seed: int, n_targets: int = 1) -> list[Record]:
    """Three records for member bool [n]. The coin's value is the mean of 2,000 throws; its interval holds 95 %."""
    n = len(member)
    n_members = int(member.sum())
    # How many members and how many others each throw calls used: [throws, 2].
    called = {
        "all used": np.array([[n_members, n - n_members]]),
        "none used": np.zeros((1, 2)),
        "coin": _coins(member, rng_of(seed, "coin")),
    }
    records = (_record(name, of, member, target_set) for name, of in called.items())
    return [replace(record, n_targets=n_targets) for record in records]


def _coins(member: Flags, rng: np.random.Generator) -> Floats:
    """Of each throw, how many members and how many others are called used, float64 [throws, 2]."""
    n_members, n = int(member.sum()), len(member)
    if N_COINS * n > MANY:  # the same law without a number for each candidate
        return rng.binomial([n_members, n - n_members], 0.5, (N_COINS, 2)).astype(np.float64)
    throws = (rng.random(n) < 0.5 for _ in range(N_COINS))
    return np.array([(np.count_nonzero(used & member), np.count_nonzero(used & ~member)) for used in throws], float)


def _record(name: str, called: Floats, member: Flags, target_set: TargetSet) -> Record:
    tp, fp = called.astype(np.float64).T
    n_members = int(member.sum())
    counts = metrics.Confusion(tp, fp, n_members - tp, len(member) - n_members - fp)

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
        resampled="coin throws" if len(called) > 1 else None,
    )
