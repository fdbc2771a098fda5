"""How every loop of this room is compiled: on its first call, and kept on disk where a place can be written."""

from __future__ import annotations

import hashlib
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
        options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "inline": inline}
        told = repr([options, sorted(fastmath or ())])
        options["fastmath"] = fastmath or False
        # numba finds the machine code that it kept by the loop's name and file, whatever it was compiled with.
        loop.__qualname__ += "_" + hashlib.sha256(told.encode()).hexdigest()[:8]

        def made(cache: bool) -> Loop:
            return cast("Loop", njit(cache=cache, **options)(loop))

        try:
            return made(cache=True)
        except RuntimeError:  # no place can be written, neither beside the module nor at home: every process compiles
            return made(cache=False)

    return of_loop
