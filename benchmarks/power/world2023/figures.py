"""The rows and the table of several worlds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from benchmarks.power.challenges.figures import paired
from benchmarks.power.challenges.outcome import Outcome
from benchmarks.power.world2023.winner import Looks
from benchmarks.rows import Row, at_least
from harness.evaluation import metrics
from harness.evaluation.estimate_text import estimate_text, number
from harness.evaluation.intervals import Estimate, estimates, resample
from harness.evaluation.metrics import Flags, Floats, Weights
from harness.seeds import rng_of

WINNER_F1, WINNER_ACCURACY, AIM = (0.77, 0.83), 0.81, 0.90
METRICS = {"F1": metrics.f1, "accuracy": metrics.accuracy}


@dataclass(frozen=True)
class Played:
    """One world: what came out, who was used [n], and what the chosen attack and the winner's rule called used."""

    outcome: Outcome
    used: Flags
    chosen: Flags
    winner: Flags
    looks: Looks

    @property
    def counts_of_winner(self) -> tuple[int, ...]:
        """TP, FP, FN, TN."""
        return tuple(int(count) for count in metrics.cells(self.winner, self.used).sum(axis=0))


def lead(worlds: Sequence[Played], seed: int = 0) -> dict[str, Estimate]:
    """Each metric of the chosen attack less that of the winner's rule, over the candidates of all worlds together.

    95 % interval: worlds are drawn anew, and patients, who are one candidate each; both rules stand on the same
    draws. One world is not drawn.
    """
    used, chosen, winner = (
        np.concatenate([getattr(one, name) for one in worlds]) for name in ("used", "chosen", "winner")
    )
    world = np.repeat(np.arange(len(worlds)), [len(one.used) for one in worlds])
    resamples = resample(world, np.arange(len(used)), rng_of(seed, "world2023", "lead"))

    def differences(weight: Weights) -> dict[str, Floats]:
        own, other = (metrics.confusion(decision, used, weight) for decision in (chosen, winner))
        return {name: np.asarray(of(own) - of(other)) for name, of in METRICS.items()}

    return estimates(differences, resamples)


def rows_of(worlds: Sequence[Played]) -> list[Row]:
    """Whether the winner did what it did, what the chosen attack reached, how far apart they are, and why."""
    rows = [_of_winner(worlds, "F1", WINNER_F1), _of_winner(worlds, "accuracy", None)]
    chosen = _means(worlds, "chosen")
    detail = {"worlds": [asdict(one.outcome) | {"looks": one.looks._asdict()} for one in worlds]}
    rows.append(at_least("mean F1 of the chosen attack", chosen["F1"], "F1", AIM, **detail))
    rows.append(Row("mean accuracy of the chosen attack", chosen["accuracy"], "fraction"))
    for name, apart in lead(worlds).items():
        assert apart.low is not None
        text = f"{name} less the winner's, worlds and patients drawn: lower end"
        rows.append(at_least(text, apart.low, name, 0.0, mean=apart.value, high=apart.high))
    for name in METRICS if len(worlds) > 1 else ():
        over = paired([_one(one.chosen, one.used, name) - _one(one.winner, one.used, name) for one in worlds])
        assert over.low is not None
        text = f"{name} less the winner's, Student's over worlds: lower end"
        rows.append(at_least(text, over.low, name, 0.0, mean=over.value, high=over.high))
    for what, about in _LOOKS.items():
        rows.append(Row(about[0], float(np.mean([getattr(one.looks, what) for one in worlds])), about[1]))
    return rows


def table_of(worlds: Sequence[Played]) -> Table:
    """A line a world: the winner's counts, F1 and accuracy of both, and the paired difference in F1."""
    columns = ("seed", "winner: TP FP FN TN", "F1, accuracy", "chosen", "F1, accuracy", "F1 less the winner's")
    table = Table(*columns, box=None)
    for one in worlds:
        counts = " ".join(map(str, one.counts_of_winner))
        of_winner, of_chosen = (
            " ".join(number(_one(decision, one.used, name)) for name in METRICS)
            for decision in (one.winner, one.chosen)
        )
        apart = estimate_text(lead([one])["F1"])
        table.add_row(str(one.outcome.seed), counts, of_winner, one.outcome.chosen, of_chosen, apart)
    return table


def looks_table(worlds: Sequence[Played]) -> Table:
    """A line a world: what the released images looked like to the winner."""
    table = Table("seed", *(about[0] for about in _LOOKS.values()), box=None)
    for one in worlds:
        table.add_row(str(one.outcome.seed), *(number(getattr(one.looks, what)) for what in _LOOKS))
    return table


_LOOKS = {
    "members": ("best SSIM, median member", "SSIM"),
    "strangers": ("best SSIM, median stranger", "SSIM"),
    "apart": ("largest SSIM of two candidates", "SSIM"),
    "shown": ("images above it of the median member", "images"),
    "grain": ("grain of released images", "grey levels"),
    "grain_of_real": ("grain of candidates", "grey levels"),
}


def _of_winner(worlds: Sequence[Played], name: str, wanted: tuple[float, float] | None) -> Row:
    value, about = _means(worlds, "winner")[name], f"mean {name} of the winner's rule"
    if wanted is None:
        return Row(about, value, "fraction", detail={"published": WINNER_ACCURACY})
    return Row(about, value, name, wanted[0], wanted[0] <= value <= wanted[1], detail={"most": wanted[1]})


def _means(worlds: Sequence[Played], who: str) -> dict[str, float]:
    return {name: float(np.mean([_one(getattr(one, who), one.used, name) for one in worlds])) for name in METRICS}


def _one(decision: Flags, used: Flags, name: str) -> float:
    ones: NDArray[np.int32] = np.ones((1, len(used)), np.int32)
    return float(METRICS[name](metrics.confusion(decision, used, ones))[0])
