from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from shadow_models.families.dct import DctRecipe


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)  # tiny networks lose more to waking threads than they gain


@pytest.fixture(scope="session")
def tiny() -> DctRecipe:
    """A recipe of 16x16 slices that trains in about a second."""
    return replace(
        DctRecipe(),
        size=16,
        block=4,
        whitening=0.0,
        overview=32,
        closeup=8,
        learning_rate=4e-3,
        time_mean=0.2,
        time_sd=1.5,
        channels=[8, 8],
        layers=1,
        norm_groups=4,
        steps=12,
        batch=4,
        sample_steps=15,
    )


@pytest.fixture(scope="session")
def slices() -> NDArray[np.uint8]:
    """Six blobs with some grain, uint8 [6, 16, 16]."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:16, :16]
    centre, width = rng.uniform(4, 12, (6, 2, 1, 1)), rng.uniform(2, 5, (6, 1, 1))
    blobs = np.exp(-((x - centre[:, 0]) ** 2 + (y - centre[:, 1]) ** 2) / width**2)
    return np.asarray((200 * blobs + 20 + rng.normal(0, 6, blobs.shape)).round().clip(0, 255), np.uint8)
