"""The audit's figures on worlds whose answer is known."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from audit_worlds import PER_PATIENT, chosen, material, nameless, noisy, people, settings, strangers

from harness.audit.case import Case
from harness.audit.copies import control
from harness.audit.copy_rule import Copies, Threshold, copies, gaps, threshold
from harness.audit.examine import examine
from harness.audit.fractions import fraction
from harness.audit.leakage import alarms
from harness.audit.reidentify import other_slices, patient_figures, rank_1
from harness.audit.tables import given
from harness.audit.verdict import filter_note, verdict
from harness.data.sources.slices import Slices
from harness.evaluation.intervals import Estimate, wilson

N_COPIES, N_STRANGERS, COPIED = 40, 160, 10


@pytest.fixture(scope="module")
def sides():
    """40 patients' slices each, of one source."""
    both = people(80, seed=0)
    half = 40 * PER_PATIENT
    return chosen(both, range(half)), chosen(both, range(half, 2 * half))


@pytest.fixture(scope="module")
def copied(sides):
    """40 noisy copies of the first slices of 10 members' patients, then 160 images of strangers."""
    members, holdout = sides
    sources = np.repeat(np.arange(COPIED) * PER_PATIENT, N_COPIES // COPIED)
    release = np.concatenate([noisy(members.pixels[sources], 6.0, 1), strangers(N_STRANGERS, 7)])
    return examine(material(release, members, holdout), settings("knn", "carlini", check="pixel"))


@pytest.fixture(scope="module")
def independent(sides):
    return examine(material(strangers(160, 8), *sides), settings("knn", "retrieval", "carlini"))


def covers(figure, truth):
    return figure.given.low <= truth <= figure.given.high


def test_copies_are_counted(copied):
    assert copied.case.found.copy[:N_COPIES].all()
    assert covers(copied.figure("released_copies_ncc"), N_COPIES / (N_COPIES + N_STRANGERS))
    assert covers(copied.figure("released_copies_pixel"), N_COPIES / (N_COPIES + N_STRANGERS))
    assert covers(copied.figure("members_copied"), COPIED / (40 * PER_PATIENT))
    assert covers(copied.figure("patients_copied"), COPIED / 40)


def test_copies_are_traced_to_their_sources_and_unmistakable(copied):
    found = copied.case.found
    assert np.array_equal(found.source[:N_COPIES], np.repeat(np.arange(COPIED) * PER_PATIENT, N_COPIES // COPIED))
    assert found.unmistakable[:N_COPIES].mean() > 0.9
    assert not found.unmistakable[N_COPIES:].any()
    assert copied.figure("unmistakable_ncc").reference == 0.0


def test_the_filter_takes_the_copies_and_nearly_nothing_else(copied):
    assert not copied.case.kept[:N_COPIES].any()
    assert copied.case.kept[N_COPIES:].mean() > 0.97
    assert copied.figure("released_copies_ncc").filtered.value < 0.03
    assert copied.figure("unmistakable_ncc").filtered.value == 0.0


def test_membership_is_seen_and_the_filter_takes_it_away(copied):
    auc = copied.figure("carlini_auc")
    assert auc.given.low > 0.5
    assert auc.filtered.low < 0.5 < auc.filtered.high
    assert copied.figure("knn_tpr_at_fpr_0.1").given.value >= COPIED / (40 * PER_PATIENT)
    assert copied.figure("knn_tpr_at_fpr_0.01").given.note.startswith("n too small")


def test_a_copy_leads_to_the_patients_other_slices(copied):
    rank = copied.figure("rank_1")
    assert rank.reference == pytest.approx((PER_PATIENT - 1) / (40 * PER_PATIENT - 1), rel=0.01)
    assert rank.given.low > 10 * rank.reference


def test_the_verdict_on_copies(copied):
    told = " ".join(verdict(copied))
    assert "Do not hand out this folder" in told
    assert "No finding is no proof" in told
    assert f"of {len(copied.case.kept)} images are removed" in filter_note(copied)[0]
    assert "leaks by itself" in filter_note(copied)[0]


def test_nothing_is_found_where_nothing_is_memorised(independent):
    copies_found = independent.figure("released_copies_ncc")
    assert copies_found.given.low <= 0.01 <= copies_found.given.high
    assert not independent.case.found.unmistakable.any()
    for attack in ("knn", "retrieval", "carlini"):
        assert covers(independent.figure(f"{attack}_auc"), 0.5), attack
    assert not independent.alarms
    assert "Nothing was found here" in " ".join(verdict(independent))


@pytest.mark.parametrize(("n_members", "n_holdout"), [(40, 40), (80, 20), (20, 80)])
def test_the_rule_and_its_control_report_the_declared_rate(n_members, n_holdout):
    """Points in 8 dimensions, two slices a patient: the mean over worlds of what is called a copy by chance."""
    called, controls = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        centres = rng.normal(size=(n_members + n_holdout, 8))
        patient = np.repeat(np.arange(n_members + n_holdout), 2)
        pool = centres[patient] + 0.1 * rng.normal(size=(len(patient), 8))
        distances = np.linalg.norm(pool[:, None] - rng.normal(size=(300, 8)), axis=2)
        member = patient < n_members
        above = threshold(distances, patient, ~member, 0.02)
        called.append(copies(distances, patient, member, above).copy.mean())
        controls.append(control(distances, patient, ~member, 0.02, seed).released.mean())
    assert 0.01 < np.mean(called) < 0.03
    assert 0.01 < np.mean(controls) < 0.03


def test_the_threshold_does_not_look_at_members(sides):
    members, holdout = sides
    release = strangers(50, 9)
    other = Slices(255 - members.pixels, members.ids, members.patient_ids)
    above = [Case(material(release, one, holdout), settings()).found.above for one in (members, other)]
    assert above[0] == above[1]


def test_gaps_by_hand():
    """Two slices of patient 3, one each of 5 and 9; two released images."""
    distances = np.array([[8.0, 2.0], [1.0, 4.0], [2.0, 1.0], [8.0, 16.0]])
    found = gaps(distances, np.array([3, 3, 5, 9]))
    assert found.slice.tolist() == [1, 2]
    assert found.patient.tolist() == [3, 5]
    assert found.gap == pytest.approx(np.array([(1 + 3) / 2, (1 + 4) / 2]) * np.log(2.0))


def test_two_sources_raise_an_alarm(sides):
    members, holdout = sides
    brighter = Slices(np.minimum(holdout.pixels, 235) + np.uint8(20), holdout.ids, holdout.patient_ids)
    audit = examine(material(strangers(60, 10), members, brighter), settings())
    assert any("two sources" in line for line in audit.alarms)
    told = " ".join(verdict(audit))
    assert "it cannot be said" in told
    assert "Nothing was found" not in told


def test_two_sources_that_differ_in_grain_alone_raise_an_alarm(sides):
    members, holdout = sides
    grainy = replace(holdout, pixels=noisy(holdout.pixels, 10.0, 0))
    audit = examine(material(strangers(60, 10), members, grainy), settings())
    assert any("sharpness and grain" in line for line in audit.alarms)


def test_patients_who_are_not_known_get_no_figure(sides):
    members, holdout = sides
    one_each = [nameless(chosen(side, range(0, 120, 3)), 0) for side in (members, holdout)]
    audit = examine(material(noisy(one_each[0].pixels[:20], 6.0, 1), *one_each), settings())
    assert audit.figure("rank_1").given.value is None
    assert "patients unknown" in audit.figure("rank_1").given.note
    assert any("not known here" in line for line in verdict(audit))
    assert audit.figure("patients_copied").given.value is None
    assert re.search(
        r"lie so near to training slices \(\d+ whose patient is not known\) that", " ".join(verdict(audit))
    )
    assert "40 members' slices whose patients are not known, 40 holdout slices whose" in given(audit)[0]


def test_of_patients_who_are_known_in_part_only_these_count(sides):
    """Slices of 4 patients are named, of 36 not; all slices of 2 of the former and 3 of the latter are copied."""
    members, holdout = (nameless(side, 4 * PER_PATIENT) for side in sides)
    sources = np.r_[0:6, 60:69]
    release = np.concatenate([noisy(members.pixels[np.repeat(sources, 3)], 6.0, 1), strangers(100, 7)])
    audit = examine(material(release, members, holdout), settings())
    assert audit.figure("patients_copied").given.value == 2 / 4
    rank = audit.figure("rank_1")
    assert rank.title.startswith("18 copies"), "of those whose patient is named"
    assert rank.beside.startswith("12 of 120 slices named; chance 0.182")
    told = " ".join(verdict(audit))
    assert "is known of 12 of 120 slices of members (0.100)" in told
    assert re.search(r"\((9|10|11) whose patient is not known, and others of 2 patients\)", told)
    assert "120 members' slices of 4 patients and 108 whose patient is not known" in given(audit)[0]


def test_slices_of_unknown_patients_are_nobodys_other_slices(sides):
    members, holdout = sides
    trained, middle = chosen(members, range(0, 120, 3)), chosen(members, range(1, 120, 3))
    world = material(strangers(40, 11), nameless(trained, 30), holdout, nameless(middle, 10))
    asked = other_slices(world)
    assert asked.by_patient.sum() == 10
    assert len(asked.pixels) == 10 + len(holdout)
    alike = replace(middle, ids=middle.patient_ids, unnamed=frozenset(middle.patient_ids))
    assert other_slices(replace(world, other=alike)).by_patient.sum() == 0, "files named as patients are"
    (figure,) = [
        one
        for one in patient_figures(Case(replace(world, holdout=nameless(holdout, 7 * PER_PATIENT)), settings()))
        if one.measure == "knn_auc_by_patient"
    ]
    assert figure.given.note.startswith("patients unknown")


def test_a_patient_is_a_member_by_slices_never_trained_on(sides):
    """Members are the outer slices; the middle ones of the same patients, and of the holdout, are asked about."""
    members, holdout = sides
    trained, middle = chosen(members, range(0, 120, 3)), chosen(members, range(1, 120, 3))
    strangers_middle = chosen(holdout, range(1, 120, 3))
    copying = noisy(np.repeat(trained.pixels, 2, axis=0), 6.0, 2)
    leaking = examine(material(copying, trained, strangers_middle, middle), settings())
    assert leaking.figure("knn_auc_by_patient").given.low > 0.6
    assert any("never trained on" in line for line in verdict(leaking))
    sound = examine(material(strangers(80, 11), trained, strangers_middle, middle), settings())
    assert covers(sound.figure("knn_auc_by_patient"), 0.5)


def test_too_little_left_is_said(sides):
    members, holdout = sides
    audit = examine(material(noisy(members.pixels[:30], 6.0, 1), members, holdout), settings())
    assert audit.figure("knn_auc").filtered.value is None
    assert "too few" in audit.figure("knn_auc").filtered.note
    assert "too few to be measured" in filter_note(audit)[0]


def test_fractions_over_patients():
    patient = np.repeat(np.arange(20), 5)
    half = (patient < 10).astype(np.float64)
    wide, narrow = fraction(half, patient, 0), fraction(half, np.arange(100), 0)
    assert wide.value == narrow.value == 0.5
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
    assert fraction(np.zeros(100), patient, 0) == wilson(0, 20)
    assert wilson(0, 20).high == pytest.approx(0.1611, abs=1e-4)  # Wilson: z^2 / (n + z^2)


def test_rank_1_leaves_the_copied_slice_out():
    """Two copies of slices of patients 0 and 1: one leads to the patient's other slice, one to somebody else's."""
    patient = np.array([0, 0, 1, 1, 2])
    distances = np.array([[1.0, 9.0], [2.0, 9.0], [9.0, 1.0], [9.0, 8.0], [9.0, 3.0]])
    among = np.full((5, 5), 4.0)
    among[0, 1], among[2, 3] = 1.0, 1.0
    np.fill_diagonal(among, np.inf)
    found = Copies(gaps(distances, patient), Threshold(0.0, 9.0), np.ones(2, np.bool_), np.zeros(2, np.bool_))
    known = np.ones(5, np.bool_)
    rank = rank_1(distances, among, patient, found, named=known, seed=0)
    assert (rank.n, rank.rate.value, rank.chance, rank.real) == (2, 0.5, 0.25, 1.0)
    alone = replace(found, copy=np.zeros(2, np.bool_))
    assert rank_1(distances, among, patient, alone, named=known, seed=0).rate.note.startswith("no copy")


def test_rank_1_asks_no_slice_whose_patient_is_not_known():
    """As above, but the somebody else whom the second copy led to is not known: he may be the patient himself."""
    patient = np.array([0, 0, 1, 1, 2])
    distances = np.array([[1.0, 9.0], [2.0, 9.0], [9.0, 1.0], [9.0, 8.0], [9.0, 3.0]])
    among = np.full((5, 5), 4.0)
    among[0, 1], among[2, 3], among[2, 4] = 1.0, 1.0, 0.5
    np.fill_diagonal(among, np.inf)
    found = Copies(gaps(distances, patient), Threshold(0.0, 9.0), np.ones(2, np.bool_), np.zeros(2, np.bool_))
    rank = rank_1(distances, among, patient, found, named=np.arange(5) < 4, seed=0)
    assert (rank.n, rank.rate.value, rank.chance, rank.real) == (2, 1.0, pytest.approx(1 / 3), 1.0)


def test_an_alarm_says_that_unknown_patients_can_be_its_cause():
    found = {"pictures alone": Estimate(0.9, 0.8, 0.99)}
    (unknown,), (known,) = alarms(found, np.arange(9) < 2), alarms(found, np.ones(9, np.bool_))
    assert "Of 7 of 9 slices nobody says" in unknown
    assert "patient_id" not in known
