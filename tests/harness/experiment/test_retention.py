"""What surrogates keep, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import TINY_PHANTOM

from attacks.loss import DenoisingLoss
from attacks.registry import find_attacks
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.experiment.attack_scores import AttackScores
from harness.experiment.evaluator import Evaluation
from harness.experiment.retention import Retention, surrogate_evidence
from harness.planning.make import make_plan
from harness.planning.planned_attack import PlannedAttack
from harness.planning.work import work_list
from harness.store import Store


class Executor:
    """As much of one as is asked here: the scores of each attack on two shadows."""

    def __init__(self, scores: dict[str, list[list[float]]]) -> None:
        self._scores = scores

    def attack_shadows(self, attacks):
        return {
            one.label: AttackScores([np.array(of) for of in self._scores[one.label]], 0.0, 0, None) for one in attacks
        }


@pytest.fixture
def evidence(tmp_path):
    """`evidence({label: AUC})` of attacks on models, and on surrogates where the label says so."""
    settings = composed([*TINY_PHANTOM, f"store.root={tmp_path}"])
    plan = make_plan(settings, load_pool(settings.data, Store(tmp_path)))
    # Of four candidates one pair trades places: Spearman 1 - 6 * 2 / (4 * 15) = 0.8; in reverse -1.
    executor = Executor({"loss@surrogate": [[1, 2, 3, 4], [1, 2, 3, 4]], "knn": [[10, 20, 70, 30], [4, 3, 2, 1]]})

    def call(aucs: dict[str, float | None], scores: dict[str, list[list[float]]] | None = None):
        named, judged = [], {}
        for label, auc in aucs.items():
            name, _, surrogate = label.partition("@")
            one = PlannedAttack(find_attacks().by_name[name](), plan, bool(surrogate))
            record = Record(name, one.via, "shadow", "", auc=None if auc is None else Estimate(auc))
            named.append(one)
            judged[one.label] = Evaluation(record, SimpleNamespace())
        work = work_list(replace(settings, use_surrogates=True, attacks={"loss": DenoisingLoss()}), plan)
        evidence = work.evidence if any(one.surrogate for one in named) else []
        asked = executor if scores is None else Executor(scores)
        return surrogate_evidence(asked, replace(work, attacks=named, evidence=evidence), judged)

    return call


def test_what_is_kept_is_counted_from_chance(evidence):
    found = evidence({"loss": 0.9, "loss@surrogate": 0.6, "pia": 0.8, "pia@surrogate": 0.74, "knn": 0.7})
    assert [row.attack for row in found.rows] == ["pia", "loss"], "the best via a surrogate first; knn asks none"
    assert found.rows[1] == Retention("loss", 0.9, 0.6, pytest.approx(0.25))
    assert found.rows[0].kept == pytest.approx(0.8)


def test_what_nothing_was_given_away_of_is_kept_in_no_proportion(evidence):
    (row,) = evidence({"loss": 0.5, "loss@surrogate": 0.6}).rows
    assert row.kept is None


@pytest.mark.filterwarnings("ignore:An input array is constant")
def test_a_score_that_is_one_for_all_follows_nothing(evidence):
    scores = {"loss@surrogate": [[1, 2, 3, 4]] * 2, "knn": [[1, 2, 3, 4], [5, 5, 5, 5]]}
    assert evidence({"loss": 0.9, "loss@surrogate": 0.6}, scores).follows_distance is None


def test_a_surrogate_below_chance_keeps_less_than_nothing(evidence):
    (row,) = evidence({"loss": 0.75, "loss@surrogate": 0.45}).rows
    assert row.kept == pytest.approx(-0.2)


def test_what_was_tried_one_way_only_has_no_row(evidence):
    assert evidence({"loss": None, "loss@surrogate": 0.6}).rows == []
    assert evidence({"loss": 0.6, "knn": 0.7}) is None


def test_how_far_the_loss_follows_the_nearest_distance_is_a_mean_over_shadows(evidence):
    assert evidence({"loss": 0.9, "loss@surrogate": 0.6}).follows_distance == pytest.approx((0.8 - 1) / 2)
