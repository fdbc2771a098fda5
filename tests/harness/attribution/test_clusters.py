"""Fingerprints: generators that differ in the high frequencies are told apart, and one generator is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.metrics import adjusted_rand_score
from tiny import write_slices

from harness.attribution import __main__ as attribution
from harness.attribution.clusters import METHODS, adjusted_rand, clustered, spectra
from harness.attribution.tables import rand_index
from harness.data.sources.phantom import phantom_slices

GRAIN = 3.0  # standard deviation of what a generator adds, grey levels: too little to be seen
N_EACH = 60


@pytest.fixture(scope="module")
def chests():
    return gaussian_filter(phantom_slices(2 * N_EACH, 1, 64, 0).pixels.astype(np.float64), (0, 0.7, 0.7))


def released(chests, upsampled):
    """The chests as a generator gives them out: with fine grain, or with that of a layer at half the resolution."""
    rng = np.random.default_rng(1)
    grain = rng.normal(size=chests.shape)
    if upsampled:
        grain = np.kron(rng.normal(size=(len(chests), 32, 32)), np.ones((2, 2)))
    return np.clip(np.rint(chests + GRAIN * grain), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def two_generators(chests):
    return np.concatenate([released(chests[:N_EACH], False), released(chests[N_EACH:], True)])


TRUTH = np.repeat([0, 1], N_EACH)


def test_generators_are_told_by_their_spectra(two_generators):
    assert adjusted_rand_score(TRUTH, clustered(two_generators, "mixture", 2)) > 0.95


def test_what_is_shown_does_not_tell_them(two_generators):
    """Else the test above would be about the chests."""
    assert abs(adjusted_rand_score(TRUTH, clustered(two_generators, "pixels", 2))) < 0.1


@pytest.mark.parametrize("method", METHODS)
def test_one_generator_is_not_parted(chests, method):
    assert abs(adjusted_rand_score(TRUTH, clustered(released(chests, True), method, 2))) < 0.1


@pytest.mark.parametrize("size", [8, 17])
def test_spectra_of_odd_and_small_images_are_finite(size):
    drawn = np.random.default_rng(0).integers(0, 256, (3, size, size), np.uint8)
    drawn[0] = 7
    assert np.isfinite(spectra(drawn)).all()


def test_order_says_nothing(two_generators):
    order = np.random.default_rng(2).permutation(len(two_generators))
    moved, still = clustered(two_generators[order], "mixture", 2), clustered(two_generators, "mixture", 2)
    assert adjusted_rand_score(still[order], moved) == 1.0
    assert still[0] == 0
    assert moved[0] == 0


@pytest.mark.parametrize("seed", range(5))
def test_adjusted_rand_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.integers(4, size=80), rng.integers(3, size=80)
    second[:40] = first[:40] % 3
    assert adjusted_rand(first, second)[0] == pytest.approx(adjusted_rand_score(first, second), abs=1e-12)
    assert adjusted_rand(first, first)[0] == 1.0


def test_weights_count_pairs_of_different_images():
    """Pair by pair: twice the image is twice its pairs with others, none with itself."""
    rng = np.random.default_rng(0)
    first, second, weight = rng.integers(3, size=30), rng.integers(2, size=30), rng.integers(0, 4, size=30)
    one, other = np.triu_indices(30, 1)
    times = weight[one] * weight[other]
    in_first, in_second = first[one] == first[other], second[one] == second[other]
    both, rows, columns = (times[which].sum() for which in (in_first & in_second, in_first, in_second))
    expected = rows * columns / times.sum()
    index = (both - expected) / ((rows + columns) / 2 - expected)
    assert adjusted_rand(first, second, weight[None])[0] == pytest.approx(index, abs=1e-12)


def test_interval_of_unrelated_parts_covers_zero():
    """Resamples whose repeated images counted as agreeing would lie above it."""
    rng = np.random.default_rng(0)
    found = [rand_index(*rng.integers(4, size=(2, 100))) for _ in range(40)]
    assert np.mean([one.low <= 0.0 <= one.high for one in found]) >= 0.85


def test_interval_covers_a_known_index():
    """Answers that are right with a known probability: the index of very many is the one to cover."""
    rng = np.random.default_rng(1)

    def drawn(n):
        truth = rng.integers(2, size=n)
        return np.where(rng.random(n) < 0.85, truth, 1 - truth), truth

    known = adjusted_rand_score(*drawn(200_000))
    found = [rand_index(*drawn(150)) for _ in range(40)]
    assert np.mean([one.low <= known <= one.high for one in found]) >= 0.85


def test_command_parts_a_folder(tmp_path, two_generators, capsys):
    order = np.random.default_rng(3).permutation(len(two_generators))
    write_slices(tmp_path / "images", two_generators[order])
    rows = "".join(f"slice_{at + 1:03d},{'ab'[TRUTH[one]]}\n" for at, one in enumerate(order))
    (tmp_path / "truth.csv").write_text("id,generator\n" + rows)
    given = ["--images", str(tmp_path / "images"), "--out", str(tmp_path / "answers.csv")]
    assert attribution.main([*given, "--cluster", "2", "--truth", str(tmp_path / "truth.csv")]) == 0
    answers = [int(line.split(",")[1]) for line in (tmp_path / "answers.csv").read_text().splitlines()]
    index = adjusted_rand_score(TRUTH[order], answers)
    assert index > 0.95
    assert set(answers) == {1, 2}
    printed = capsys.readouterr().out
    assert f"mixture * {index:.3f} [" in " ".join(printed.split())
    assert attribution.main([*given, "--cluster", "auto"]) == 0
    assert "ARI [95 %]" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--cluster", "1"], "--cluster 1 must be a number of generators, 2 or more, or auto"),
        (["--cluster", "some"], "--cluster some must be a number"),
        (["--cluster", "3"], "3 images cannot be parted into 3 clusters"),
        (["--cluster", "2", "--distance", "ncc"], "--distance goes with --subsets"),
    ],
)
def test_mistakes_get_a_sentence(tmp_path, images, capsys, given, message):
    write_slices(tmp_path / "images", images(3, 16, 0))
    assert attribution.main(["--images", str(tmp_path / "images"), "--size", "16", *given]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_methods_are_those_there_are():
    """Written out in the command so that --help is quick."""
    assert tuple(METHODS) == attribution.METHODS
