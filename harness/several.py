"""In how many processes a command was started, by what `accelerate launch` and `torchrun` say."""

from __future__ import annotations

import os


def n_processes() -> int:
    """How many processes this command was started in; 1 without such a launcher."""
    return number_of("WORLD_SIZE", 1) if "RANK" in os.environ else 1


def is_first() -> bool:
    """Whether this process is the command itself, and not one that takes part in its trainings alone."""
    return n_processes() == 1 or number_of("RANK", 0) == 0


def number_of(name: str, otherwise: int) -> int:
    """A variable of the environment as a number; otherwise: where it is none."""
    try:
        return int(os.environ.get(name, otherwise))
    except ValueError:
        return otherwise
