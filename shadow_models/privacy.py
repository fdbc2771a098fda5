"""Differential privacy as options of a family: what is promised, and how much noise that takes.

The promise (DP-SGD, arXiv 1607.00133) is about one slice, not one patient: whether it is among the members changes
the chance of any generator by a factor of at most e^epsilon, but for a chance of delta. It holds for the weights, and
so for all that is made of them, if

- the seed stays secret: batches and noise are drawn from it, and who knows it can draw them again;
- a start has not seen the members: what it learnt of them is not counted;
- how many members there are, and the options, may be known;
- rounding is not used against it: noise is made of floats, as arXiv 2112.05307 says of most implementations.

Nothing here imports torch or opacus.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, NamedTuple

from shadow_models.recipe import Recipe, check_ranges, refuse

PRIVACY_OPTIONS = ("epsilon", "delta", "clip")


@dataclass(frozen=True)
class PrivacyOptions:
    """Options of differential privacy, for a recipe with `steps`, `batch` and `precision` to take up."""

    epsilon: float | None = None
    """Bound on what a generator may give away of a single slice, a natural logarithm; None: no promise at all."""
    delta: float = 1e-5
    """Chance with which the bound may fail; only with `epsilon`."""
    clip: float = 1.0
    """Longest gradient of one slice: longer ones are shortened to it; only with `epsilon`."""

    measured: ClassVar[str] = ""
    """What besides weights is fitted to the members, without noise, where training starts from nothing."""
    optional: ClassVar[Collection[str]] = ("epsilon",)
    dependent: ClassVar[Mapping[str, str]] = {"delta": "epsilon", "clip": "epsilon"}


class Privacy(NamedTuple):
    """What keeps the promise in every step."""

    seed: int
    noise_multiplier: float
    """Standard deviation of the noise in units of `clip`."""
    clip: float
    batch: int
    """Members in a batch on the average."""


def check_privacy(recipe: Recipe) -> None:
    """ValueError, one sentence, where a recipe's options of privacy cannot be."""
    epsilon = getattr(recipe, "epsilon", None)
    check_ranges(recipe, (("epsilon", 1e-3, 1e4), ("delta", 1e-12, 0.5), ("clip", 1e-6, 1e6)))
    for name in ("delta", "clip"):
        if epsilon is None and getattr(recipe, name) != getattr(PrivacyOptions, name):
            refuse(name, getattr(recipe, name), "left out without epsilon, of which it says something")
    precision = getattr(recipe, "precision", "fp32")
    if epsilon is not None and precision != "fp32":
        refuse("precision", precision, "fp32 with epsilon: gradients of single slices are taken in no other")


def refuse_measured(recipe: Recipe) -> None:
    """ValueError, one sentence, for epsilon where, for want of a start, something is fitted without noise."""
    epsilon, what = getattr(recipe, "epsilon", None), getattr(recipe, "measured", "")
    if epsilon is not None and what:
        refuse(
            "epsilon",
            epsilon,
            f"None without a start, or {what} would be fitted to the members without noise: start from a generator "
            "that saw none of them",
        )


def privacy_of(recipe: Recipe, n_members: int, seed: int = 0, n_processes: int = 1) -> Privacy | None:
    """Return what keeps the recipe's promise over its `steps`, or None where it makes none.

    ValueError, one sentence, where the promise cannot be kept.
    """
    epsilon, delta, clip = (getattr(recipe, name, None) for name in PRIVACY_OPTIONS)
    if epsilon is None or delta is None or clip is None:
        return None
    batch, steps = (int(getattr(recipe, name)) for name in ("batch", "steps"))
    if n_processes > 1:
        raise ValueError(f"Training with epsilon runs in one process, not in {n_processes}: start one.")
    if batch > n_members:
        refuse("batch", batch, f"at most the number of members, {n_members}, with epsilon")
    if delta * n_members >= 1:
        refuse("delta", delta, f"below one over the number of members, {n_members}")
    return Privacy(seed, noise_for(epsilon, delta, batch / n_members, steps), clip, batch)


@cache
def noise_for(epsilon: float, delta: float, rate: float, steps: int) -> float:
    """Return the noise multiplier with which `steps` steps, each member drawn at `rate`, spend at most epsilon."""
    try:
        from opacus.accountants.utils import get_noise_multiplier  # seconds to import, and not everybody has it
    except ImportError as error:
        raise ValueError(
            "Recipe field epsilon needs the package opacus, which is not installed: install the extra [dp], or leave "
            "epsilon out."
        ) from error
    try:
        with warnings.catch_warnings():  # of orders that would bound what is tried on the way more tightly
            warnings.filterwarnings("ignore", "Optimal order is")
            return float(
                get_noise_multiplier(
                    target_epsilon=epsilon,
                    target_delta=delta,
                    sample_rate=rate,
                    steps=steps,
                    accountant="rdp",
                    epsilon_tolerance=0.01 * epsilon,
                )
            )
    except ValueError as error:
        raise ValueError(
            f"No noise gives epsilon={epsilon:g} at delta={delta:g} in {steps} steps: {error}"
        ) from error
