"""What a release looks like, told without labels."""

from __future__ import annotations

import numpy as np
import pytest

from harness.data.sources.phantom import phantom_slices
from harness.evaluation.release_statistics import SHOWN, STATISTICS, outlines, statistics


@pytest.fixture(scope="module")
def slices() -> np.ndarray:
    return phantom_slices(40, 1, 32, 0).pixels


def law(name: str, release: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    return statistics(release, candidates)[STATISTICS.index(name)]


def test_near_copies_are_images_that_nearly_repeat_another(slices):
    """Half the usual distance: slices of other patients are no copies, and the same ones with a little noise are."""
    apart, candidates = slices[:20], slices[20:]
    assert law("near copies", apart, candidates).mean() < 0.2
    noise = np.random.default_rng(0).normal(0, 2, apart.shape)
    twice = np.concatenate([apart, np.clip(apart + noise, 0, 255).astype(np.uint8)])
    assert law("near copies", twice, candidates).mean() == 1


def test_the_spectrum_tells_grain_from_blur(slices):
    rng = np.random.default_rng(1)
    grainy = np.clip(slices + rng.normal(0, 20, slices.shape), 0, 255).astype(np.uint8)
    blurred = ((slices.astype(float) + np.roll(slices, 1, 1) + np.roll(slices, 1, 2)) / 3).astype(np.uint8)
    levels = [law("fine structure", one, slices).mean() for one in (blurred, slices, grainy)]
    assert levels == sorted(levels)
    assert law("spectrum slope", grainy, slices).mean() > law("spectrum slope", slices, slices).mean()


def test_outlines_are_quantiles_in_order(slices):
    told = outlines(statistics(slices[:20], slices[20:]))
    assert tuple(told) == STATISTICS
    assert {name: len(values) for name, values in told.items() if name != "near copies"} == dict.fromkeys(
        [name for name in STATISTICS if name != "near copies"], len(SHOWN)
    )
    assert all(values == sorted(values) for values in told.values())
