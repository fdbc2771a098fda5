"""Means over seeds: of what scikit-learn says, on draws of runs and patients that all attacks share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

from harness.compare.metric import NAMES, Judged, metric_called
from harness.compare.over_runs import Faced, difference, draw, estimate
from harness.compare.rows import Candidates
from harness.errors import InputError
from harness.evaluation.intervals import DIFFERENCE, estimates, resample
from harness.seeds import rng_of

N = 40
AUC = metric_called("auc")


def faced(seed: int, strengths: dict[str, float], n: int = N) -> Faced:
    """Two pairs of shadows."""
    rng = np.random.default_rng(seed)
    halves = [rng.permutation(n) < n // 2 for _ in range(2)]
    member = np.concatenate([side for half in halves for side in (half, ~half)])
    patient = [str(at) for at in range(n)] * 4
    by_attack = {}
    for name, strength in strengths.items():
        score = rng.normal(size=4 * n) + strength * member
        by_attack[name] = Judged(score, 1 / (1 + np.exp(-score)), score > 0.5)
    return Faced(Candidates("", patient, np.repeat([0, 0, 1, 1], n), member), by_attack)


RUNS = [faced(seed, {"good": 1.5, "weak": 0.3}) for seed in range(6)]


def test_the_mean_is_that_of_the_runs_own_values():
    drawn = draw(RUNS, AUC, 0, 300)
    own = [roc_auc_score(run.candidates.member, run.by_attack["good"].score) for run in RUNS]
    found = estimate(drawn, "good", AUC)
    assert found.value == pytest.approx(np.mean(own))
    assert found.low < found.value < found.high
    one = difference(drawn, "good", "weak", AUC)
    weak = [roc_auc_score(run.candidates.member, run.by_attack["weak"].score) for run in RUNS]
    assert one.difference.value == pytest.approx(np.mean(own) - np.mean(weak))
    assert one.p_value < 0.001
    assert one.difference.low > 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("brier", lambda run: brier_score_loss(run.candidates.member, run.by_attack["good"].probability)),
        ("f1", lambda run: f1_score(run.candidates.member, run.by_attack["good"].decision)),
    ],
)
def test_probabilities_and_decisions(name, value):
    metric = metric_called(name)
    assert estimate(draw(RUNS, metric, 0, 20), "good", metric).value == pytest.approx(np.mean([*map(value, RUNS)]))


def test_more_runs_narrow_the_interval_and_runs_that_differ_widen_it():
    def width(runs):
        found = estimate(draw(runs, AUC, 0, 400), "good", AUC)
        return found.high - found.low

    alike = [RUNS[0]] * 6
    differing = [faced(seed, {"good": strength}) for seed, strength in enumerate([0.0, 3.0] * 3)]
    assert width(RUNS) < width(RUNS[:1])
    assert width(differing) > 2 * width(alike)


def test_patients_are_drawn_together_in_all_runs():
    """The same rows in every run: that there are several adds nothing, and the interval is that of the patients."""
    drawn = draw([RUNS[0]] * 4, AUC, 0, 400)
    first = drawn.alike[0]["good"]
    assert all(np.array_equal(first, run["good"]) for run in drawn.alike)
    assert np.ptp(first[1:]) > 0
    found = estimate(drawn, "good", AUC)
    assert found.high - found.low == pytest.approx(2 * 1.96 * first[1:].std(ddof=1), rel=0.1)


class Weighed(NamedTuple):
    """In place of a metric: how often each row is drawn."""

    seen: list[np.ndarray]

    def missing(self, rows, member):
        return None

    def under(self, rows, member):
        def of(weight):
            self.seen.append(np.asarray(weight).copy())
            return weight.sum(axis=1).astype(float)

        return of


def test_people_are_drawn_alike_in_a_run_that_some_are_not_in():
    """Everybody is drawn from everybody, or a run's patients would be others than those of the runs beside it."""
    whole = faced(0, {"a": 1.0})
    kept = np.array([int(name) < N // 2 for name in whole.candidates.patient])
    some = whole.candidates._replace(
        patient=[name for name in whole.candidates.patient if int(name) < N // 2],
        unit=whole.candidates.unit[kept],
        member=whole.candidates.member[kept],
    )
    part = Faced(some, {"a": Judged(*(column[kept] for column in whole.by_attack["a"]))})
    metric = Weighed([])
    values = draw([part, whole], metric, 0, 40).alike
    assert len(values) == 2
    shapes = {one.shape[1] for one in metric.seen}
    assert shapes == {len(whole.candidates.patient), int(kept.sum())}
    of_part, of_whole = (
        np.vstack([one for one in metric.seen if one.shape[1] == n]) for n in (int(kept.sum()), len(kept))
    )
    assert len(of_part) == len(of_whole)
    together = 1 + 20  # then each run's patients are drawn by themselves
    assert np.array_equal(of_part[:together], of_whole[:together, kept])
    assert not np.array_equal(of_part, of_whole[:, kept])


def test_a_run_alone_has_the_interval_of_its_own_table():
    """And of a difference the law is that of the difference, not of the two it is made of."""
    run = RUNS[0]
    _, patient = np.unique(run.candidates.patient, return_inverse=True)
    resamples = resample(run.candidates.unit, patient, rng_of(0, "compare", "alone"), 200)
    own = {name: AUC.under(rows, run.candidates.member) for name, rows in run.by_attack.items()}
    alone = estimates(lambda weight: {name: of(weight) for name, of in own.items()}, resamples)
    apart = {
        name: own["good"](weight) - own["weak"](weight)
        for name, weight in (("value", np.ones((1, 4 * N))), ("drawn", np.concatenate([*resamples.chunks(500)])))
    }
    drawn = draw([run], AUC, 0, 200)
    assert estimate(drawn, "good", AUC) == alone["good"]
    found = difference(drawn, "good", "weak", AUC)
    chance = resamples.law.chance(apart["value"][0], apart["drawn"], compared=True)
    assert chance.degrees == 2, "two pairs"
    assert (found.difference.low, found.difference.high) == chance.interval(apart["value"][0], DIFFERENCE)
    assert found.p_value == chance.p_value(apart["value"][0])


def test_a_run_whose_neighbour_has_no_value_has_the_interval_of_its_own_table():
    """Its pairs are drawn, as if it were alone."""
    metric = metric_called("f1")
    undecided = {name: one._replace(decision=None) for name, one in RUNS[1].by_attack.items()}
    beside = draw([RUNS[0], RUNS[1]._replace(by_attack=undecided)], metric, 0, 200)
    assert estimate(beside, "good", metric) == estimate(draw([RUNS[0]], metric, 0, 200), "good", metric)


@pytest.mark.parametrize("n_runs", [3, 5])
def test_few_runs_that_differ_seldom_say_what_is_not_so(n_runs):
    """Two attacks that are alike over all generators: resamples of three runs told them apart every fourth time."""
    found = 0
    for draw_of in range(100):
        rng = np.random.default_rng(draw_of)
        runs = [faced(1_000 * draw_of + at, {"a": 1 + rng.normal(), "b": 1 + rng.normal()}) for at in range(n_runs)]
        found += difference(draw(runs, AUC, 0, 400), "a", "b", AUC).p_value < 0.05
    assert found <= 11  # three deviations above five


def test_attacks_of_other_runs_meet_on_common_ones():
    some = [RUNS[0], RUNS[1], Faced(RUNS[2].candidates, {"good": RUNS[2].by_attack["good"]})]
    drawn = draw(some, AUC, 0, 50)
    assert (drawn.runs_of("good"), drawn.runs_of("good", "weak")) == ([0, 1, 2], [0, 1])
    only = [Faced(RUNS[0].candidates, {"a": RUNS[0].by_attack["good"]}), RUNS[1]]
    assert difference(draw(only, AUC, 0, 50), "a", "good", AUC) is None


def test_rates_that_so_few_cannot_tell_and_names_that_are_none():
    fine = metric_called("tpr@0.001")
    rows, member = RUNS[0].by_attack["good"], RUNS[0].candidates.member
    assert fine.missing(rows, member) == "n too small"
    assert metric_called("TPR@0.05").missing(rows, member) is None
    assert metric_called("tpr@0.05").shown == "TPR@5 %"
    assert metric_called("f1").missing(rows._replace(decision=None), member) == "no decision"
    assert AUC.missing(rows, np.ones_like(member)) == "one class alone"
    assert not estimate(draw(RUNS, metric_called("ece"), 0, 5), "good", metric_called("ece")).low
    assert [metric_called(name).name for name in NAMES] == list(NAMES)
    for wrong in ("acc", "tpr@", "tpr@2", "tpr@0.0"):
        with pytest.raises(InputError, match="There is no metric"):
            metric_called(wrong)
