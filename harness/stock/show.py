"""What was found in a store, as tables and sentences."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from rich.console import Console
from rich.table import Table

from harness.places import shown as shown_path
from harness.stock.inventory import Inventory
from harness.stock.needs import Unneeded
from harness.stock.prune import Pruned
from harness.stock.runs import KnownRun, Runs
from harness.stock.verify import Verified
from harness.store.uses import Use

_MOST_NAMED = 10
_OUT_OF_SIGHT = (
    "{count} of these runs lay in folders that are not there now, as on a disk that is not mounted, so what they "
    "need stays: {names}. Where they were moved, name the new place with --runs DIR; where they were deleted, make "
    "an empty folder in the place of the one that held them."
)
_IS_MIRROR = (
    "This is no store that runs write to, for it has neither locks nor records of runs: it is a store's mirror "
    "(store.mirror=DIR), or a copy. What it holds is listed and can be verified; which of it a run needs is known in "
    "the stores that share it, so nothing of it is pruned."
)
_LEFT_RUNS = {
    "gone": "The results of these runs are gone",
    "not ended": "These runs were interrupted, and nobody went on with them",
}
_UNKNOWN = (
    "Runs from before the store kept records are not known to it, nor what is used outside runs and challenges. "
    "With --runs DIR the pools, generators and releases that manifests in there name are kept; observations and "
    "scores are named in none, and would be made again."
)


def size_text(n_bytes: int) -> str:
    """Bytes for people: `730 bytes`, `12 kB`, `3.1 GB`."""
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    power = min(4, (len(str(n_bytes)) - 1) // 3)
    return f"{n_bytes / 1000**power:.3g} {' kMGT'[power]}B"


def age_text(at: float, now: float) -> str:
    """How long ago, for people: `40 s`, `12 min`, `5 h`, `3 days`."""
    seconds = max(0.0, now - at)
    for unit, length, most in (("s", 1, 90), ("min", 60, 90), ("h", 3600, 48)):
        if seconds < most * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def folder_text(folder: Path) -> str:
    """A run's folder as people call it: from where they are, where it lies below."""
    here = Path.cwd()
    return shown_path(folder.relative_to(here) if folder.is_relative_to(here) else folder)


class _Sized(Protocol):
    @property
    def n_bytes(self) -> int: ...

    @property
    def made(self) -> float: ...


class Shares(NamedTuple):
    """What of the store a run needs. alone: bytes that no other run needs."""

    n: int
    n_bytes: int
    alone: int


def shares_of(found: Inventory, runs: Sequence[KnownRun]) -> list[Shares]:
    """For each run."""
    users: dict[Use, int] = {}
    for run in runs:
        for use in run.record.asked & found.items.keys():
            users[use] = users.get(use, 0) + 1
    shares = []
    for run in runs:
        held = [found.items[use] for use in run.record.asked & found.items.keys()]
        shares.append(
            Shares(len(held), _bytes(held), sum(one.n_bytes for one in held if users[one.use] == 1)),
        )
    return shares


def show_list(found: Inventory, runs: Runs, free: Unneeded, console: Console) -> None:
    """Everything that lies there."""
    now = time.time()
    console.print(f"{shown_path(found.root)}: {len(found.items)} artefacts, {size_text(found.n_bytes)}")
    if runs.known:
        console.print()
        console.print(_table_of_runs(found, runs.known, now))
    console.print()
    console.print(_table_of_kinds(found, free, now))
    console.print()
    for sentence in sentences(found, runs, free):
        console.print(sentence)


def _table_of_runs(found: Inventory, runs: Sequence[KnownRun], now: float) -> Table:
    table = _table("run", "results", ">age", ">artefacts", ">size", ">it alone")
    ordered = sorted(zip(runs, shares_of(found, runs), strict=True), key=lambda one: -one[0].record.at)
    for run, share in ordered:
        table.add_row(
            folder_text(run.folder),
            run.state,
            age_text(run.record.at, now),
            str(share.n),
            size_text(share.n_bytes),
            size_text(share.alone),
        )
    return table


def _table_of_kinds(found: Inventory, free: Unneeded, now: float) -> Table:
    table = _table("kind", ">artefacts", ">size", ">oldest", ">newest", ">no run needs")
    needless = {one.use for one in (*free.items, *free.young)}
    for kind in sorted({use.kind for use in found.items}):
        items = [one for use, one in found.items.items() if use.kind == kind]
        made = [one.made for one in items]
        unused = [one for one in items if one.use in needless]
        table.add_row(
            kind,
            str(len(items)),
            size_text(_bytes(items)),
            age_text(min(made), now),
            age_text(max(made), now),
            f"{len(unused)}, {size_text(_bytes(unused))}" if unused else "-",
        )
    return table


def sentences(found: Inventory, runs: Runs, free: Unneeded) -> list[str]:
    """What the tables do not say: damage, left-overs, locks, runs that are out of sight or not known."""
    told = [_IS_MIRROR] if found.is_mirror else []
    damaged = [one for one in found.items.values() if one.damaged]
    if damaged:
        names = _named(f"{one.name} ({', '.join(map(shown_path, one.damaged))})" for one in damaged)
        told.append(f"Damaged, as far as is seen without reading (`verify` reads): {names}.")
    if found.left:
        kinds = sorted({one.what for one in found.left})
        counted = ", ".join(f"{sum(one.what == kind for one in found.left)} {kind}" for kind in kinds)
        told.append(f"Left by stopped or killed runs, or what is gone: {counted}, {size_text(_bytes(found.left))}.")
    if found.locks:
        told.append(f"Locked now, as it is being made: {_named(found.locks)}.")
    hidden = [run for run in runs.known if run.state == "out of sight"]
    if hidden:
        told.append(_OUT_OF_SIGHT.format(count=len(hidden), names=_named(folder_text(run.folder) for run in hidden)))
    if runs.unread:
        names = _named(one.name for one in runs.unread)
        told.append(f"Damaged records of runs, or none that we write, so that nothing is pruned: {names}.")
    ours = [one for one in runs.others if one.named & found.items.keys()]
    if ours:
        told.append(f"In --runs there are {len(ours)} runs that the store has no record of; what they name is kept.")
    if free.young:
        told.append(f"No run needs {_artefacts(len(free.young))}, too young to go ({size_text(_bytes(free.young))}).")
    if free.items or free.left:
        told.append(
            f"Of it `python -m harness.store prune` would take away {_artefacts(len(free.items))} and "
            f"{len(free.left)} left-overs, {size_text(free.n_bytes)}."
        )
    if (free.items or free.young) and not ours:
        told.append(_UNKNOWN)
    return told


def show_going(found: Inventory, runs: Runs, free: Unneeded, console: Console) -> None:
    """What is to go, before it does."""
    now = time.time()
    if not (free.items or free.left or free.runs):
        console.print(f"Nothing goes: every artefact of {shown_path(found.root)} is needed, or too young.")
    else:
        table = _table("goes", ">how many", ">size", ">oldest", ">newest")
        for kind in sorted({one.use.kind for one in free.items}):
            _add(table, kind, [one for one in free.items if one.use.kind == kind], now)
        for what in sorted({one.what for one in free.left}):
            _add(table, f"{what} (left over)", [one for one in free.left if one.what == what], now)
        _add(table, "all", [*free.items, *free.left], now)
        console.print(table)
    for state, told in _LEFT_RUNS.items():
        those = [folder_text(run.folder) for run in free.runs if run.state == state]
        if those:
            console.print(f"{told}, and what only they needed goes: {_named(those)}.")
    for sentence in sentences(found, runs, free._replace(items=[], left=[])):
        console.print(sentence)
    if free.items and not any(one.named & found.items.keys() for one in runs.others):
        console.print(_UNKNOWN)


def show_pruned(done: Pruned, console: Console) -> None:
    """What went."""
    console.print(f"{_artefacts(done.n_artefacts)} went, {size_text(done.n_bytes)} with all left-overs.")
    if done.kept:
        console.print(f"A run is just using these, so they stay: {_named(done.kept)}.")


def show_verified(looked: Sequence[Verified], dropped: set[Use] | None, console: Console) -> None:
    """What is damaged. dropped: what was taken away, None where that was not asked for."""
    damaged = [one for one in looked if one.damaged]
    for one in damaged:
        fate = "" if dropped is None else "; taken away" if one.item.use in dropped else "; in use, so it stays"
        console.print(f"{one.item.name} is damaged ({', '.join(map(shown_path, one.damaged))}){fate}.")
    for one in looked:
        if one.beside:
            names = _named(map(shown_path, one.beside))
            console.print(f"{one.item.name} is whole, and beside it lie files that nothing reads: {names}.")
    n_bytes = size_text(_bytes([one.item for one in looked]))
    console.print(f"{_artefacts(len(looked))} were read, {n_bytes}: {len(damaged) or 'none'} damaged.")
    if damaged and dropped is None:
        console.print("The next run that needs one makes it again; --remove takes them away now.")


def _add(table: Table, name: str, items: Sequence[_Sized], now: float) -> None:
    if items:
        made = [one.made for one in items]
        table.add_row(
            name, str(len(items)), size_text(_bytes(items)), age_text(min(made), now), age_text(max(made), now)
        )


def _table(*heads: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in heads:
        table.add_column(head.removeprefix(">"), justify="right" if head[0] == ">" else "left", overflow="fold")
    return table


def _artefacts(n: int) -> str:
    return f"{n} artefact{'' if n == 1 else 's'}"


def _bytes(items: Iterable[_Sized]) -> int:
    return sum(one.n_bytes for one in items)


def _named(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _MOST_NAMED} more" if len(every) > _MOST_NAMED else ""
    return ", ".join(every[:_MOST_NAMED]) + more
