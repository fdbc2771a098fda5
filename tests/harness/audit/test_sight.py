"""An all-clear is earned: the audit finds copies that it planted itself, or says for what it is blind, or that
something is wrong with the release."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from audit_worlds import PER_PATIENT, chosen, material, noisy, people, settings, strangers

from harness.audit import planted
from harness.audit.case import Case
from harness.audit.copy_rule import called
from harness.audit.examine import examine
from harness.audit.moved import AuditDistance, coarse, moved
from harness.audit.planted import PositiveControl, Search, positive_control
from harness.audit.tables import markdown, terminal
from harness.audit.verdict import verdict
from harness.audit.write import report
from harness.cli import console
from harness.data.planted_copies import KINDS, made, reach

N_PATIENTS = 24
FREE, NO = "Nothing was found here that speaks against handing out this folder", "no all-clear"
USUAL = ["noise", "blur", "shift", "flip", "contrast"]


@pytest.fixture(scope="module")
def sides():
    """24 patients' slices each."""
    both, half = people(2 * N_PATIENTS, seed=0), N_PATIENTS * PER_PATIENT
    return chosen(both, range(half)), chosen(both, range(half, 2 * half))


@pytest.fixture(scope="module")
def healthy(sides):
    return examine(material(strangers(40, 8), *sides), settings())


def told(audit):
    return " ".join(verdict(audit))


def judged(release, sides, **changes):
    """The verdict on this release."""
    return told(examine(material(release, *sides), replace(settings(), **changes)))


def test_a_healthy_release_gets_its_all_clear_with_what_would_not_have_been_seen(healthy):
    """Slices of other people with grain."""
    assert not healthy.control.blind
    for name in USUAL:
        found = healthy.control.searches[name]
        assert found.seen, name
        assert f"{found.kind.title} (found {found.found} of {found.n})" in told(healthy)
    assert FREE in told(healthy)
    missed = [KINDS[name].title for name in KINDS if not healthy.control.searches[name].seen]
    assert missed, "the rest is named, too"
    seen, unseen = told(healthy).split("It could not have seen copies ")
    assert all(title in unseen and title not in seen for title in missed)


def test_every_threshold_says_where_it_comes_from(healthy):
    assert f"fixed on the holdout of {N_PATIENTS} patients to call 0.01 of images copies by chance" in told(healthy)
    assert f"threshold fixed on the other {healthy.control.n_patients} holdout patients" in told(healthy)
    assert f"a gap above {healthy.case.found.above.copy:.3f} by ncc" in told(healthy)
    assert "an interval over patients that lies above 0.5" in told(healthy)


def test_the_positive_control_stands_in_table_page_markdown_and_json(healthy):
    shown = console()
    with shown.capture() as printed:
        shown.print(terminal(healthy))
    content = json.loads(report(healthy))
    for name, found in healthy.control.searches.items():
        beside = f"{found.found} of {found.n}"
        assert f"copies {found.kind.title}" in printed.get()
        assert f"| copies {found.kind.title} |" in markdown(healthy)
        assert beside in printed.get()
        one = content["positive_control"]["searches"][name]
        assert (one["found"], one["n"], one["seen"]) == (found.found, found.n, found.seen)
        assert any(record["measure"] == f"planted_{name}" for record in content["records"])


@pytest.mark.parametrize("name", USUAL)
def test_copies_of_members_of_every_usual_kind_hold_the_release_back(sides, name):
    """What the positive control promises: the same kinds of copies, of members."""
    copied = made(KINDS[name], sides[0].pixels[::PER_PATIENT][:12], np.random.default_rng(5))
    case = Case(material(np.concatenate([copied, strangers(28, 7)]), *sides), settings())
    assert case.found.copy[:12].sum() >= 10
    assert "Do not hand out this folder" in judged(case.material.release.pixels, sides)


def test_without_moves_shifted_and_mirrored_copies_are_not_seen_and_there_is_no_all_clear(sides):
    said = judged(strangers(40, 8), sides, moves=False)
    assert FREE not in said
    unseen = said.split("This audit could not have seen it")[1]
    assert "shifted" in unseen
    assert "mirrored" in unseen


@pytest.mark.parametrize(
    "way",
    [lambda x: x[:, ::-1], lambda x: np.rot90(x, 1, (1, 2)), lambda x: np.rot90(x, 2, (1, 2)), lambda x: 255 - x],
)
def test_copies_that_lie_otherwise_than_the_rest_are_found(sides, way):
    release = np.concatenate([way(noisy(sides[0].pixels[:12], 3, 0)), strangers(28, 8)])
    assert "Do not hand out this folder as it is: it gives training patients away" in judged(release, sides)


def test_the_positive_control_is_the_same_again(sides):
    members, holdout = sides
    release = strangers(40, 8)
    first = positive_control(Case(material(release, members, holdout), settings()))
    assert positive_control(Case(material(release, members, holdout), settings())) == first
    assert all(one.n == planted.N_PLANTED for one in first.searches.values())
    assert first.n_patients == N_PATIENTS - planted.N_PLANTED


def test_a_kind_is_seen_where_four_of_five_copies_are_found():
    noise, shift, turn = KINDS["noise"], KINDS["shift"], KINDS["turn"]
    assert [n for n in range(13) if Search(noise, n, 12).seen] == [10, 11, 12]
    assert Search(noise, 4, 5).seen
    assert not Search(noise, 3, 5).seen
    for usual in ("noise", "blur", "shift", "flip", "contrast"):
        missed = {usual: Search(KINDS[usual], 9, 12), "turn": Search(turn, 12, 12)}
        assert PositiveControl(missed, 12).blind, usual
    half = PositiveControl(
        {"noise": Search(noise, 10, 12), "shift": Search(shift, 10, 12), "turn": Search(turn, 9, 12)}, 12
    )
    assert not half.blind
    assert [one.kind for one in half.missed] == [turn]


def test_a_copy_that_is_called_but_traced_to_another_patient_is_not_found(sides, monkeypatch):
    """The same calls, each of the slice of somebody else: an audit that names the wrong people sees nothing."""
    case = Case(material(strangers(40, 8), *sides), settings())
    patient = case.material.patient
    others = [int(np.flatnonzero(patient != one)[0]) for one in patient]

    def misled(*words):
        judged = called(*words)
        found = replace(judged.found, slice=np.array(others)[judged.found.slice])
        return replace(judged, found=found, copy=np.ones_like(judged.copy))

    monkeypatch.setattr(planted, "called", misled)
    control = positive_control(case)
    assert {name: one.found for name, one in control.searches.items()} == dict.fromkeys(KINDS, 0)
    assert control.blind


def test_an_audit_that_finds_none_of_its_copies_gives_no_all_clear(sides, monkeypatch):
    """A distance that sees nothing: every pair is as far apart as chance has it."""

    def blind(self, pool, images, anchors):
        return np.random.default_rng(len(images)).uniform(10, 20, (len(pool), len(images)))

    monkeypatch.setattr(AuditDistance, "between", blind)
    case = Case(material(strangers(40, 8), *sides), settings())
    control = positive_control(case)
    assert control.blind
    figure = examine(case.material, case.settings)
    assert "could not have seen it" in told(figure)
    assert FREE not in told(figure)


@pytest.mark.parametrize("sigma", [1.0, 8.0])
def test_a_release_full_of_holdout_slices_hides_copies_and_gets_no_all_clear(sides, sigma):
    """The threshold then lies beyond a noisy copy: nothing is called one, and nothing would be."""
    copied = noisy(sides[0].pixels[:4], 6.0, 2)
    release = np.concatenate([noisy(sides[1].pixels[:60], sigma, 3), copied])
    audit = examine(material(release, *sides), settings())
    assert not audit.control.searches["noise"].seen
    assert audit.control.blind
    assert "This audit could not have seen it" in told(audit)
    assert "never saw the holdout" in told(audit)
    assert FREE not in told(audit)


def degenerate(sides):
    rng = np.random.default_rng(0)
    size = sides[0].size
    return {
        "black": np.zeros((40, size, size), np.uint8),
        "constant": np.full((40, size, size), 90, np.uint8),
        "noise": rng.integers(0, 256, (40, size, size)).astype(np.uint8),
        "one": np.repeat(strangers(1, 8), 40, axis=0),
        "partly": np.concatenate([strangers(32, 8), np.zeros((8, size, size), np.uint8)]),
    }


@pytest.mark.parametrize("name", ["black", "constant", "noise", "one", "partly"])
def test_a_degenerate_release_is_named_and_gets_no_all_clear(sides, name):
    audit = examine(material(degenerate(sides)[name], *sides), settings())
    assert "Something is wrong with the release itself: " in told(audit)
    assert FREE not in told(audit)
    if not audit.case.found.copy.any():
        assert NO in told(audit)
    content = json.loads(report(audit))
    assert content["faults"][0]["share"] == pytest.approx({"one": 39 / 40, "partly": 8 / 40}.get(name, 1.0))
    assert all((record["value"] is None) == (record["note"] is not None) for record in content["records"]), (
        "every figure is finite or says why not"
    )


def test_one_black_image_in_forty_is_told_beside_an_all_clear(sides):
    release = strangers(40, 8)
    release[3] = 0
    said = judged(release, sides)
    assert "1 of 40 released images are black" in said
    assert FREE in said


def test_members_themselves_are_named_and_their_rate_is_one_with_a_finite_interval(sides):
    audit = examine(material(sides[0].pixels[:40].copy(), *sides), settings())
    rate = audit.figure("released_copies_ncc").given
    assert rate.value == 1.0
    assert 0.5 < rate.low < rate.high == 1.0
    assert "40 of 40 released images are training slices, pixel for pixel" in told(audit)
    assert "Do not hand out this folder as it is: it holds real slices" in told(audit)
    assert json.loads(report(audit))["real_slices"] == {"training": 40, "holdout": 0}


def test_holdout_slices_in_the_release_are_real_peoples_pictures_too(sides):
    release = strangers(40, 8)
    release[0] = sides[1].pixels[5]
    said = judged(release, sides)
    assert "1 of 40 released images are holdout slices, pixel for pixel" in said
    assert FREE not in said
    assert "it holds real slices" in said


def test_moves_reach_a_thirty_second_of_a_side_and_the_mirror_image():
    assert [reach(size) for size in (16, 32, 64, 128, 256)] == [(1, 1), (1, 1), (2, 1), (4, 2), (8, 4)]
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 64)).astype(np.uint8)
    found = [one.copy() for one in moved(image)]
    assert len(found) == 50 + 7
    assert any(np.array_equal(one, image[:, :, ::-1]) for one in found)
    down = np.pad(image, ((0, 0), (2, 0), (2, 0)), mode="edge")[:, :64, :64]
    assert any(np.array_equal(one, down) for one in found)


def test_means_over_squares_round_half_up_and_keep_small_images():
    image = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    assert coarse(image) is image
    large = np.kron(np.random.default_rng(0).integers(0, 256, (2, 32, 32)), np.ones((1, 3, 3))).astype(np.uint8)
    assert np.array_equal(coarse(large), large[:, ::3, ::3])
    assert coarse(np.zeros((1, 70, 70), np.uint8)).shape == (1, 35, 35)


@pytest.mark.parametrize(
    ("exact", "held_back"), [(True, "it holds real slices"), (False, "it holds images that lie")]
)
def test_an_alarm_of_two_sources_does_not_silence_what_is_certain(sides, exact, held_back):
    """Members and holdout that differ by source leave rates in doubt, not a copy that anybody can see."""
    members = sides[0]
    copies = members.pixels[:12] if exact else noisy(members.pixels[:12], 3, 0)
    release = np.concatenate([copies, strangers(28, 8)])
    audit = replace(examine(material(release, *sides), settings()), alarms=("two sources",))
    said = told(audit)
    assert f"Do not hand out this folder as it is: {held_back}" in said
    assert "Nothing else can be said with these folders" in said
    healthy = replace(examine(material(strangers(40, 8), *sides), settings()), alarms=("two sources",))
    assert "hand nothing out on the strength of this audit" in told(healthy)
    assert "Do not hand out" not in told(healthy)
