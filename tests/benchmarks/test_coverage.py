"""The simulation of intervals: its truth is that of what it draws, and pairs help where generators differ."""

from __future__ import annotations

import argparse

import numpy as np
import pytest

from benchmarks.power.coverage import World, covered, measure
from harness.evaluation.metrics import Ranking


@pytest.mark.parametrize("differ", [0.0, 0.05])
def test_the_truth_is_the_mean_of_what_is_drawn(differ):
    world = World(2_000, 40, differ)
    drawn = world.drawn(np.random.default_rng(0))
    roc = Ranking.of(drawn.score, drawn.member).roc(np.ones((1, len(drawn.score))))
    assert roc.auc()[0] == pytest.approx(world.truth["AUC"], abs=0.02)
    assert roc.tpr_at(0.1)[0] == pytest.approx(world.truth["TPR at 0.1"], abs=0.03)


def test_generators_differ_by_what_was_asked():
    world = World(4_000, 60, 0.05)
    drawn = world.drawn(np.random.default_rng(0))
    aucs = []
    for pair in range(world.pairs):
        at = drawn.pair == pair
        aucs.append(Ranking.of(drawn.score[at], drawn.member[at]).roc(np.ones((1, int(at.sum())))).auc()[0])
    assert np.std(aucs) == pytest.approx(0.05, abs=0.015)


def test_complements_share_a_pair_and_patients_are_the_same_everywhere():
    drawn = World(10, 3, 0.0).drawn(np.random.default_rng(0))
    member, patient = drawn.member.reshape(3, 2, 10), drawn.patient.reshape(6, 10)
    assert (member[:, 0] == ~member[:, 1]).all()
    assert (patient == np.arange(10)).all()
    assert (drawn.pair.reshape(3, 20) == np.arange(3)[:, None]).all()
    alone = World(10, 1, 0.0, alone=True).drawn(np.random.default_rng(0))
    assert len(alone.score) == 10


def test_one_pair_alone_knows_nothing_of_other_generators():
    few, many = (covered(World(70, pairs, 0.08), 60, 200)["AUC"] for pairs in (1, 8))
    assert few.held < 45
    assert many.held > few.held


def test_what_is_asked_begins_at_two_pairs():
    options = argparse.Namespace(pairs=[1, 2], differ=[0.0], patients=20, simulated=5, resamples=50)
    rows = [row for row in measure(options) if row.unit == "coverage"]
    assert [row.reach for row in rows] == [None, None, None, None, 0.93, 0.93]
    assert "one target alone" in rows[0].name
