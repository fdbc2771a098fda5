"""What of a store some run needs, and what none does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.errors import InputError
from harness.places import shown
from harness.stock.inventory import CHECKPOINT, Inventory, Item, LeftOver
from harness.stock.runs import KnownRun, Runs
from harness.store.uses import RUNS, Use

DAY_SEC = 86_400.0
OLDER_THAN_DAYS = 7.0
_OPEN = ("under way", "not ended")


class Unneeded(NamedTuple):
    """What no run needs.

    items, left: old enough to go; young: not yet; runs: whose records go with them: of results that are gone, and of
    runs that did not end and that nobody went on with.
    """

    items: list[Item]
    left: list[LeftOver]
    young: list[Item]
    runs: list[KnownRun]

    @property
    def n_bytes(self) -> int:
        """Of all that is to go."""
        return sum(one.n_bytes for one in self.items) + sum(one.n_bytes for one in self.left)


def counts(run: KnownRun, older_than_days: float) -> bool:
    """Whether what a run asked for is to stay: not where its results are gone, nor where it was left so long."""
    if run.state == "not ended":
        return time.time() - run.record.at < older_than_days * DAY_SEC
    return run.state != "gone"


def unneeded(found: Inventory, runs: Runs, older_than_days: float = OLDER_THAN_DAYS) -> Unneeded:
    """What no run needs, as far as runs are known."""
    staying = [run for run in runs.known if counts(run, older_than_days)]
    needed: set[Use] = set().union(*(run.record.asked for run in staying), *(one.named for one in runs.others))
    open_ = {use.key for run in staying if run.state in _OPEN for use in run.record.asked if use.kind == "generator"}
    before = time.time() - older_than_days * DAY_SEC
    items = [one for one in found.items.values() if one.use not in needed]
    left = [one for one in found.left if one.what != CHECKPOINT or one.of not in open_]
    old = [one for one in items if one.made <= before]
    left_old = [one for one in left if one.made <= before or one.what != CHECKPOINT]
    young = [one for one in items if one.made > before]
    return Unneeded(old, left_old, young, [run for run in runs.known if run not in staying])


def still(told: Unneeded, now: Unneeded) -> Unneeded:
    """Of what was told, and agreed to, what no run needs as things are now."""
    uses, paths = {one.use for one in told.items}, {one.path for one in told.left}
    return Unneeded(
        [one for one in now.items if one.use in uses],
        [one for one in now.left if one.path in paths],
        [],
        [run for run in now.runs if run in told.runs],
    )


def refuse_unknown(found: Inventory, runs: Runs, given: Sequence[Path]) -> None:
    """InputError where no run at all is known, or the record of one cannot be read: nobody can say what is needed."""
    if runs.unread:
        names = ", ".join(shown(one.name) for one in runs.unread[:3]) + (", ..." if len(runs.unread) > 3 else "")
        raise InputError(
            f"In {shown(found.root / RUNS)} the record of a run is damaged, or a run could not write it ({names}): "
            "what that run needs is not known, and nothing is taken away. The same command as that run's writes it "
            "anew; where no run is behind it, remove it yourself."
        )
    if found.items and not runs.known and not any(one.named & found.items.keys() for one in runs.others):
        where = " and none of those in --runs is of this store" if given else ""
        raise InputError(
            f"No run is recorded in this store{where}, so everything in it would go. Name folders of runs with "
            "--runs DIR, or, if nothing of it is needed, remove the folder yourself."
        )
