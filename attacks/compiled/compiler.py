"""How every loop of this room is compiled: on its first call, and kept on disk where a place can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast

from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(
    fastmath: set[str] | None = None, inline: Literal["never", "always"] = "never"
) -> Callable[[Loop], Loop]:
    """A decorator; without flags every operation is as it stands, none fused and none reordered.

    fastmath: LLVM's flags of what rounding may change; inline: into the callers, with their flags. A division by zero
    is as NumPy's.
    """

    def of_loop(loop: Loop) -> Loop:
        def made(cache: bool) -> Loop:
            options = njit(cache=cache, nogil=True, error_model="numpy", fastmath=fastmath or False, inline=inline)
            return cast("Loop", options(loop))

        try:
            return made(cache=True)
        except RuntimeError:  # no place can be written, neither beside the module nor at home: every process compiles
            return made(cache=False)

    return of_loop
