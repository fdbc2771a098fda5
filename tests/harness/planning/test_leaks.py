"""A leak planted in the plan turns the report red: the controls can fire, and are silent without the leak."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import roc_auc_score
from tiny import TINY_PHANTOM, only_run

from attacks.base import Access, Attack, Target
from attacks.registry import find_attacks
from harness import pipeline
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.evaluation.pixels_control import described, pixels_control
from harness.planning import make as planning
from harness.planning import plan
from harness.planning.leaks import plan_leaks
from harness.store import Store

SETTING = [*TINY_PHANTOM, "shadow.steps=2", "shadow.count=6", "attack=[knn,counter]"]


@dataclass(frozen=True)
class Counter(Attack):
    """Looks at no picture: only at how many references did not hold a slice."""

    name = "counter"
    needs = Access.REFERENCES

    def _score(self, target: Target) -> np.ndarray:
        return (~target.held).sum(axis=0).astype(np.float64)


@pytest.fixture
def counter(monkeypatch):
    monkeypatch.setitem(find_attacks().by_name, "counter", Counter)


def shadow_record(name: str) -> dict:
    records = json.loads((only_run() / "results.json").read_text())["records"]
    return next(r for r in records if r["attack"] == name and r["target_set"] == "shadow")


@pytest.mark.usefixtures("counter")
def test_without_a_leak_nothing_is_known_and_nothing_is_red(harness):
    ran = harness(*SETTING)
    assert ran.code == 0, ran.err
    assert shadow_record("counter")["auc"]["value"] == pytest.approx(0.5)
    assert shadow_record("wrong_target: counter")["auc"]["value"] == pytest.approx(0.5)
    assert "Not to be trusted" not in ran.out
    assert "Not to be trusted" not in (only_run() / "leaderboard.md").read_text()


@pytest.mark.usefixtures("counter")
def test_the_complement_among_the_references_marks_the_whole_report(harness, monkeypatch):
    """The named trap of attacks.md: a member then has one reference more that did not hold it."""
    for module in (plan, planning):
        monkeypatch.setattr(
            module, "reference_shadows", lambda target, count, judged=None: [j for j in range(count) if j != target]
        )
    ran = harness(*SETTING)
    assert ran.code == 0, ran.err
    assert shadow_record("counter")["auc"]["value"] == pytest.approx(1.0)  # the leak looks like a triumph
    assert shadow_record("wrong_target: counter")["auc"]["value"] == pytest.approx(1.0)
    assert "Not to be trusted" in ran.out.split("Shadows, held out")[0]
    run = only_run()
    assert any("wrong_target: counter" in alarm for alarm in json.loads((run / "results.json").read_text())["alarms"])
    assert (run / "leaderboard.md").read_text().startswith("**Not to be trusted.**")
    page = (run / "report.html").read_text()
    assert 0 < page.index("wrong_target: counter") < page.index("<h2")


@pytest.fixture
def sound(tmp_path):
    settings = composed([*TINY_PHANTOM, "shadow.count=6", f"store.root={tmp_path}"])
    pool = load_pool(settings.data, Store(tmp_path))
    return lambda: planning.make_plan(settings, pool)


def test_a_sound_plan_leaks_nothing(sound):
    assert plan_leaks({"test": sound()}) == []


def without(*missing_pairs: int) -> list[int]:
    return [j for j in range(6) if j // 2 not in missing_pairs]


@pytest.mark.parametrize(
    ("function", "planted", "told"),
    [
        # The complement among a shadow's references, and the shadow itself, which evens the counts out.
        (
            "reference_shadows",
            lambda target, count, judged=None: [j for j in range(6) if j != target],
            "among the ref",
        ),
        ("reference_shadows", lambda target, count, judged=None: list(range(6)), "among the references"),
        # A shadow that is fitted on keeps the judged pair as references.
        (
            "reference_shadows",
            lambda target, count, judged=None: without(2 if target is None else target // 2),
            "is a reference of a shadow that its attacks are fitted on",
        ),
    ],
)
def test_references_that_could_tell_are_found_without_measuring(sound, monkeypatch, function, planted, told):
    for module in (plan, planning):  # who lays the references out, and who takes some away for a fit
        monkeypatch.setattr(module, function, planted)
    assert any(told in sentence for sentence in plan_leaks({"test": sound()}))


def test_fitting_on_the_judged_pair_is_found_without_measuring(sound, monkeypatch):
    monkeypatch.setattr(plan.Plan, "_others", lambda self, number: list(self.shadows))
    assert any("fitted on" in sentence for sentence in plan_leaks({"test": sound()}))


@pytest.fixture
def found(official, monkeypatch):
    """`found()` goes through the official path up to the search for leaks, and returns what it found and where."""

    class FoundError(Exception):
        """Carries the sentences out."""

    def stop(plans):
        raise FoundError(plan_leaks(plans))

    def call() -> list[tuple[str, str]]:
        monkeypatch.setattr(pipeline, "plan_leaks", stop)
        settings = composed([one for one in official.options if not one.startswith("rule=")])
        with pytest.raises(FoundError) as caught:
            pipeline.run(settings, Console(quiet=True))
        return [tuple(re.fullmatch(r"The plan \((.+)\) leaks: (.+)", one).groups()) for one in caught.value.args[0]]

    return call


def with_complement(whole: plan.Plan) -> plan.Plan:
    """The same plan, and shadow 1 among the references of shadow 0, its complement, in the place of another."""
    first, second, *others = whole.shadows
    planted = planning.ReferenceSpec(second.target.view, tuple(map(int, np.flatnonzero(second.member))))
    target = first.target._replace(references=(planted, *first.target.references[1:]))
    return replace(whole, shadows=[first._replace(target=target), second, *others])


IS_REFERENCE = "shadow 0 or its complement is among the references it is judged with."


@pytest.mark.filterwarnings("ignore::harness.errors.HarnessWarning")
def test_a_leak_of_the_plan_of_dev_alone_is_found(found, monkeypatch):
    facing = planning._facing_given

    def planted(root, shadows, given, name, shape):
        made = facing(root, shadows, given, name, shape)
        return with_complement(made) if name == "dev" else made

    monkeypatch.setattr(planning, "_facing_given", planted)
    assert {faces for faces, what in found() if what == IS_REFERENCE} == {"dev", "dev, via surrogates"}


@pytest.mark.filterwarnings("ignore::harness.errors.HarnessWarning")
def test_a_leak_of_the_plans_via_surrogates_alone_is_found(found, monkeypatch):
    via = plan.Plan.via
    monkeypatch.setattr(plan.Plan, "via", lambda self, surrogate_of: with_complement(via(self, surrogate_of)))
    where = {"test, via surrogates", "dev, via surrogates"}
    assert {faces for faces, what in found() if what == IS_REFERENCE} == where


@pytest.mark.parametrize("missing", ["generator", "release"])
def test_a_release_tells_whose_it_is_without_the_model_and_the_model_without_the_release(sound, missing):
    whole = sound()
    first, second, *others = whole.shadows
    view = second.target.view._replace(**{missing: None})
    half_shown = replace(whole, shadows=[first, second._replace(target=second.target._replace(view=view)), *others])
    planted = with_complement(half_shown).shadows[0]
    found = plan_leaks({"test": replace(whole, shadows=[planted, second, *others])})
    assert any(IS_REFERENCE in sentence for sentence in found)


def test_members_that_look_different_are_told_from_their_pictures_alone(images):
    rng = np.random.default_rng(0)
    pictures, patient = images(60, 16, 3), np.arange(60) // 2
    alike = np.repeat(rng.permutation(30) < 15, 2)
    assert abs(roc_auc_score(alike, pixels_control(described(pictures), alike, patient)) - 0.5) < 0.25
    brighter = np.where(alike[:, None, None], np.minimum(pictures.astype(int) + 80, 255), pictures).astype(np.uint8)
    assert roc_auc_score(alike, pixels_control(described(brighter), alike, patient)) > 0.9


def test_pictures_alone_know_nothing_of_a_patient_whose_other_slice_they_were_taught(images):
    """Two equal slices a patient: by slice, the twin's label would give the answer away."""
    pictures = np.repeat(images(30, 16, 3), 2, axis=0)
    member = np.repeat(np.random.default_rng(1).permutation(30) < 15, 2)
    assert roc_auc_score(member, pixels_control(described(pictures), member, np.arange(60) // 2)) < 0.8
