"""The rows and the table of several worlds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from rich.table import Table

from benchmarks.power.challenges.figures import paired
from benchmarks.power.challenges.outcome import Outcome
from benchmarks.power.world2023.winner import Looks
from benchmarks.rows import Row, at_least
from harness.evaluation import metrics
from harness.evaluation.estimate_text import estimate_text, number
from harness.evaluation.intervals import DIFFERENCE, Estimate, estimates, resample
from harness.evaluation.metrics import Flags, Floats, Weights
from harness.seeds import rng_of

WINNER_F1, WINNER_ACCURACY, AIM = (0.77, 0.83), 0.81, 0.90
METRICS = {"F1": metrics.f1, "accuracy": metrics.accuracy}
RIVALS = {"winner": "the winner's", "half": "that of the half with the largest SSIM"}
"""What the chosen attack is set beside, by its name in `Played`: the second has its signal, and the share."""


@dataclass(frozen=True)
class Played:
    """One world. used, winner, half: who was used, what the winner's rule called used, and the half that is nearest
    by the winner's signal, bool [n].

    outcome, chosen: of the participant's path, and what his chosen attack called used, [n]; None where only the
    winner played.
    """

    seed: int
    used: Flags
    winner: Flags
    half: Flags
    looks: Looks
    outcome: Outcome | None = None
    chosen: Flags | None = None

    @property
    def counts_of_winner(self) -> tuple[int, ...]:
        """TP, FP, FN, TN."""
        return tuple(int(count) for count in metrics.cells(self.winner, self.used).sum(axis=0))


def lead(worlds: Sequence[Played], rival: str = "winner", seed: int = 0) -> dict[str, Estimate]:
    """Each metric of the chosen attack less that of a rival, over the candidates of all worlds together.

    95 % interval: worlds are drawn anew, and patients, who are one candidate each; both rules stand on the same
    draws. One world is not drawn. rival: one of `RIVALS`.
    """
    used, chosen, other = (
        np.concatenate([getattr(one, name) for one in worlds]) for name in ("used", "chosen", rival)
    )
    world = np.repeat(np.arange(len(worlds)), [len(one.used) for one in worlds])
    resamples = resample(world, np.arange(len(used)), rng_of(seed, "world2023", "lead"))

    def differences(weight: Weights) -> dict[str, Floats]:
        own, theirs = (metrics.confusion(decision, used, weight) for decision in (chosen, other))
        return {name: np.asarray(of(own) - of(theirs)) for name, of in METRICS.items()}

    return estimates(differences, resamples, DIFFERENCE)


def rows_of(worlds: Sequence[Played]) -> list[Row]:
    """Whether the winner did what it did and why; what the chosen attack reached, where it played, and its lead."""
    rows = [_of_winner(worlds, "F1", WINNER_F1), _of_winner(worlds, "accuracy", None)]
    if all(one.chosen is not None for one in worlds):
        rows += _of_chosen(worlds)
    rows += [row for one in worlds if len(worlds) > 1 for row in _of_each(one)]
    for what, (about, unit) in _LOOKS.items():
        each = [getattr(one.looks, what) for one in worlds]
        rows.append(Row(about, float(np.mean(each)), unit, detail={"worlds": each}))
    return rows


def _of_chosen(worlds: Sequence[Played]) -> list[Row]:
    means = _means(worlds, "chosen")
    detail = {"worlds": [asdict(one.outcome) for one in worlds if one.outcome is not None]}
    rows = [at_least("mean F1 of the chosen attack", means["F1"], "F1", AIM, **detail)]
    if len(worlds) > 1:
        spread = paired([_one(one, "chosen", "F1") for one in worlds])
        assert spread.low is not None
        rows.append(Row("the same, Student's over worlds: lower end", spread.low, "F1", detail={"high": spread.high}))
    rows.append(Row("mean accuracy of the chosen attack", means["accuracy"], "fraction"))
    rows.append(Row("mean F1 of the half with the largest SSIM", _means(worlds, "half")["F1"], "F1"))
    for rival, whose in RIVALS.items():
        found = {"all candidates, worlds and patients drawn": lead(worlds, rival)}
        if len(worlds) > 1:
            ahead = {name: paired([_ahead(one, name, rival) for one in worlds]) for name in METRICS}
            found = {"mean over worlds, Student's": ahead, **found}
        for how, leads in found.items():
            for name, apart in leads.items():
                assert apart.low is not None
                text = f"{name} less {whose}, {how}: lower end"
                rows.append(at_least(text, apart.low, name, 0.0, mean=apart.value, high=apart.high))
    return rows


def _of_each(one: Played) -> list[Row]:
    who = {"the winner's rule": "winner"}
    if one.outcome is not None:
        who[f"the chosen attack, {one.outcome.chosen}"] = "chosen"
    return [Row(f"world {one.seed}: {about}", _one(one, decided, "F1"), "F1") for about, decided in who.items()]


def table_of(worlds: Sequence[Played]) -> Table:
    """A line a world: the winner's counts, F1 and accuracy; the same of the chosen attack, and its lead in F1."""
    columns = ("seed", "winner: TP FP FN TN", "F1, accuracy", "chosen", "F1, accuracy", "F1 less the winner's")
    table = Table(*columns, box=None)
    for one in worlds:
        counts = " ".join(map(str, one.counts_of_winner))
        row = [str(one.seed), counts, _both(one, "winner")]
        if one.outcome is not None:
            row += [one.outcome.chosen, _both(one, "chosen"), estimate_text(lead([one])["F1"])]
        table.add_row(*row)
    return table


def _both(one: Played, who: str) -> str:
    return " ".join(number(_one(one, who, name)) for name in METRICS)


def looks_table(worlds: Sequence[Played]) -> Table:
    """A line a world: what the released images looked like to the winner."""
    table = Table("seed", *(about[0] for about in _LOOKS.values()), box=None)
    for one in worlds:
        table.add_row(str(one.seed), *(number(getattr(one.looks, what)) for what in _LOOKS))
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
    return {name: float(np.mean([_one(one, who, name) for one in worlds])) for name in METRICS}


def _ahead(one: Played, name: str, rival: str) -> float:
    return _one(one, "chosen", name) - _one(one, rival, name)


def _one(one: Played, who: str, name: str) -> float:
    """A metric of one world. who: `winner`, `half` or `chosen`."""
    ones = np.ones((1, len(one.used)), np.int32)
    return float(METRICS[name](metrics.confusion(getattr(one, who), one.used, ones))[0])
