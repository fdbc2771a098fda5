"""Trainings that are asked to end."""

from __future__ import annotations

from collections.abc import Callable


def after(steps: int) -> Callable[[], bool]:
    """Say after so many steps of a training that it is to end."""
    asked = [0]

    def stopping() -> bool:
        asked[0] += 1
        return asked[0] >= steps

    return stopping
