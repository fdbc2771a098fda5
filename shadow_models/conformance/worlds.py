"""Toy slices to train on, and how well members are told from others by what is released."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from shadow_models.generator import Generator
    from shadow_models.recipe import Recipe

N_MEMBERS, N_OTHERS = 8, 64
N_IMAGES = 6  # of the release that most tests look at
KNOTS = 4  # along each side of a slice: 16 grey levels decide it
TRAINED_WITH, DRAWN_WITH = 1, 2  # seeds


def toy_slices(n: int, size: int, seed: int) -> NDArray[np.uint8]:
    """n different smooth slices, uint8 [n, size, size]: 4 x 4 grey levels at random, and straight lines between."""
    knots = np.random.default_rng(seed).uniform(20, 235, (n, KNOTS, KNOTS))
    place = np.clip((np.arange(size) + 0.5) / size * KNOTS - 0.5, 0, KNOTS - 1)
    weight = np.maximum(0.0, 1.0 - np.abs(place[:, None] - np.arange(KNOTS)))
    return np.asarray((weight @ knots @ weight.T).round(), dtype=np.uint8)


def members_for(recipe: Recipe) -> NDArray[np.uint8]:
    """The slices that every test trains on, uint8 [8, size, size]; a fresh array."""
    return toy_slices(N_MEMBERS, recipe.size, seed=11)


def others_for(recipe: Recipe) -> NDArray[np.uint8]:
    """Slices of the same kind that are no members, uint8 [64, size, size]; a fresh array."""
    return toy_slices(N_OTHERS, recipe.size, seed=12)


def trained_on(members: NDArray[np.uint8], recipe: Recipe, seed: int = TRAINED_WITH) -> Generator:
    """A generator of the recipe, trained on the CPU, where the same seed gives the same bytes."""
    from shadow_models.train import train

    return train(members, recipe, seed=seed, device="cpu")


def nearest_rms(release: NDArray[np.uint8], slices: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Root mean square difference of every slice to the nearest released image, grey levels, float64 [n]."""
    difference = slices[:, None].astype(np.float64) - release[None]
    return np.asarray((difference**2).mean(axis=(2, 3)).min(axis=1) ** 0.5, dtype=np.float64)


def auc_of(members: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """The probability that a member's score is above another's; one half for ties."""
    difference = members[:, None] - others[None]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


def digest(release: NDArray[np.uint8]) -> str:
    """The sha256, hex, of a release."""
    return hashlib.sha256(np.ascontiguousarray(release).tobytes()).hexdigest()
