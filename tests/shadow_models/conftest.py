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
    return DctRecipe.tiny()


@pytest.fixture(scope="session")
def slices() -> NDArray[np.uint8]:
    """Six blobs with some grain, uint8 [6, 16, 16]."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:16, :16]
    centre, width = rng.uniform(4, 12, (6, 2, 1, 1)), rng.uniform(2, 5, (6, 1, 1))
    blobs = np.exp(-((x - centre[:, 0]) ** 2 + (y - centre[:, 1]) ** 2) / width**2)
    return np.asarray((200 * blobs + 20 + rng.normal(0, 6, blobs.shape)).round().clip(0, 255), np.uint8)
