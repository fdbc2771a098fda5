"""Disks that are full, read-only, closed, gone or slow: a sentence, nothing half, and, once they are mended, the same
command ends as if nothing had been."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counts import Count, to_its_end
from benchmarks.faulted.disk_faults import FAULTS, Calm, Started, ended
from benchmarks.faulted.disks import why_not
from benchmarks.faulted.runs import RUN, STORE, Ended, damaged, differing, digests, left_over, two_at_once
from benchmarks.rows import Row, skipped
from harness.cli import CODE_INPUT
from harness.errors import InputError, unknown_name


def measure(options: argparse.Namespace) -> list[Row]:
    """A row of all, and one for each that failed."""
    reason = why_not()
    if reason is not None:
        return [skipped("disks", reason)]
    names = [*FAULTS] if options.of_disks is None else options.of_disks
    for name in names:
        if name not in FAULTS:
            raise InputError(unknown_name("fault of a disk", name, FAULTS))
    count, ways = Count(), Ways()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        root = Path(folder)
        first = ended(root / "calm", Started()).ended
        if not count.need(first.code == 0, f"undisturbed: code {first.code}: {_last(first)}"):
            return count.rows("disks")
        took = {what: _bytes(root / "calm" / what) for what in (STORE, RUN)}
        calm = Calm(digests(root / "calm" / RUN, root / "calm" / STORE), took)

        def one(name: str, here: Path) -> None:
            with count.trying(name):
                meet(name, here, calm, count, ways)

        two_at_once(one, names, [root / str(number) for number in range(len(names))])
    late = [skipped(f"disks: {name}", "the run had ended before it came") for name in ways.late]
    return [*count.rows("disks", how=ways.told), *late]


@dataclass
class Ways:
    """How runs met their faults. refused: with a sentence; as_if_nothing: to their end, with the right results, say
    because what was asked of the disk was done before; late: not at all, for they had ended."""

    refused: list[str] = field(default_factory=list)
    as_if_nothing: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        """In the name of the row."""
        return f"{len(self.refused)} refused in a sentence, {len(self.as_if_nothing)} ended as if nothing had been"

    def add(self, name: str, code: int) -> None:
        """A run that ended right: refused, or with its results."""
        (self.as_if_nothing if code == 0 else self.refused).append(name)


def meet(name: str, here: Path, calm: Calm, count: Count, ways: Ways) -> None:
    """A run that meets a fault, and the same command once that is mended."""
    stages = FAULTS[name](here, calm)
    with ExitStack() as stack:
        stack.callback(lambda: [*stages])  # takes the disk away
        how = next(stages)
        met, in_time = ended(here, how)
        if not in_time and met.code == 0:
            ways.late.append(name)
            return
        wrong = _wrong(here, met, how, calm)
        if not wrong:
            ways.add(name, met.code)
        how = next(stages)
        again = ended(here, how).ended
        other = _other(here, how, calm)
        left = left_over(here, how.path(STORE))
        count.differing |= {f"{name}: {one}" for one in other}
        if again.code != 0 or other or left:
            wrong.append(f"mended: code {again.code}, {len(other)} differ, left {left[:3]}: {_last(again)}")
        count.check(not wrong, f"{name}: {'; '.join(wrong)}")


def _wrong(here: Path, met: Ended, how: Started, calm: Calm) -> list[str]:
    """What was wrong with how a run met its fault: it may refuse in a sentence, or end as if nothing had been."""
    wrong = []
    if "Traceback" in met.told:
        wrong.append(f"a traceback: {_last(met)}")
    if met.code == 0 and (other := _other(here, how, calm)):
        wrong.append(f"code 0, and {len(other)} differ: {sorted(other)[:3]}")
    if met.code != 0 and not (how.refused and met.code == CODE_INPUT and "Error: " in met.told):
        wrong.append(f"code {met.code}: {_last(met)}")
    half = damaged(here / how.path(STORE))
    if half:
        wrong.append(f"{len(half)} half artefacts: {half[:3]}")
    return wrong


def _other(here: Path, how: Started, calm: Calm) -> set[str]:
    return differing(_digests(here, how), calm.digests)


def _digests(here: Path, how: Started) -> dict[str, str]:
    return digests(here / how.path(RUN), here / how.path(STORE))


def _bytes(folder: Path) -> int:
    """What its files take on a disk of pages."""
    page = 4096
    return sum(-(-path.stat().st_size // page) * page for path in folder.rglob("*") if path.is_file())


def _last(one: Ended) -> str:
    return " | ".join(line for line in one.told.strip().splitlines()[-3:])[-300:]


_QUICK: Sequence[str] = ("disk filled after the first generator", "store read-only")
BENCHMARK = Benchmark(
    "faults",
    "disks",
    "disks that are full, read-only, closed, gone or slow, and the same command once they are mended",
    to_its_end("disks", measure),
    {"of_disks": [*_QUICK]},
    "2 faults",
    (Option("--of-disks", None, {"nargs": "+", "metavar": "FAULT", "help": "these faults of disks alone"}),),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
