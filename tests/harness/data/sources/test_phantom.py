import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data.sources.phantom import MOST_PER_PATIENT, phantom_slices
from harness.errors import InputError

REAL = Path(__file__).parents[5] / "shared" / "data" / "lung_slices"


def _rms(pixels: np.ndarray) -> np.ndarray:
    flat = pixels.reshape(len(pixels), -1).astype(np.float64)
    squares = (flat**2).sum(axis=1)
    gaps = np.maximum(squares[:, None] + squares[None, :] - 2 * flat @ flat.T, 0)
    return np.sqrt(gaps / flat.shape[1])


def _nearest_other(pixels: np.ndarray) -> np.ndarray:
    gaps = _rms(pixels)
    np.fill_diagonal(gaps, np.inf)
    return gaps.min(axis=1)


@pytest.fixture(autouse=True)
def _patients_are_drawn_once() -> None:
    """Not here: else the same would be the same whatever drew it."""


@pytest.fixture(scope="module")
def cohort() -> np.ndarray:
    return phantom_slices(40, 3, 64, seed=1).pixels.reshape(40, 3, 64, 64)


def test_shape_names_and_order() -> None:
    slices = phantom_slices(2, 3, 32, seed=0)
    assert slices.pixels.shape == (6, 32, 32)
    assert slices.pixels.dtype == np.uint8
    assert slices.ids[4] == "phantom_0001_01"
    assert slices.patient_ids == ("phantom_0000",) * 3 + ("phantom_0001",) * 3


def test_same_seed_same_slices_and_another_seed_others() -> None:
    first, again, other = (phantom_slices(2, 2, 32, seed).pixels for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_more_patients_or_slices_change_none_there_were() -> None:
    few = phantom_slices(2, 2, 32, seed=3)
    many = phantom_slices(4, 3, 32, seed=3)
    kept = [many.ids.index(name) for name in few.ids]
    assert np.array_equal(many.pixels[kept], few.pixels)


@pytest.mark.parametrize("size", [16, 50, 64, 128, 256])
def test_every_size_shows_the_same_anatomy(size: int) -> None:
    small = phantom_slices(1, 1, size, seed=2).pixels[0]
    large = phantom_slices(1, 1, 256, seed=2).pixels[0]
    reduced = np.asarray(Image.fromarray(large).resize((size, size), Image.Resampling.BOX), np.float64)
    assert np.corrcoef(small.ravel(), reduced.ravel())[0, 1] > 0.97


def test_grey_values_are_those_of_a_lung_window(cohort: np.ndarray) -> None:
    dark, middle = (cohort < 100).mean(), ((cohort >= 100) & (cohort < 160)).mean()
    assert 0.4 < dark < 0.8, "air and lung"
    assert middle < 0.15, "little lies between lung and soft tissue"
    assert (cohort > 240).mean() > 0.005, "bone"


def test_adjacent_slices_are_far_closer_than_other_patients(cohort: np.ndarray) -> None:
    steps = cohort[:, 1:].astype(np.float64) - cohort[:, :-1]
    adjacent = np.sqrt((steps**2).mean(axis=(2, 3))).ravel()
    nearest_other = _nearest_other(cohort[:, 0])
    assert adjacent.max() < nearest_other.min()
    assert np.median(adjacent) < 0.4 * np.median(nearest_other)
    assert adjacent.min() > 1, "adjacent slices are not copies"


def test_distance_grows_with_the_gap_between_slices() -> None:
    pixels = phantom_slices(6, 6, 64, seed=4).pixels.reshape(6, 6, 64, 64)
    rms = [np.median([_rms(patient)[0, gap] for patient in pixels]) for gap in (1, 3, 5)]
    assert rms[0] < rms[1] < rms[2]


@pytest.mark.skipif(not REAL.is_dir(), reason=f"real slices are not at {REAL.name} beside the repository")
def test_patients_differ_as_much_as_real_ones() -> None:
    with (REAL / "metadata.csv").open(newline="") as file:
        first = {row["patient_id"]: row["file_name"] for row in reversed(list(csv.DictReader(file)))}
    real = np.stack([np.asarray(Image.open(REAL / name).reduce(4)) for name in first.values()])
    drawn = phantom_slices(len(real), 1, 64, seed=1).pixels
    assert np.median(_nearest_other(drawn)) >= np.median(_nearest_other(real))


@pytest.mark.parametrize(("patients", "slices"), [(0, 1), (1, 0), (1, MOST_PER_PATIENT + 1), (-2, 3)])
def test_counts_out_of_range_are_refused(patients: int, slices: int) -> None:
    with pytest.raises(InputError, match=f"{patients} phantom patients with {slices} slices"):
        phantom_slices(patients, slices, 64, seed=0)


def test_most_slices_of_every_patient_stay_in_the_lung() -> None:
    slices = phantom_slices(8, MOST_PER_PATIENT, 32, seed=0)
    assert len(np.unique(slices.pixels.reshape(len(slices), -1), axis=0)) == len(slices)


def test_a_tiny_size_is_refused() -> None:
    with pytest.raises(InputError, match="16 or more"):
        phantom_slices(1, 1, 8, seed=0)
