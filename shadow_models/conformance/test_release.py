"""Sampling: a release of the promised kind that the seed alone decides, and in which members come out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from shadow_models.conformance.elsewhere import Elsewhere
from shadow_models.conformance.worlds import DRAWN_WITH, N_IMAGES, auc_of, digest, nearest_rms
from shadow_models.generator import Generator
from shadow_models.recipe import Recipe
from shadow_models.sample import sample

FOUND = 0.9  # AUC from which members count as found; of a generator that learnt half of them it is less
# Median distance of members by that of others. Who knows but mean and spread of every pixel reaches 0.8, the
# principal components of the members 0.45, copies with noise of 20 grey levels 0.35.
FAR_NEARER = 0.6
DRAWN = 128  # images among which they are looked for
ROUNDING = 1  # grey levels by which an image may differ where floats are added in another order


def test_release_is_uint8_of_the_size(recipe: Recipe, release: NDArray[np.uint8]) -> None:
    """As many images as asked for, uint8 [n, size, size]."""
    assert isinstance(release, np.ndarray)
    assert release.dtype == np.uint8
    assert release.shape == (N_IMAGES, recipe.size, recipe.size)


def test_same_seed_same_release(trained: Generator, release: NDArray[np.uint8]) -> None:
    """Asked again, a generator gives the same bytes, and is the same as before."""
    before = trained.fingerprint()
    assert np.array_equal(sample(trained, N_IMAGES, seed=DRAWN_WITH), release)
    sample(trained, 3, seed=DRAWN_WITH + 1)
    assert np.array_equal(sample(trained, N_IMAGES, seed=DRAWN_WITH), release)
    assert trained.fingerprint() == before


def test_another_process_draws_the_same(release: NDArray[np.uint8], elsewhere: Elsewhere) -> None:
    """Nothing hangs on the process."""
    assert elsewhere.release == digest(release)


def test_another_seed_draws_another_release(trained: Generator, release: NDArray[np.uint8]) -> None:
    """The seed has a say."""
    assert not np.array_equal(sample(trained, N_IMAGES, seed=DRAWN_WITH + 1), release)


def test_an_image_does_not_hang_on_how_many_are_drawn(trained: Generator, release: NDArray[np.uint8]) -> None:
    """Image i hangs on (seed, i): a shorter release and one in other batches are the same, but for rounding."""
    shorter = sample(trained, N_IMAGES - 2, seed=DRAWN_WITH)
    batches = sample(trained, N_IMAGES, seed=DRAWN_WITH, batch=4)
    for drawn in (shorter, batches):
        difference = np.abs(drawn.astype(int) - release[: len(drawn)])
        assert difference.max() <= ROUNDING, "images that are drawn together change one another"


def test_sampling_reports_its_images(trained: Generator) -> None:
    """`report(done, n_images)` is called with rising numbers, at last with all."""
    seen: list[tuple[int, int]] = []
    sample(trained, N_IMAGES, seed=0, batch=4, report=lambda done, total: seen.append((done, total)))
    assert seen, "report was never called"
    assert seen == sorted(seen)
    assert seen[-1] == (N_IMAGES, N_IMAGES)


def test_members_come_out(
    family: type[Recipe], overfitted: Generator, members: NDArray[np.uint8], others: NDArray[np.uint8]
) -> None:
    """What learnt 8 slices by heart (`Recipe.overfits`) releases images far nearer to them than to others.

    Without that a family has nothing to leak, and every attack on it is at chance for a reason of its own.
    """
    if not family.learns:
        pytest.skip("The family says that its release does not hang on the members.")
    release = sample(overfitted, DRAWN, seed=DRAWN_WITH)
    of_members, of_others = nearest_rms(release, members), nearest_rms(release, others)
    auc, ratio = auc_of(-of_members, -of_others), float(np.median(of_members) / np.median(of_others))
    assert auc >= FOUND, f"AUC {auc:.3f} of the distance to the nearest released image, not {FOUND}"
    assert ratio <= FAR_NEARER, f"members' distance is {ratio:.2f} of the others', and not {FAR_NEARER} at most"
