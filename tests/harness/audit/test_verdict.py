"""What the verdict says of figures that are set by hand, and figures on worlds small enough to count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from audit_worlds import PER_PATIENT, chosen, material, noisy, people, settings, strangers

from attacks.base import Access, Attack
from harness.audit import fidelity
from harness.audit.case import Case
from harness.audit.copies import copies_figures
from harness.audit.copy_rule import threshold
from harness.audit.examine import Audit
from harness.audit.features import dct_features, standardised
from harness.audit.fidelity import Cloud, frechet
from harness.audit.figures import PATIENTS, Figure
from harness.audit.fractions import fraction
from harness.audit.planted import positive_control
from harness.audit.reidentify import OtherSlices, by_patient
from harness.audit.verdict import meaning, verdict
from harness.evaluation.intervals import Estimate

ATTACKS = ("knn", "retrieval", "carlini")
N_PATIENTS = 12
FREE, HELD_BACK = "Nothing was found here that speaks against", "Do not hand out this folder"
NEVER_TRAINED_ON = "never trained on suffice"


@pytest.fixture(scope="module")
def sides():
    """12 patients' slices each."""
    both, half = people(2 * N_PATIENTS, seed=0), N_PATIENTS * PER_PATIENT
    return chosen(both, range(half)), chosen(both, range(half, 2 * half))


@pytest.fixture(scope="module")
def told(sides):
    """`told(alarms, knn_auc=Estimate(...))`: the verdict on an innocent release whose figures are those given."""
    case = Case(material(strangers(40, 8), *sides), settings(*ATTACKS))
    control = positive_control(case)

    def call(*alarms, **given):
        innocent = {"released_copies_ncc": Estimate(0.0, 0.0, 0.1), "rank_1": Estimate(None, note="no copy")}
        figures = [
            Figure("membership", name, f"{name}: AUC", one, None, "AUC", PATIENTS, "", 0.01)
            for name, one in {**innocent, **given}.items()
        ]
        audit = Audit(case, figures, alarms, control)
        text, answer = " ".join(verdict(audit)), meaning(audit).answer
        assert (answer == "hold", answer == "nothing") == (HELD_BACK in text, FREE in text)
        return text

    return call


def test_nothing_but_a_leaking_auc_holds_a_release_back(told):
    leak = Estimate(0.8, 0.7, 0.9)
    assert FREE in told(knn_auc=Estimate(0.5, 0.4, 0.6))
    for measure in ("knn_auc", "knn_auc_by_patient"):
        assert HELD_BACK in told(**{measure: leak}), measure
        assert FREE not in told(**{measure: leak}), measure
    assert "in 80 of 100 pairs" in told(knn_auc=leak)


def test_of_three_attacks_one_must_exceed_guessing_by_more(told):
    """Above guessing with the whole of its own interval, but not with that of the best of three."""
    assert FREE in told(knn_auc=Estimate(0.6, 0.51, 0.69))
    assert HELD_BACK in told(knn_auc=Estimate(0.6, 0.53, 0.67))


def test_an_alarm_silences_what_is_said_of_patients(told):
    leak = Estimate(0.8, 0.7, 0.9)
    assert NEVER_TRAINED_ON in told(knn_auc_by_patient=leak)
    assert NEVER_TRAINED_ON not in told("two sources", knn_auc_by_patient=leak)


class Brightness(Attack):
    """Mean grey: what each slice scores is seen."""

    needs = Access.RELEASE

    def _score(self, target):
        return target.candidates.mean(axis=(1, 2))


def test_a_patient_with_many_slices_has_no_larger_score():
    """Members' patients have one bright slice each, strangers three that are darker but add up to more."""
    grey = np.r_[np.full(10, 200), np.full(30, 100)].astype(np.uint8)
    pixels = np.broadcast_to(grey[:, None, None], (40, 8, 8)).copy()
    patient = np.r_[np.arange(10), 10 + np.arange(30) // 3]
    slices = OtherSlices(pixels, patient, np.arange(20) < 10)
    assert by_patient({"brightness": Brightness()}, slices, pixels[:2], 0)["brightness"].value == 1.0


@pytest.fixture(scope="module")
def copied(sides):
    """All slices of 4 members' patients, three copies of each, then images of strangers."""
    sources = np.repeat(np.arange(4 * PER_PATIENT), 3)
    release = np.concatenate([noisy(sides[0].pixels[sources], 6.0, 1), strangers(60, 7)])
    return Case(material(release, *sides), settings())


def test_the_interval_of_members_copied_is_one_over_patients(copied):
    found = next(one for one in copies_figures(copied) if one.measure == "members_copied").given
    taken = (np.arange(N_PATIENTS * PER_PATIENT) < 4 * PER_PATIENT).astype(np.float64)
    assert found == fraction(taken, copied.material.patient[: len(taken)], 0)
    slice_by_slice = fraction(taken, np.arange(len(taken)), 0)
    assert found.high - found.low > 1.4 * (slice_by_slice.high - slice_by_slice.low)


def test_what_is_left_is_judged_by_a_threshold_of_its_own(copied):
    kept = copied.distances[:, copied.kept]
    own = threshold(kept, copied.material.patient, ~copied.material.member, copied.settings.false_copies)
    assert copied.left.above == own
    assert copied.left.above != copied.found.above


def test_the_floor_is_members_to_holdout_in_units_of_the_holdout(sides):
    members, holdout = sides
    brighter = replace(members, pixels=np.minimum(members.pixels, 215) // 2 + np.uint8(40))  # of another spread, too
    case = Case(material(strangers(60, 7), brighter, holdout), settings())
    found = {one.measure: one for one in fidelity.fidelity_figures(case)}
    scale = dct_features(holdout.pixels)
    one, other = (
        Cloud(standardised(dct_features(side.pixels), scale), np.arange(len(side))) for side in (brighter, holdout)
    )
    for side in ("members", "holdout"):
        assert found[f"frechet_to_{side}"].reference == pytest.approx(frechet(one, other))


def test_clouds_are_of_one_size_on_the_release_and_on_what_is_left(sides, copied, monkeypatch):
    """A stand-in for the distance: by how many images two clouds differ, which a Fréchet distance would take in."""
    apart = {"size": ("size", lambda one, other: float(abs(len(one.features) - len(other.features))), 0.0)}
    monkeypatch.setattr(fidelity, "_DISTANCES", apart)
    monkeypatch.setattr(fidelity, "with_interval", lambda of, one, other, least: Estimate(of(one, other)))
    few = replace(copied.material, members=chosen(sides[0], range(30)))
    for case in (copied, Case(few, copied.settings)):
        found = fidelity.fidelity_figures(case)
        assert [(one.given.value, one.filtered.value, one.reference) for one in found] == [(0.0, 0.0, 0.0)] * 2
    assert found[0].unit == "squared distance, 30 images a cloud"
