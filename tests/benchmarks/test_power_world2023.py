"""`phantom-2023`: the winner's rule as published, the paired lead by hand, and what the world's words say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity
from sklearn.metrics import f1_score

from benchmarks.command import run_one
from benchmarks.power.challenges.outcome import FILES, Outcome
from benchmarks.power.world2023 import BENCHMARK, check_world, world
from benchmarks.power.world2023.figures import Played, lead, looks_table, rows_of, table_of
from benchmarks.power.world2023.winner import Looks, looks_of, seen
from harness.errors import InputError
from harness.submission.truth import Truth

N, SIZE = 6, 16


@pytest.fixture
def rng():
    return np.random.default_rng(2023)


@pytest.fixture
def folder(tmp_path, rng):
    """A challenge's test: six candidates, a little alike, and 30 images of noise, three of them copies."""
    alike = rng.integers(60, 196, (SIZE, SIZE))
    candidates = np.clip(alike + rng.normal(0, 30, (N, SIZE, SIZE)), 0, 255).astype(np.uint8)
    released = rng.integers(0, 256, (30, SIZE, SIZE), dtype=np.uint8)
    for place, of in ((3, 0), (11, 2), (29, 2)):
        released[place] = np.clip(candidates[of].astype(int) + rng.integers(-25, 26, (SIZE, SIZE)), 0, 255)
    for name, images in (
        ("generated_1/generated_{:05d}", released),
        ("real_unknown_1/real_unknown_{:04d}", candidates),
    ):
        for number, image in enumerate(images, start=1):
            path = tmp_path / "test" / f"{name.format(number)}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
    return tmp_path, candidates, released


def test_the_winners_rule_is_computed_as_published(folder):
    """Pair by pair with scikit-image: above the largest SSIM of two different candidates."""
    path, candidates, released = folder
    found = seen(path)
    pair = [[structural_similarity(x, y, data_range=255) for y in released] for x in candidates]
    apart = max(
        structural_similarity(candidates[i], candidates[j], data_range=255) for i in range(N) for j in range(i)
    )
    assert np.allclose(found.similar, pair, atol=1e-6)
    assert found.apart == pytest.approx(apart, abs=1e-6)
    assert np.array_equal(found.used, np.max(pair, axis=1) > apart)
    assert np.array_equal(found.used, [True, False, True, False, False, False])


def test_two_equal_candidates_leave_nobody_used(folder):
    path, candidates, _ = folder
    Image.fromarray(candidates[4]).save(path / "test" / "real_unknown_1" / "real_unknown_0004.png")
    assert not seen(path).used.any()


def test_looks_are_those_of_members_and_of_strangers(folder):
    path, _, _ = folder
    found = seen(path)
    truth = Truth(tuple("abcdef"), np.array([True, True, True, False, False, False]), np.arange(N), "candidates")
    looks = looks_of(found, truth)
    assert looks.shown == 1, "members 0, 1 and 2 are shown once, never and twice"
    assert looks.members == np.median(found.best[:3])
    assert looks.strangers == np.median(found.best[3:])


@pytest.mark.parametrize("sd", [2.0, 8.0])
def test_grain_is_that_of_the_noise_and_not_of_a_slope(tmp_path, rng, sd):
    slope = np.add.outer(np.arange(64), np.arange(64)) + 60.0
    noisy = (slope + rng.normal(0, sd, slope.shape)).round().astype(np.uint8)
    for leaf, image in (("generated_1", noisy), ("real_unknown_1", slope.astype(np.uint8))):
        (tmp_path / "test" / leaf).mkdir(parents=True)
        for number in (1, 2):
            Image.fromarray(image).save(tmp_path / "test" / leaf / f"{number}.png")
    released, candidates = seen(tmp_path).grain
    assert released == pytest.approx(sd, rel=0.1)
    assert candidates == 0


def played(seed, chosen, winner, used):
    figures = dict.fromkeys(FILES, 0.5)
    outcome = Outcome(seed, "stack", 600, None, figures, figures, {}, {}, [])
    return Played(seed, used, winner, ~used, Looks(0.9, 0.8, 0.85, 3.0, 2.0, 1.5), outcome, chosen)


@pytest.fixture
def two(rng):
    """Two worlds of 200 candidates: the winner with its counts of 2023, the chosen attack right about nine of ten."""
    used = np.repeat([True, False], 100)
    winner = np.r_[np.ones(77, bool), np.zeros(23, bool), np.ones(15, bool), np.zeros(85, bool)]
    return [played(seed, used ^ (rng.random(200) < 0.1), winner, used) for seed in (1, 2)]


def test_the_lead_is_the_difference_and_is_drawn_over_candidates(two):
    for one in two:
        apart = lead([one])["accuracy"]
        right = (one.chosen == one.used).astype(float) - (one.winner == one.used)
        assert apart.value == pytest.approx(right.mean())
        half = 1.96 * right.std() / np.sqrt(200)
        assert (apart.low, apart.high) == pytest.approx((right.mean() - half, right.mean() + half), abs=0.015)
    both = lead(two)
    assert both["accuracy"].value == pytest.approx(np.mean([lead([one])["accuracy"].value for one in two]))
    assert both["F1"].low < both["F1"].value < both["F1"].high


def test_worlds_are_drawn_and_not_their_patients_alone(two):
    """One world that is won and one that is lost whole: over patients alone the mean would be known well."""
    used = two[1].used
    won, lost = two[0], played(2, ~used, used, used)
    wide, narrow = (apart["accuracy"] for apart in (lead([won, lost]), lead([won])))
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_the_half_is_another_rival(two):
    """Here it is wrong about everybody."""
    for one in two:
        ahead = lead([one], "half")
        assert ahead["F1"].value == pytest.approx(f1_score(one.used, one.chosen))
        assert ahead["accuracy"].value == pytest.approx((one.chosen == one.used).mean())
    rows = {row.name: row.value for row in rows_of(two)}
    assert rows["mean F1 of the half with the largest SSIM"] == 0
    how = "mean over worlds, Student's"
    assert (
        rows[f"F1 less that of the half with the largest SSIM, {how}: lower end"]
        > rows[f"F1 less the winner's, {how}: lower end"]
    )


def test_the_half_is_the_nearer_one(folder):
    found = seen(folder[0])
    assert found.half.sum() == N // 2
    assert found.best[found.half].min() >= found.best[~found.half].max()


@pytest.mark.parametrize("option", ["--keep", "--store"])
def test_a_folder_that_cannot_be_made_is_told(tmp_path, capsys, option):
    (tmp_path / "file").touch()
    below = str(tmp_path / "file" / "below")
    assert run_one(BENCHMARK, ["--quick", option, below]) == 2
    assert capsys.readouterr().err.startswith(f"Error: {option} ")


def test_equal_answers_have_no_lead(two):
    same = [played(one.seed, one.winner, one.winner, one.used) for one in two]
    assert all((apart.value, apart.low, apart.high) == (0, 0, 0) for apart in lead(same).values())


def test_the_rows_say_whether_the_winner_did_what_it_did(two):
    rows = {row.name: row for row in rows_of(two)}
    of_winner = rows["mean F1 of the winner's rule"]
    assert of_winner.value == pytest.approx(0.80208, abs=1e-5)
    assert of_winner.holds
    assert rows["mean accuracy of the winner's rule"].value == pytest.approx(0.81)
    weak = [played(one.seed, one.chosen, np.zeros(200, bool), one.used) for one in two]
    assert not {row.name: row for row in rows_of(weak)}["mean F1 of the winner's rule"].holds
    assert two[0].counts_of_winner == (77, 15, 23, 85)
    assert table_of(two).row_count == looks_table(two).row_count == 2
    alone = [Played(one.seed, one.used, one.winner, one.half, one.looks) for one in two]
    assert [row.name for row in rows_of(alone)] == [
        name for name in rows if not any(word in name for word in ("chosen", "less", "the same", "the half"))
    ]
    assert table_of(alone).row_count == 2
    assert len(rows_of(two[:1])) == len(rows) - 9, "one world has no intervals over worlds, and no rows of each"


def test_each_of_several_worlds_has_its_own_rows(two):
    rows = {row.name: row.value for row in rows_of(two)}
    for one in two:
        assert rows[f"world {one.seed}: the winner's rule"] == pytest.approx(f1_score(one.used, one.winner))
    own = [rows[f"world {one.seed}: the chosen attack, stack"] for one in two]
    right = [f1_score(one.used, one.chosen) for one in two]
    assert own == pytest.approx(right)
    assert own[0] != own[1]


def test_members_outside_the_candidates_are_many_and_no_patient_is_left_over():
    said = dict(word.split("=", 1) for word in world.make_words(world.SEEDS[0]))
    asked = 2 * (int(said["dev.patients"]) + int(said["test.patients"]))
    assert (asked, said["test.n_images"], said["dev.n_images"], said["data.slices"]) == (360, "10000", "500", "1")
    assert int(said["more_members"]) >= 100
    assert int(said["data.patients"]) == asked + int(said["more_members"])


def test_a_world_whose_slices_came_out_otherwise_is_refused(tmp_path):
    seed = world.SEEDS[0]
    (tmp_path / "challenge.json").write_text(json.dumps({"slices": "others"}))
    with pytest.raises(InputError, match=f"seed {seed}, are others here"):
        check_world(tmp_path, seed)
    (tmp_path / "challenge.json").write_text(json.dumps({"slices": world.SLICES[seed]}))
    check_world(tmp_path, seed)
