"""Training a generator of any family on its members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shadow_models.one_training import KEPT_EVERY_SEC, Due, never
from shadow_models.recipe import Recipe, Training, check_start

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.generator import Generator
    from shadow_models.one_training import Report


def train(
    members: NDArray[np.uint8],
    recipe: Recipe,
    *,
    seed: int,
    start: Generator | None = None,
    device: str = "auto",
    checkpoint: Path | None = None,
    checkpoint_every: float = KEPT_EVERY_SEC,
    report: Report | None = None,
    log: Path | None = None,
    stopping: Callable[[], bool] = never,
) -> Generator:
    """Train a generator on the members, uint8 [n, size, size]; it stays on the device it was trained on.

    With `start`, a generator of the same network, training goes on from its weights. With `checkpoint` a folder, the
    state is kept there every `checkpoint_every` seconds (0: after every step) and taken up again; deleting the folder
    is the caller's job. `report(done_steps, total_steps)` is called every few steps, `stopping()` after each: where
    it is true, the state is kept and `Stopped` raised.

    Raises ValueError, one sentence, for members of a wrong shape or too few for the recipe, a start of another
    network, a device that is not here, or a checkpoint of another recipe, seed, start or set of members;
    `DivergedError`, one too, where a loss is no number any more.
    """
    _check(members, recipe, checkpoint_every)
    recipe.check_members(len(members))
    if start is not None:
        check_start(start.recipe, recipe)
    due = Due(checkpoint_every)
    return recipe.train(members, Training(seed, start, device, checkpoint, due, report, log, stopping=stopping))


def _check(members: NDArray[Any], recipe: Recipe, checkpoint_every: float) -> None:
    side = recipe.size
    if members.dtype != "uint8" or members.ndim != 3 or members.shape[1:] != (side, side) or len(members) < 1:
        raise ValueError(
            f"Members must be at least one uint8 slice [n, {side}, {side}] for this recipe, "
            f"but are {members.dtype} {list(members.shape)}: resize them or set the recipe's size."
        )
    if not checkpoint_every >= 0:
        raise ValueError(f"checkpoint_every is {checkpoint_every}, but must be 0 or more seconds.")
