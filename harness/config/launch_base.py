"""What every way to run jobs takes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.errors import InputError


@dataclass
class LaunchOptions:
    """What every way to run jobs takes; the options of a plug-in are a subclass (`harness.config.launch_plug_ins`).

    name: how; checkpoint_seconds: of the clock between two checkpoints of a training, what it loses at most where it
    is killed. shard_images: a release of more images than that is looked at in shards of at most so many, a job each;
    None looks at every release as a whole. No result depends on it.
    """

    name: str = ""
    checkpoint_seconds: float = 60.0
    shard_images: int | None = None

    def check(self) -> None:
        """What types cannot check; nothing is started or asked for. Raises InputError, naming the option."""
        if not 0 <= self.checkpoint_seconds < math.inf:
            raise InputError(
                f"launch.checkpoint_seconds={self.checkpoint_seconds} must be a number of seconds from 0."
            )
        if self.shard_images is not None and self.shard_images < 1:
            raise InputError(f"launch.shard_images={self.shard_images} must be at least 1, or null for no shards.")

    def expected_at_a_time(self) -> int | None:
        """How many jobs are done at a time, for a dry run; None where the options alone do not tell."""
        return None
