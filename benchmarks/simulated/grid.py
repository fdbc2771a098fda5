"""Cells of the simulated grid: so many shadows, trainings so many times as long, so many GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.simulated.cluster import Load, Simulated, Site, simulate
from harness.seeds import rng_of

ENOUGH = 0.8
"""Efficiency down to which more GPUs are said to scale."""


class Curve(NamedTuple):
    """One plan on more and more GPUs. longer: its trainings, so many times as measured; cells: one each."""

    shadows: int
    longer: float
    train_sec: float
    gpus: Sequence[int]
    cells: Sequence[Simulated]

    @property
    def scales_to(self) -> int:
        """The most GPUs up to which all are used well; 0 where not even the fewest are."""
        well = 0
        for gpus, cell in zip(self.gpus, self.cells, strict=True):
            if cell.efficiency < ENOUGH:
                break
            well = gpus
        return well

    @property
    def why(self) -> str:
        """What takes most of the rest on the first number of GPUs that is too many; else on the last."""
        for cell in self.cells:
            if cell.efficiency < ENOUGH:
                return cell.bottleneck
        return self.cells[-1].bottleneck


def curve(load: Load, site: Site, shadows: int, longer: float, gpus: Sequence[int]) -> Curve:
    """Simulate one plan on so many GPUs each. site: of any number of them."""
    taken = load._replace(train_sec=[longer * one for one in load.train_sec])
    cells = [
        simulate(taken, shadows, site._replace(gpus=n), rng_of(0, "scaling", shadows, f"{longer:g}", n)) for n in gpus
    ]
    return Curve(shadows, longer, sum(taken.train_sec) / len(taken.train_sec), gpus, cells)
