"""Kill -9 at any moment of a whole run, and the same command again: the bytes of an undisturbed one, little lost."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counted import BEGINS, LOG, MADE, TRAINS, Line, read_log
from benchmarks.faulted.counts import Count, to_its_end
from benchmarks.faulted.runs import (
    KEPT_EVERY_SEC,
    OPTIONS,
    RUN,
    STORE,
    Ended,
    differing,
    digests,
    end,
    left_over,
    run,
    start,
    two_at_once,
    wait,
)  # fmt: skip
from benchmarks.rows import Row

WORDS = [*OPTIONS, "attack=[knn,ssim,loss]"]
_CALM = "calm"
_A_STEP_SEC = 1.0  # beyond the interval: the step that is under way, and writing
_DRAWS = 6  # of a moment, until a run is met by it before its end


class Lost(NamedTuple):
    """What a kill took. training: seconds since the last checkpoint of a training that has one, or since its first
    step; anew: by kind, seconds since what has no checkpoint was begun."""

    training: float
    anew: dict[str, float]


@dataclass
class Met:
    """In what runs were killed: kinds of artefacts, a kill counts for each that was being made; and what was lost of
    those that have no checkpoint, so that they begin anew."""

    kinds: Counter[str] = field(default_factory=Counter)
    anew_sec: list[float] = field(default_factory=list)

    def add(self, lost: Lost, in_training: int) -> None:
        """Of one kill; in_training: trainings whose first step was done."""
        self.kinds.update({"training": 1} if in_training else {})
        self.kinds.update(lost.anew.keys())
        self.kinds.update({"nothing of the store": 1} if not in_training and not lost.anew else {})
        self.anew_sec += lost.anew.values()

    def row(self) -> Row:
        """Told, not judged: only trainings have checkpoints."""
        kinds = ", ".join(f"{kind} {n}" for kind, n in self.kinds.most_common())
        name = f"  met in making: {kinds or 'nothing'}; begun anew, for only trainings have checkpoints, at most"
        return Row(name, max(self.anew_sec, default=0.0), "s", detail={"kinds": dict(self.kinds)})


def measure(options: argparse.Namespace) -> list[Row]:
    """A row of all, one of what they met, and one for each that failed."""
    count, met = Count(), Met()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name)
        calm = [end(one) for one in [start(root / name, WORDS) for name in (_CALM, "calm, too")]]  # as all will be
        for one in calm:
            count.need(one.code == 0, f"undisturbed: code {one.code}: {one.told[-300:]}")
        if count.failures:
            return count.rows("kill -9")
        seconds = max(one.seconds for one in calm)

        def kill(number: int) -> None:
            with count.trying(f"kill {number}"):
                _kill(root, number, [seconds * number / options.kills, seconds / options.kills], count, met)

        two_at_once(kill, range(options.kills))
    return [*count.rows("kill -9", KEPT_EVERY_SEC + _A_STEP_SEC), met.row()]


def _kill(root: Path, number: int, between: Sequence[float], count: Count, met: Met) -> None:
    """One kill, at a moment of its own part of a run, [from, seconds]; earlier where the run has ended by then."""
    draw = random.Random(number)  # noqa: S311  # when to kill
    at, log = between[0] + between[1] * draw.random(), root / f"{number}.txt"
    for again in range(_DRAWS):
        here = root / f"killed {number}, {again}"
        log.unlink(missing_ok=True)
        process = start(here, WORDS, {LOG: str(log)}, module="benchmarks.faulted.counted")
        wait(process, at)
        now = time.time()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        killed = end(process)
        if killed.code != 0:
            break
        at *= 0.5 + 0.4 * draw.random()
    wrong = wrong_before(killed)
    lines = read_log(log)
    lost = lost_by(here / STORE, lines, now)
    count.lost_sec.append(lost.training)
    met.add(lost, len(_training(here / STORE, lines)))
    after = run(here, WORDS)
    other = differing(digests(here / RUN, here / STORE), digests(root / _CALM / RUN, root / _CALM / STORE))
    count.differing |= {f"kill {number}: {one}" for one in other}
    left = left_over(here)
    if after.code != 0 or other or left or "Traceback" in after.told:
        wrong.append(f"code {after.code} afterwards, {len(other)} differ, left {left}: {after.told[-200:]}")
    count.check(not wrong, f"killed after {at:.1f} s: {'; '.join(wrong)}")


def wrong_before(killed: Ended) -> list[str]:
    """What is wrong with a run that was to be killed: it lived until then, and said nothing of a fault of its own."""
    wrong = []
    if killed.code != -signal.SIGKILL:
        wrong.append(f"code {killed.code} before it was killed: {killed.told[-200:]}")
    if "Traceback" in killed.told:
        wrong.append(f"a traceback before it was killed: {killed.told[-200:]}")
    return wrong


def lost_by(store: Path, lines: Sequence[Line], now: float) -> Lost:
    """Of what was begun and does not lie in the store."""
    training = _training(store, lines)
    for key in training:
        kept = [path.stat().st_mtime for path in (store / "checkpoint" / key).glob("step-*/state.json")]
        training[key] = max([training[key], *kept])
    anew: dict[str, float] = {}
    for name, since in _under_way(store, lines, BEGINS).items():
        kind, _, key = name.partition("/")
        if key not in training:
            kind = "training that has not begun" if kind == "generator" else kind
            anew[kind] = max(anew.get(kind, 0.0), now - since)
    return Lost(max((now - since for since in training.values()), default=0.0), anew)


def _training(store: Path, lines: Sequence[Line]) -> dict[str, float]:
    """Generators whose training has done its first step, and when that was."""
    return {name.partition("/")[2]: at for name, at in _under_way(store, lines, TRAINS).items()}


def _under_way(store: Path, lines: Sequence[Line], what: str) -> dict[str, float]:
    there = {line.name for line in lines if line.what == MADE}
    begun = {line.name: line.at for line in lines if line.what == what and line.name not in there}
    return {name: at for name, at in begun.items() if not (store / name / "meta.json").exists()}


BENCHMARK = Benchmark(
    "faults",
    "kills",
    "kill -9 at random moments of a whole run, and the same command again",
    to_its_end("kill -9", measure),
    {"kills": 2},
    "2 kills",
    (Option("--kills", 30, {"type": int, "metavar": "N", "help": "how many"}),),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
