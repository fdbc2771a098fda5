"""The mean over runs, with an interval that resamples runs and patients; and paired differences on common targets.

Two levels, crossed: runs of other seeds are drawn with replacement, and so are patients, who are the same people in
every run; intervals have the law of `harness.evaluation.few_units`, runs being its pairs. Every attack stands on the
same draws. Of a single run its pairs of shadows are drawn in place of runs, as in the run's own table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.compare.metric import Judged, Metric
from harness.compare.rows import Candidates
from harness.evaluation.comparison import Comparison, paired
from harness.evaluation.few_units import N_OF_VARIANCE, Law
from harness.evaluation.intervals import (
    Estimate,
    Resamples,
    as_they_are,
    estimated,
    resample,
    spread,
)
from harness.evaluation.metrics import Floats, Weights
from harness.seeds import rng_of


class Faced(NamedTuple):
    """The targets of one seed, and by attack what it said of them; candidates: of all attacks the same."""

    candidates: Candidates
    by_attack: Mapping[str, Judged]


class Drawn(NamedTuple):
    """Values of one metric, float64 [1 + b] each: as it is, then under every resample.

    in_run: by run and attack, patients drawn, the same in all runs, `N_OF_VARIANCE` times or more; apart: patients of
    each run by themselves, [`N_OF_VARIANCE`]; alone: pairs of shadows drawn, too, by all weights of `crossed`;
    counts: how often each run is drawn, [1 + resamples, runs].
    """

    in_run: list[dict[str, Floats]]
    apart: list[dict[str, Floats]]
    alone: list[dict[str, Floats]]
    crossed: list[Resamples]
    counts: NDArray[np.float64]

    def runs_of(self, *attacks: str) -> list[int]:
        """The runs that have a value of all of these attacks."""
        return [at for at, run in enumerate(self.in_run) if all(name in run for name in attacks)]

    def law_of(self, runs: Sequence[int]) -> Law | None:
        """What the mean over these runs is drawn from."""
        return self.crossed[runs[0]].law if len(runs) == 1 else Law(len(self.counts) - 1, len(runs))

    def mean(self, of: Callable[[dict[str, Floats]], Floats], runs: Sequence[int]) -> Floats:
        """The mean over runs of what `of` makes of a run's values: as it is, then as their law takes it."""
        if len(runs) == 1:
            return of(self.alone[runs[0]])
        values, apart = (np.stack([of(some[at]) for at in runs], axis=1) for some in (self.in_run, self.apart))
        counts = self.counts[:, list(runs)]
        total = counts.sum(axis=1)
        with np.errstate(invalid="ignore"):  # 0 / 0, where none of them is drawn
            drawn = np.where(total > 0, (counts * values[: len(counts)]).sum(axis=1) / total, np.nan)
        without = (values[0].sum() - values[0]) / (len(runs) - 1)
        return np.concatenate([drawn, without, values[1 : N_OF_VARIANCE + 1].mean(axis=1), apart.mean(axis=1)])


def draw(runs: Sequence[Faced], metric: Metric, seed: int, n_resamples: int) -> Drawn:
    """Every attack's values in every run. What a run's rows allow no value of is missing there."""
    people = {name: place for place, name in enumerate(sorted({p for run in runs for p in run.candidates.patient}))}
    rng = rng_of(seed, "compare", "runs")
    drawn = rng.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), n_resamples)
    found = Drawn([], [], [], [], np.vstack([np.ones(len(runs)), drawn]))
    every = set().union(*(run.by_attack for run in runs))
    all_in_all = len(runs) > 1 and all(set(run.by_attack) == every for run in runs)
    for at, run in enumerate(runs):
        patient = np.array([people[name] for name in run.candidates.patient], np.intp)
        # All people, so that they are drawn alike in a run that some of them are not in.
        everybody = np.r_[patient, np.arange(len(people))]

        def of_patients(n: int, *name: str, everybody: NDArray[np.intp] = everybody) -> Resamples:
            return resample(np.zeros(len(everybody), np.intp), everybody, rng_of(seed, "compare", *name), n)

        crossed = resample(run.candidates.unit, patient, rng_of(seed, "compare", "alone"), n_resamples)
        found.crossed.append(crossed)
        if len(runs) > 1:
            together = of_patients(max(n_resamples, N_OF_VARIANCE), "patients")
            found.in_run.append(_values(run, metric, together))
            found.apart.append(_drawn(_values(run, metric, of_patients(N_OF_VARIANCE, "patients", str(at)))))
        # Where each attack has several runs, none is looked at by itself.
        found.alone.append(found.in_run[-1] if all_in_all else _values(run, metric, crossed))
        if len(runs) == 1:
            found.in_run.append(found.alone[-1])
    return found


def _drawn(values: dict[str, Floats]) -> dict[str, Floats]:
    return {name: some[1:] for name, some in values.items()}


def estimate(drawn: Drawn, attack: str, metric: Metric) -> Estimate:
    """The mean over the runs that have a value of it, with its interval."""
    runs = drawn.runs_of(attack)
    values = drawn.mean(lambda run: run[attack], runs)
    if not metric.has_interval:
        return Estimate(float(values[0]), note="no interval")
    return estimated({"": values[:1]}, {"": values[1:]}, drawn.law_of(runs), metric.within)[""]


def difference(drawn: Drawn, attack: str, other: str, metric: Metric) -> Comparison | None:
    """The one minus the other over the runs that have both, not corrected; None where no run has."""
    common = drawn.runs_of(attack, other)
    if not common or not metric.has_interval:
        return None
    apart = drawn.mean(lambda run: run[attack] - run[other], common)
    return paired(attack, other, metric.name, apart, drawn.law_of(common), within=metric.within)


def _values(run: Faced, metric: Metric, resamples: Resamples) -> dict[str, Floats]:
    member = run.candidates.member
    if member is None:
        return {}
    n = len(member)
    under = {
        name: metric.under(rows, member)
        for name, rows in run.by_attack.items()
        if metric.missing(rows, member) is None
    }
    if not under:
        return {}

    def of_all(weight: Weights) -> dict[str, Floats]:
        return {name: of(weight[:, :n]) for name, of in under.items()}

    plain, drawn = of_all(as_they_are(resamples)), spread(of_all, resamples)
    return {name: np.append(plain[name], drawn[name]) for name in under}
