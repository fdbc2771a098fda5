"""What is said above slices of many attacks: each pair by the one that the others pick, and the views meant."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from attacks.knn import NearestNeighbour
from harness.data.splits import paired_halves
from harness.evaluation import oracle
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.experiment import beyond_slices as module
from harness.experiment.attack_scores import AttackScores
from harness.experiment.beyond_slices import beyond_slices
from harness.experiment.evaluator import Evaluator
from harness.jobs.code_digest import _sources

N, COUNT = 40, 6


def rival(label):
    """As much of a planned attack as is asked here."""
    return SimpleNamespace(label=label, attack=NearestNeighbour(), via="release", access=NearestNeighbour().needs)


def told(scores, held, *, decision="probability", monkeypatch, nobody=False, rule="highest_auc", views=None):
    """What lies above slices, of attacks by label: score [shadows, n]; a patient a slice."""
    places = np.arange(N)
    shadows = [
        SimpleNamespace(candidates=places, member=row, target=SimpleNamespace(view=f"view {number}"))
        for number, row in enumerate(held)
    ]
    names = [f"p{place:03d}" for place in places]
    pool = SimpleNamespace(patient_ids=names, people=names, patient=places)
    evaluator = Evaluator(pool, shadows, decision, 0)

    def nearer(store, spec, patient, faced, seed):
        if views is not None:
            views.append((spec.target.view, faced))
        return 0.5

    monkeypatch.setattr(module, "_nearer", nearer)
    monkeypatch.setattr(oracle, "_CHOICE_RESAMPLES", 2)
    scored = {label: AttackScores(list(rows), 0.0, 0, None) for label, rows in scores.items()}
    rivals = [rival(label) for label in scores]
    evaluated = {one.label: evaluator.on_shadows(one, scored[one.label]) for one in rivals}
    beyond, records = beyond_slices(
        SimpleNamespace(store=None), evaluator, rivals[:1], scored, evaluated,
        rivals=rivals, rule=rule, chosen=rivals[0], test=None, nobody=nobody,
    )  # fmt: skip
    return beyond, records


@pytest.fixture
def unmeasured(monkeypatch):
    """Nobody looks at the rows' figures here."""
    monkeypatch.setattr("harness.experiment.evaluator.measure", lambda *args, **named: {})
    monkeypatch.setattr("harness.experiment.evaluator._record", record)


def record(planned, target_set, scored):
    """A row of an attack that is none of those registered."""
    del scored
    return Record(planned.label, planned.via, target_set, "release")


def null(seed, n_rivals):
    rng = np.random.default_rng(seed)
    held = paired_halves([str(one) for one in range(N)], COUNT, seed)
    return {f"it{one}": rng.normal(size=(COUNT, N)) for one in range(n_rivals)}, held


def test_under_the_null_the_best_of_ten_rivals_is_no_evidence(unmeasured, monkeypatch):
    """Chosen on all pairs, by the labels that are then tested, 0.16 of these p-values were 0.05 or less."""
    found = [told(*null(seed, 10), monkeypatch=monkeypatch)[0] for seed in range(30)]
    p_values = np.array([one.set_level.by_scores for one in found])
    assert np.mean(p_values <= 0.05) <= 0.10
    assert sum(one.empirical_epsilon.epsilon > 0 for one in found) <= 4


def test_a_pair_is_judged_by_what_the_others_pick(unmeasured, monkeypatch):
    """Of the first pair `lucky` knows everything and `steady` the contrary; others know `steady` as better."""
    held = paired_halves([str(one) for one in range(N)], COUNT, 0)
    rng = np.random.default_rng(0)
    steady = 4.0 * held + rng.normal(size=held.shape)
    lucky = steady.copy()
    for row in lucky:  # the ends, which are guessed, stay
        middle = np.argsort(row)[8:-8]
        row[middle] = rng.permutation(row[middle])
    lucky[:2] += 100.0 * held[:2]
    steady[:2] -= 100.0 * held[:2]
    alone, _ = told({"lucky": lucky}, held, monkeypatch=monkeypatch)
    assert max(alone.set_level.by_scores[:2]) <= 0.01
    assert (alone.empirical_epsilon.right, alone.empirical_epsilon.guesses) == (12, 12)
    both, _ = told({"lucky": lucky, "steady": steady}, held, monkeypatch=monkeypatch)
    assert min(both.set_level.by_scores[:2]) >= 0.99
    assert (both.empirical_epsilon.right, both.empirical_epsilon.guesses) == (8, 12)


def test_few_pairs_and_several_rivals_say_nothing(unmeasured, monkeypatch):
    scores, held = null(0, 2)
    beyond, _ = told({name: rows[:4] for name, rows in scores.items()}, held[:4], monkeypatch=monkeypatch)
    assert (beyond.empirical_epsilon, beyond.set_level.by_scores) == (None, None)


def test_sets_are_asked_of_their_own_release_and_of_another_pairs(unmeasured, monkeypatch):
    views = []
    told(*null(0, 1), monkeypatch=monkeypatch, views=views)
    assert [(asked[5:], faced[5:]) for asked, faced in views] == [
        ("0", "0"), ("0", "2"), ("1", "1"), ("1", "3"), ("2", "2"), ("2", "4"), ("3", "3"), ("3", "5")
    ]  # fmt: skip


def test_where_nobody_can_be_called_nothing_is_found(unmeasured, monkeypatch):
    beyond, records = told(*null(0, 1), monkeypatch=monkeypatch, nobody=True)
    assert (beyond.fraction_used, beyond.empirical_epsilon) == (None, None)
    assert beyond.set_level == module.SetLevel([], [], None)
    assert len(records) == 1


def test_patients_are_called_by_the_declared_rule(monkeypatch):
    """A score that tells nothing: `probability` calls nobody, `top_half` a half."""
    scores, held = null(0, 1)
    monkeypatch.setattr("harness.experiment.evaluator._record", record)
    (row,) = told(scores, held, decision="top_half", monkeypatch=monkeypatch)[1]
    called = row.recall.value * row.n_members + (1 - row.specificity.value) * row.n_nonmembers
    assert called == COUNT * N / 2
    (without,) = told(scores, held, decision="real_real_max", monkeypatch=monkeypatch)[1]
    assert isinstance(without.f1, Estimate)
    assert without.f1.value is None


def test_a_kept_p_value_hangs_on_all_code_that_makes_it():
    files = {path.name for path in _sources("harness.evaluation.set_level")}
    assert {"set_level.py", "distances.py", "differences.py"} <= files


def test_a_kept_p_value_has_that_code_in_its_key(monkeypatch):
    monkeypatch.setattr(module, "candidates_key", lambda view: "candidates")
    spec = SimpleNamespace(target=SimpleNamespace(view=None), member=np.arange(4) < 2)
    keys = []

    def get(kind, key, make):
        keys.append(key)
        return SimpleNamespace(facts={"p": 0.5})

    for digest in ("one", "one", "another"):
        monkeypatch.setattr(module, "code_digest", {"harness.evaluation.set_level": digest}.__getitem__)
        module._nearer(SimpleNamespace(get=get), spec, np.arange(4), SimpleNamespace(release="release"), 0)
    assert keys[0] == keys[1] != keys[2]
