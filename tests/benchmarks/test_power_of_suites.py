"""What is measured on runs of suites: choice, unknown proportions and thresholds, each on scores made to measure."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from bare_runs import write_bare_run

from benchmarks.power import proportions, shadows
from benchmarks.power.choice import ALL_USED, KNN_HALF, choose
from benchmarks.power.choice import measure as measure_choice
from benchmarks.power.proportions import FINDERS, Rates, corrected, curve, left
from benchmarks.power.shadows import auc, gained
from benchmarks.power.shadows import judged as judged_first
from benchmarks.power.thresholds import KNOWN, NOMINAL, judged
from benchmarks.power.thresholds.means import MEANS, Known
from benchmarks.power.thresholds.worlds import without
from benchmarks.suite import scores
from benchmarks.suite.definition import load_suite
from benchmarks.suite.pooled import _units
from benchmarks.suite.scores import TaskScores, read_scores
from harness.errors import InputError
from harness.evaluation.decision_rules import proportion
from harness.evaluation.metrics import Flags
from harness.evaluation.probability_calibration import ScoredTarget, fit_calibrator
from harness.evaluation.records import SCORE_COLUMNS

N, PAIRS = 40, 4


def halves(rng: np.random.Generator, n: int = N) -> list[Flags]:
    made = [rng.permutation(n) < n // 2 for _ in range(PAIRS)]
    return [side for half in made for side in (half, ~half)]


def scored(rng: np.random.Generator, members: list[Flags], shift: float, level: float = 0.0) -> list[ScoredTarget]:
    return [
        ScoredTarget(level + rng.standard_normal(len(m)) + shift * m, m, number // 2)
        for number, m in enumerate(members)
    ]


def task(shifts: dict[str, float], n: int = N) -> TaskScores:
    rng = np.random.default_rng(0)
    members = halves(rng, n)
    by_attack = {name: scored(rng, members, shift) for name, shift in shifts.items()}
    return TaskScores("pair", "weak", "weak", by_attack, [np.arange(n)] * len(members))


def test_what_more_shadows_buy_is_told_on_the_first_eight_of_them_alone():
    few, many = (task({"knn": shift}) for shift in (0.5, 2.0))
    more = many._replace(by_attack={"knn": [*many.by_attack["knn"], ScoredTarget(np.zeros(N), few.member[:N], 4)]})
    gain = gained(judged_first(few, "knn"), judged_first(more, "knn"))
    assert gain.value == pytest.approx(auc(judged_first(many, "knn")) - auc(judged_first(few, "knn")))
    assert 0.1 < gain.low < gain.value < gain.high
    nothing = gained(judged_first(few, "knn"), judged_first(few, "knn"))
    assert (nothing.low, nothing.value, nothing.high) == (0, 0, 0)


def test_other_candidates_are_not_compared():
    one, other = task({"knn": 1.0}), task({"knn": 1.0}, n=N + 2)
    with pytest.raises(ValueError, match="judged other candidates"):
        gained(judged_first(one, "knn"), judged_first(other, "knn"))


@pytest.mark.parametrize("counts", [[8], [8, 8], [6, 8], [8, 9]])
def test_numbers_of_shadows_that_tell_nothing_are_refused(counts):
    options = shadows.BENCHMARK.filled_in({"counts": counts}, "usual")
    with pytest.raises(InputError, match="--counts must be two or more even numbers from 8 on"):
        shadows.measure(options)


def test_the_number_of_shadows_is_said_in_one_place():
    options = shadows.BENCHMARK.filled_in({"override": ["shadow.count=16"]}, "usual")
    with pytest.raises(InputError, match="leave it away"):
        shadows.measure(options)
    assert not any(word.startswith("shadow.count") for word in shadows.BENCHMARK.quick["override"])


def test_the_best_attack_is_chosen_without_the_judged_pair_and_beats_knn():
    (found,) = choose(task({"knn": 0.2, "good": 3.0, "noise": 0.0}), ["best_calibrated"]).values()
    assert found.picks == ["good"] * 2 * PAIRS
    assert np.array_equal(found.auc, found.on_task)
    assert (found.on_target >= found.auc).all()
    assert found.f1["the choice by probability"].mean() > found.f1[KNN_HALF].mean()
    assert found.f1[ALL_USED] == pytest.approx(np.full(2 * PAIRS, 2 / 3))
    assert found.accuracy[ALL_USED] == pytest.approx(np.full(2 * PAIRS, 0.5))


def test_labels_of_the_judged_pair_pick_nothing():
    """An attack that is right on one pair alone is picked for the others, never for that one by its own labels."""
    made = task({"knn": 0.0, "once": 0.0})
    for one in made.by_attack["once"][:2]:
        one.score[:] = 10.0 * one.member
    (found,) = choose(made, ["highest_auc"]).values()
    rest = {
        **made.by_attack,
        "once": [one._replace(score=-one.score) if t < 2 else one for t, one in enumerate(made.by_attack["once"])],
    }
    (turned,) = choose(made._replace(by_attack=rest), ["highest_auc"]).values()
    assert found.picks[:2] == turned.picks[:2]
    assert set(found.picks[2:]) == {"once"}


def test_a_choice_needs_plain_knn():
    with pytest.raises(InputError, match="no plain knn"):
        choose(task({"good": 1.0}), ["best_calibrated"])


def write_scores(folder, suite_name, task_name, made):
    """A run of a task of a suite, with the scores of attacks and of what is none."""
    suite = load_suite(suite_name)
    (folder / "run").mkdir(parents=True)
    pool = suite.pools[suite.tasks[task_name].pool].digest
    (folder / "suite.json").write_text(json.dumps({**suite.about_task(task_name), "pool": pool}))
    of = {"via": "release", "target_set": "shadow", "skipped": None}
    of["access"] = "release"
    records = [{**of, "attack": name, "kind": "attack"} for name in made.by_attack]
    records += [
        {**of, "attack": "blind", "kind": "control"},
        {**of, "attack": "knn", "kind": "attack", "target_set": "test"},
    ]
    lines = [",".join(SCORE_COLUMNS)]
    for name, targets in [*made.by_attack.items(), ("blind", made.by_attack["knn"])]:
        for t, one in enumerate(targets):
            lines += [
                f"shadow-{t},id{i},p{i:02d},{name},{float(score)!r},0.5,0,{int(m)}"
                for i, (score, m) in enumerate(zip(one.score, one.member, strict=True))
            ]
    lines += [f"test,id{i},p{i:02d},knn,9.0,0.5,0," for i in range(N)]
    (folder / "run" / "scores.csv").write_text("\n".join(lines) + "\n")
    write_bare_run(folder / "run", records)


@pytest.fixture
def runs(tmp_path):
    """A run of a task of the small suite, with the scores of two attacks and of what is none."""
    made = task({"knn": 0.5, "ssim": 2.0})
    write_scores(tmp_path / "dct-weak", "phantom-64-mini", "dct-weak", made)
    return tmp_path, made


def test_scores_are_read_back_as_they_were_written(runs):
    folder, made = runs
    (found,) = read_scores([folder], ["weak"])
    assert (found.suite, found.task, found.level) == ("phantom-64-mini", "dct-weak", "weak")
    assert list(found.by_attack) == ["knn", "ssim"]
    for name, targets in found.by_attack.items():
        for one, wanted in zip(targets, made.by_attack[name], strict=True):
            assert np.array_equal(one.score, wanted.score)
            assert np.array_equal(one.member, wanted.member)
            assert one.pair == wanted.pair
    assert all(np.array_equal(one, np.arange(N)) for one in found.patients)
    assert len(found.member) == 2 * PAIRS * N


def test_runs_of_something_else_are_refused(runs, tmp_path):
    folder, _ = runs
    with pytest.raises(InputError, match="No run of a suite at strong"):
        read_scores([folder], ["strong"])
    with pytest.raises(InputError, match="once more"):
        scores.tasks_run([folder, folder])
    about = folder / "dct-weak" / "suite.json"
    about.write_text(about.read_text().replace('"version": 1', '"version": 0'))
    with pytest.raises(InputError, match="as it was"):
        read_scores([folder], ["weak"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="No run of a suite lies"):
        scores.tasks_run([tmp_path / "empty"])


def test_choice_judges_its_decisions_and_only_tells_the_others(runs):
    folder, _ = runs
    options = argparse.Namespace(runs=[folder], levels=["faint", "weak"], rules=["best_calibrated", "highest_auc"])
    rows = {row.name: row for row in measure_choice(options)}
    cost = rows["weak: best_calibrated: AUC less than that of the task's best attack"]
    assert (cost.value, cost.detail["targets"], cost.detail["attacks"]) == (0.0, 2 * PAIRS, 2)
    asked = [row for row in rows.values() if row.reach is not None]
    assert len(asked) == 4
    assert all("by probability" in row.name for row in asked)
    assert sum(name.startswith("weak: highest_auc") for name in rows) == 1
    picked = rows[f"weak: best_calibrated: {2 * PAIRS} targets, 2 attacks: picks ssim, more often than others"]
    assert picked.value == 1.0


def test_a_choice_is_judged_in_each_family_by_itself(runs):
    """Their tasks may have one pool: the same patients, who are no further ones."""
    folder, _ = runs
    write_scores(folder / "other", "phantom-64", "latent-weak-a", task({"knn": 2.0, "ssim": 0.5}))
    options = argparse.Namespace(runs=[folder], levels=["faint", "weak"], rules=["best_calibrated"])
    rows = {row.name: row.value for row in measure_choice(options)}
    start, end = "weak: best_calibrated: ", f"{2 * PAIRS} targets, 2 attacks: picks"
    assert rows[f"dct, {start}{end} ssim, more often than others"] == 1.0
    assert rows[f"latent, {start}{end} knn, more often than others"] == 1.0
    assert not any(name.startswith(("weak", "all")) for name in rows)


@pytest.mark.parametrize("share", proportions.PROPORTIONS)
def test_so_many_are_left_out_that_the_share_is_met(share):
    member = np.arange(200) < 100
    stay = left(member, share, np.random.default_rng(0))
    assert member[stay].mean() == pytest.approx(share, abs=0.01)
    assert max((stay & side).sum() for side in (member, ~member)) == 100


def test_finders_find_the_share_and_a_correction_is_that_of_the_rule():
    rng = np.random.default_rng(1)
    made = task({"knn": 2.5}, n=400).by_attack["knn"]
    calibrator = fit_calibrator(made[2:])
    member = rng.random(2_000) < 0.2
    probability = calibrator.probability(rng.standard_normal(2_000) + 2.5 * member)
    called = [
        (calibrator.probability(one.score) > 0.5)[one.member == side].mean() for one in made for side in (True, False)
    ]
    rates = Rates(float(np.mean(called[::2])), float(np.mean(called[1::2])))
    found = {name: finder(probability, calibrator, rates, 0.2) for name, finder in FINDERS.items()}
    for name in ("em_prior", "counting", "posterior mean", "told"):
        assert found[name] == pytest.approx(0.2, abs=0.03)
    assert found["em_prior"] == proportion(probability, calibrator.prior)
    assert found["as taught at one half"] == pytest.approx(0.5)
    assert corrected(probability, 0.5, 0.5) == pytest.approx(probability)
    assert corrected(np.array([0.5]), 0.5, 0.2) == pytest.approx([0.2])


def test_where_nothing_is_told_the_posterior_stays_in_the_middle():
    calibrator = fit_calibrator(task({"knn": 0.0}).by_attack["knn"])
    flat = np.full(50, calibrator.prior)
    assert FINDERS["posterior mean"](flat, calibrator, Rates(0.5, 0.5), 0.1) == pytest.approx(0.5, abs=0.01)
    assert FINDERS["counting"](flat, calibrator, Rates(0.5, 0.5), 0.1) == calibrator.prior


def test_a_told_share_mends_the_calibration():
    found = curve(task({"knn": 2.0}, n=200), "knn", 0.1, draws=3)
    ece = {name: np.mean([one.ece for one in some]) for name, some in found.items()}
    assert ece["told"] < ece["as taught at one half"] / 2
    assert ece["em_prior"] < ece["as taught at one half"] / 2
    assert all(one.off == 0.0 for one in found["told"])


def test_scores_set_against_other_candidates_meet_no_proportion(runs):
    folder, _ = runs
    options = argparse.Namespace(runs=[folder], levels=["weak"], scored_by=["knn_ridge"], draws=1)
    with pytest.raises(InputError, match="knn_ridge sets scores against"):
        proportions.measure(options)


def two_recipes(level: float) -> dict[str, list[ScoredTarget]]:
    rng = np.random.default_rng(2)
    members = halves(rng, 600)
    return {"own": scored(rng, members, 2.0), "other": scored(rng, members, 2.0, level)}


def test_every_means_holds_before_its_own_recipe():
    found = judged(two_recipes(0.0), "own", "own", ["own"])
    assert {name for name, _ in found} == {*MEANS, KNOWN}
    for (_, nominal), rate in found.items():
        assert nominal / 2 <= rate <= 2 * nominal


def test_a_shifted_recipe_breaks_the_plain_threshold_and_not_the_aligned_one():
    found = judged(two_recipes(3.0), "own", "other", ["own"])
    for nominal in NOMINAL:
        assert found["plain", nominal] > 0.5
        for means in ("aligned", "aligned mixture", KNOWN):
            assert nominal / 2 <= found[means, nominal] <= 2 * nominal


def test_the_strictest_is_that_of_the_recipe_with_the_largest_scores():
    made = two_recipes(3.0)
    known = Known(made["own"][0].score, without(0, made), "own")
    assert MEANS["strictest"](known, 0.1) == MEANS["plain"](known._replace(own="other"), 0.1)
    assert MEANS["plain"](known, 0.1) < MEANS["mixture"](known, 0.1) < MEANS["strictest"](known, 0.1)
    assert MEANS["nearest"](known, 0.1) == MEANS["plain"](known, 0.1)


def test_between_two_recipes_lies_a_third():
    """Half way between two in all its quantiles: the threshold is half way, too, and so is what lies beyond."""
    rng = np.random.default_rng(3)
    members = halves(rng, 600)
    tried = {name: scored(rng, members, 2.0, level) for name, level in (("own", 0.0), ("far", 2.0), ("farther", 9.0))}
    for level in (1.0, -0.5):
        target = scored(rng, members, 2.0, level)
        calls = [
            one.score[~one.member] > MEANS["between"](Known(one.score, without(one.pair, tried), "own"), 0.1)
            for one in target
        ]
        assert 0.05 <= np.concatenate(calls).mean() <= 0.2
    plain = [one.score[~one.member] > MEANS["nearest"](Known(one.score, tried, "own"), 0.1) for one in target]
    assert np.concatenate(plain).mean() < 0.05


def test_a_pair_teaches_nothing_about_itself():
    made = two_recipes(0.0)
    assert {one.pair for of in without(1, made).values() for one in of} == {0, 2, 3}
    poisoned = {
        name: [one._replace(score=one.score + 100 * (one.pair == 1)) for one in of] for name, of in made.items()
    }
    known = [Known(made["own"][2].score, without(1, some), "own") for some in (made, poisoned)]
    for means in MEANS.values():
        assert means(known[0], 0.1) == means(known[1], 0.1)


def test_no_means_is_given_the_judged_pair(monkeypatch):
    made, met = two_recipes(0.0), []

    def spy(known: Known, fpr: float) -> float:
        (pair,) = {one.pair for one in made["other"] if one.score is known.score}
        met.append(pair in {one.pair for of in known.shadows.values() for one in of})
        return 0.0

    for name in MEANS:
        monkeypatch.setitem(MEANS, name, spy)
    judged(made, "own", "other", ["own"])
    assert len(met) == 2 * PAIRS * len(NOMINAL) * (len(MEANS) + 1)
    assert not any(met)


@pytest.mark.parametrize("fpr", [0.1, 0.01])
def test_a_rate_that_few_non_members_cannot_tell_calls_nobody(fpr):
    few = [ScoredTarget(np.arange(8.0), np.arange(8) < 4, 0)]
    assert MEANS["plain"](Known(np.arange(8.0), {"own": few}, "own"), fpr) == np.inf


def test_runs_and_store_are_asked_for(capsys):
    from benchmarks.command import run_kind

    assert run_kind("power", ["--only", "thresholds", "choice", "proportions"]) == 2
    said = capsys.readouterr().out
    assert "runs of a suite (--runs DIR)" in " ".join(said.split())
    assert Path("store").name in said


def test_tasks_share_neither_generators_nor_patients_where_they_are_pooled() -> None:
    """Numbers begin anew in every task: drawn as they are, patients of one would be drawn with those of another."""
    tasks = [task({"knn": 1.0}), task({"knn": 1.0}, n=N // 2)]
    pair, patient = _units(tasks)
    first = sum(len(one.score) for one in tasks[0].by_attack["knn"])
    assert len(pair) == len(patient) == first + sum(len(one.score) for one in tasks[1].by_attack["knn"])
    for number in (pair, patient):
        assert not set(number[:first].tolist()) & set(number[first:].tolist())
    assert patient[:first].tolist() == np.concatenate(tasks[0].patients).tolist()
    assert len(set(patient[first:].tolist())) == N // 2
