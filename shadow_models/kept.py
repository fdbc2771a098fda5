"""Members kept as they are: all that is saved of a generator that is not trained, or not by us."""

from __future__ import annotations

from io import BytesIO
from tokenize import TokenError
from typing import TYPE_CHECKING

import numpy as np

from shadow_models.generator import Generator

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from shadow_models.recipe import Recipe

MEMBERS = "members.npy"


class KeptMembers(Generator):
    """A generator that holds its members, uint8 [n, size, size], in their order."""

    def __init__(self, recipe: Recipe, members: NDArray[np.uint8]) -> None:
        self.recipe, self.members = recipe, members

    def content(self) -> dict[str, bytes]:
        """The members, an npy file."""
        file = BytesIO()
        np.save(file, np.ascontiguousarray(self.members), allow_pickle=False)
        return {MEMBERS: file.getvalue()}


def read_members(folder: Path, size: int) -> NDArray[np.uint8]:
    """Return what `content` held, uint8 [n, size, size]; ValueError, one sentence, for what are no such members.

    Type and shape are those of the file's head, so that what is too large is not read.
    """
    path = folder / MEMBERS
    try:
        members = np.lib.format.open_memmap(path, mode="r")
    except (
        ValueError,
        TokenError,
        SyntaxError,
        OverflowError,
        TypeError,
    ) as error:  # numpy reads its head as Python's words
        raise ValueError(f"{path} is no file of members ({error}).") from error
    if members.dtype != "uint8" or members.ndim != 3 or members.shape[1:] != (size, size) or len(members) < 1:
        raise ValueError(
            f"{path} holds {members.dtype} {list(members.shape)}, but members of the recipe beside it are uint8 "
            f"[n, {size}, {size}], at least one."
        )
    return np.array(members, order="C")


def refuse_start(recipe: Recipe, start: Generator | None) -> None:
    """ValueError, one sentence, where a family that has no weights is to go on from another generator."""
    if start is not None:
        raise ValueError(
            f"The generator {recipe.name!r} has no weights that could go on from another's: start it from nothing."
        )
