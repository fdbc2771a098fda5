"""How many jobs a cluster has room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.config.launch_options import RayLaunch
from harness.errors import InputError

_GIB = 2**30


class Room(NamedTuple):
    """at_a_time: jobs; of_each: what Ray sets aside for one, as it takes it; device: that it computes on."""

    at_a_time: int
    of_each: dict[str, float]
    device: str

    @property
    def told(self) -> str:
        """What a job takes, in words."""
        names = {"num_cpus": "CPU", "num_gpus": "GPU", "memory": "GiB"}
        parts = [
            f"{value / _GIB if name == 'memory' else value:g} {names[name]}" for name, value in self.of_each.items()
        ]
        return ", ".join(parts)


def room_of(nodes: Sequence[Mapping[str, Any]], options: RayLaunch, device: str) -> Room:
    """The room on these nodes, as `ray.nodes()` tells them.

    Raises InputError where none of them could ever do one job.
    """
    alive = [one["Resources"] for one in nodes if one["Alive"]]
    gpus = options.gpus
    if gpus is None:
        has_gpus = any(one.get("GPU", 0) > 0 for one in alive)
        gpus = 1.0 if device == "cuda" or (device == "auto" and has_gpus) else 0.0
    of_each = {"num_cpus": options.cpus, "num_gpus": gpus}
    if options.memory_gib is not None:
        of_each["memory"] = options.memory_gib * _GIB
    names = {"num_cpus": "CPU", "num_gpus": "GPU", "memory": "memory"}
    fits = sum(
        min(int(one.get(names[name], 0) // value) for name, value in of_each.items() if value > 0) for one in alive
    )
    computes = device if device != "auto" else "cuda:0" if gpus else "cpu"
    room = Room(fits if options.workers is None else min(fits, options.workers), of_each, computes)
    if fits < 1:
        raise InputError(
            f"A job takes {room.told}, and no node of the cluster has that; give less with launch.cpus, launch.gpus "
            "or launch.memory_gib."
        )
    return room
