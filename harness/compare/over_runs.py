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
from harness.evaluation.few_units import Law
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
    """Values of one metric by run and attack, float64 each: first as it is.

    alike: then with patients drawn, the same in all runs, [1 + n_drawn]; apart: with those of each run by themselves,
    [n_drawn]; alone: under all weights of `crossed`, which draw its pairs of shadows, too, [1 + weights].
    """

    alike: list[dict[str, Floats]]
    apart: list[dict[str, Floats]]
    alone: list[dict[str, Floats]]
    crossed: list[Resamples]
    n_drawn: int

    def runs_of(self, *attacks: str) -> list[int]:
        """The runs that have a value of all of these attacks."""
        return [at for at, run in enumerate(self.alone) if all(name in run for name in attacks)]

    def law_of(self, runs: Sequence[int]) -> Law | None:
        """What the mean over these runs follows."""
        return self.crossed[runs[0]].law if len(runs) == 1 else Law((1 / len(runs),) * len(runs), self.n_drawn)

    def mean(self, of: Callable[[dict[str, Floats]], Floats], runs: Sequence[int]) -> Floats:
        """The mean over runs of what `of` makes of a run's values: as it is, then as its law takes it."""
        if len(runs) == 1:
            return of(self.alone[runs[0]])
        alike, apart = (np.stack([of(some[at]) for at in runs]) for some in (self.alike, self.apart))
        without = (alike[:, 0].sum() - alike[:, 0]) / (len(runs) - 1)
        return np.concatenate([alike[:, :1].mean(axis=0), without, alike[:, 1:].mean(axis=0), apart.mean(axis=0)])


def draw(runs: Sequence[Faced], metric: Metric, seed: int, n_resamples: int) -> Drawn:
    """Every attack's values in every run. What a run's rows allow no value of is missing there."""
    people = {name: place for place, name in enumerate(sorted({p for run in runs for p in run.candidates.patient}))}
    found = Drawn([], [], [], [], n_resamples // 2)
    for at, run in enumerate(runs):
        patient = np.array([people[name] for name in run.candidates.patient], np.intp)
        # All people, so that they are drawn alike in a run that some of them are not in.
        everybody = np.r_[patient, np.arange(len(people))]

        def of_patients(*name: str, run: Faced = run, everybody: NDArray[np.intp] = everybody) -> dict[str, Floats]:
            rng = rng_of(seed, "compare", *name)
            return _values(run, metric, resample(np.zeros(len(everybody), np.intp), everybody, rng, found.n_drawn))

        if len(runs) > 1:
            found.alike.append(of_patients("patients"))
            found.apart.append({name: one[1:] for name, one in of_patients("patients", str(at)).items()})
        found.crossed.append(resample(run.candidates.unit, patient, rng_of(seed, "compare", "alone"), n_resamples))
    # Where each attack has several runs, none is looked at by itself.
    if len(runs) > 1 and all(one.keys() == found.alike[0].keys() for one in found.alike):
        return found._replace(alone=found.alike)
    alone = [_values(run, metric, crossed) for run, crossed in zip(runs, found.crossed, strict=True)]
    return found._replace(alone=alone)


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
