"""Ctrl-C and SIGTERM: a run ends within ten seconds, keeps what trainings did, says how to go on, and the same
command does."""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counted import HEARS, LOG, MADE, TRAINS, Line, read_log
from benchmarks.faulted.counts import Count, to_its_end
from benchmarks.faulted.runs import OPTIONS, RUN, STORE, Ended, differing, digests, end, left_over, run, start, wait
from benchmarks.rows import Row, at_most
from harness.finished.manifest_files import MANIFEST

WORDS = [*OPTIONS, "attack=[knn,loss]", "launch.checkpoint_seconds=3600"]
"""No checkpoint is due by the clock: what is kept is kept because the run was asked to end."""
_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
_GO_ON = "the same command goes on from there"
_WITHIN_SEC = 10.0
_EARLY_SEC = 1.0  # in which the first stop comes
_DRAWS = 6  # of a moment, until a run is met by it before its end


class Stopped(NamedTuple):
    """A run that was sent a signal, how it ended, and what was so before the signal. lines: of its log; written:
    whether its results lay there."""

    how: signal.Signals
    ended: Ended
    lines: Sequence[Line]
    written: bool

    @property
    def heard(self) -> bool:
        """Whether the command had begun: before, the interpreter alone hears signals."""
        return any(line.what == HEARS for line in self.lines)

    @property
    def training(self) -> set[str]:
        """Keys of generators whose training had done its first step and had not ended."""
        there = {line.name for line in self.lines if line.what == MADE}
        begun = {line.name for line in self.lines if line.what == TRAINS} - there
        return {name.partition("/")[2] for name in begun}


def measure(options: argparse.Namespace) -> list[Row]:
    """The count, how long the slowest end took, and how many trainings were under way."""
    count, ends = Count(), list[Stopped]()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name)
        calm = run(root / "calm", WORDS)
        if not count.need(calm.code == 0, f"undisturbed: code {calm.code}: {calm.told[-300:]}"):
            return count.rows("SIGINT, SIGTERM")
        for number, at in enumerate(moments(options.stops, calm.seconds)):
            with count.trying(f"stop {number}"):
                ends.append(_stop(root, number, at, count))
    early, training = sum(not one.heard for one in ends), sum(len(one.training) for one in ends)
    return [
        *count.rows("SIGINT, SIGTERM", how=f"{early} before the command had begun"),
        at_most(
            "SIGINT, SIGTERM: seconds to the end", max([0.0, *(one.ended.seconds for one in ends)]), "s", _WITHIN_SEC
        ),
        Row("  trainings that had to keep their state", training, ""),
    ]


def moments(n: int, seconds: float) -> list[float]:
    """When to stop runs of so many seconds: the first one in its first second, the others anywhere."""
    draw = random.Random(1)  # noqa: S311  # when to stop
    rest = max(seconds - _EARLY_SEC, 0.0)
    later = [_EARLY_SEC + rest * (number + draw.random()) / max(n - 1, 1) for number in range(n - 1)]
    return [_EARLY_SEC * draw.random(), *later][:n]


def _stop(root: Path, number: int, at: float, count: Count) -> Stopped:
    """One stop; earlier where the run has ended by then."""
    how, log = [signal.SIGINT, signal.SIGTERM][number % 2], root / f"{number}.txt"
    for again in range(_DRAWS):
        here = root / f"stopped {number}, {again}"
        log.unlink(missing_ok=True)
        process = start(here, WORDS, {LOG: str(log)}, module="benchmarks.faulted.counted")
        wait(process, at)
        if process.poll() is None:
            break
        at *= 0.8
    lines, written = read_log(log), (here / RUN / MANIFEST).exists()
    _send(process, how)
    stopped = Stopped(how, end(process), lines, written)
    wrong = wrong_with(stopped, here / STORE)
    after = run(here, WORDS)
    other = differing(digests(here / RUN, here / STORE), digests(root / "calm" / RUN, root / "calm" / STORE))
    count.differing |= {f"stop {number}: {one}" for one in other}
    left = left_over(here)
    if after.code != 0 or other or left or "Traceback" in after.told:
        wrong.append(f"code {after.code} afterwards, {len(other)} differ, left {left}: {after.told[-200:]}")
    count.check(not wrong, f"{how.name} after {at:.1f} s: {'; '.join(wrong)}")
    return stopped


def _send(process: subprocess.Popen[str], how: signal.Signals) -> None:
    """As they come: Ctrl-C to all processes of a terminal's group, a scheduler's SIGTERM to the one it started."""
    if process.poll() is None:
        (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)


def wrong_with(stopped: Stopped, store: Path) -> list[str]:
    """What is wrong with how a run ended after a signal, and with what it left in its store."""
    ended, wrong = stopped.ended, []
    if ended.seconds > _WITHIN_SEC:
        wrong.append(f"ended {ended.seconds:.1f} s later")
    if not stopped.heard and ended.code == -stopped.how:
        return wrong  # the interpreter's own end, while it starts: nothing was begun
    said = _GO_ON in " ".join(ended.told.split())
    if not ((ended.code == _CODES[stopped.how] and said) or (ended.code == 0 and stopped.written)):
        wrong.append(f"code {ended.code}, {'' if said else 'not '}told how to go on: {ended.told[-200:]}")
    if "Traceback" in ended.told:
        wrong.append(f"a traceback: {ended.told[-200:]}")
    for key in sorted(stopped.training):
        kept = any((store / "checkpoint" / key).glob("step-*")) or (store / "generator" / key / "meta.json").exists()
        if not kept:
            wrong.append(f"the training of {key[:8]} kept nothing")
    return wrong


BENCHMARK = Benchmark(
    "faults",
    "stops",
    "Ctrl-C and SIGTERM at random moments: how soon a run ends, and the same command again",
    to_its_end("SIGINT, SIGTERM", measure),
    {"stops": 2},
    "2 stops",
    (Option("--stops", 8, {"type": int, "metavar": "N", "help": "how many"}),),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
