"""Same seed, same machine, same bytes: whatever the surroundings in which a run is started.

Each surroundings is a process of its own, with an empty store: another hash seed, locale, time zone, count of threads
and of workers, working folder, umask. What it writes is held against what the first one wrote.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.benchmark import Benchmark, Option
from benchmarks.command import run_one
from benchmarks.faulted.counts import Count, to_its_end
from benchmarks.faulted.runs import differing, digests
from benchmarks.rows import Row, skipped

TINY = (
    "data.size=16", "data.patients=16", "data.slices=2", "shadow.block=2", "shadow.channels=[8,16]",
    "shadow.steps=30", "shadow.n_images=16", "device=cpu", "attack=[knn,ssim,loss]",
)  # fmt: skip
AT_WORK = ("data.patients=24", "shadow.steps=3", "shadow.n_images=32", "device=cpu", "attack=[knn,ssim,loss]")
"""The usual size and network: sums are long enough for several threads to share them."""
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
_LIMIT_SEC = 1800
_ROOT = str(Path(__file__).parents[2])  # of this checkout: benchmarks are not installed


@dataclass(frozen=True)
class Surroundings:
    """In what a run is started.

    threads: that the environment allows each library; workers: `launch.workers`; folder: below the one that is given,
    in which it is started; locale: that must be installed; more: of the environment; words: options of the run.
    """

    name: str
    hash_seed: str = "0"
    locale: str = "C.UTF-8"
    zone: str = "UTC"
    threads: int = 1
    workers: int = 0
    folder: str = "here"
    umask: int = 0o022
    more: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[str] = TINY

    @property
    def environment(self) -> dict[str, str]:
        """Of the process."""
        told = {"PYTHONHASHSEED": self.hash_seed, "LC_ALL": self.locale, "LANG": self.locale, "TZ": self.zone}
        return {**os.environ, "PYTHONPATH": _ROOT, **told, **dict.fromkeys(_THREADS, str(self.threads)), **self.more}


CALM = Surroundings("calm")
EVERYTHING = Surroundings(
    "all at once", "4294967295", "C", "Asia/Kathmandu", 2, 2, "a b/\u00fc, \u0131", 0o077, {"PYTHONUTF8": "0"}
)
SURROUNDINGS = (
    Surroundings("hash seed 1", hash_seed="1"),
    Surroundings("a hash seed by lot", hash_seed="random"),
    Surroundings("locale C, without UTF-8", locale="C", more={"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    Surroundings("German locale", locale="de_DE.UTF-8"),
    Surroundings("Turkish locale", locale="tr_TR.UTF-8"),
    Surroundings("another time zone", zone="America/St_Johns"),
    Surroundings("two threads", threads=2),
    Surroundings("one worker", workers=1),
    Surroundings("two workers", workers=2),
    Surroundings("three workers of two threads", threads=2, workers=3),
    Surroundings("another working folder", folder="deeper/with spaces, commas"),
    Surroundings("umask 077", umask=0o077),
    Surroundings("umask 000", umask=0),
    EVERYTHING,
)
CALM_AT_WORK = Surroundings("calm, usual network", words=AT_WORK)
AT_WORK_TOO = (
    Surroundings("two threads, usual network", threads=2, words=AT_WORK),
    Surroundings("two workers of two threads, usual network", threads=2, workers=2, words=AT_WORK),
)


@dataclass(frozen=True)
class Compared:
    """What became of a run. skipped: why it was not tried; failed: how it ended, where not well; differing: files of
    its folder, and artefacts by kind and key, whose bytes are not those of the first, or that one of them lacks."""

    name: str
    differing: Sequence[str] = ()
    failed: str | None = None
    skipped: str | None = None


def reproducible(
    calm: Surroundings = CALM, others: Iterable[Surroundings] = SURROUNDINGS, root: Path | None = None
) -> list[Compared]:
    """A run in each surroundings, held against a calm one. root: an empty folder to work in; None makes one."""
    if root is None:
        with tempfile.TemporaryDirectory(prefix="reproducible-") as name:
            return reproducible(calm, others, Path(name))
    first, failed = _made(calm, root / "calm")
    if failed is not None:
        return [Compared(calm.name, failed=failed)]
    found = []
    for number, one in enumerate(others):
        if not _installed(one.locale):
            found.append(Compared(one.name, skipped=f"the locale {one.locale} is not installed"))
            continue
        made, failed = _made(one, root / str(number))
        found.append(Compared(one.name, sorted(differing(first, made)) if failed is None else (), failed))
    return found


def measure(options: argparse.Namespace) -> list[Row]:
    """The count, and a row for each surroundings that could not be tried; options.at_work: the usual network, too."""
    found = reproducible(others=(EVERYTHING,) if options.only_all else SURROUNDINGS)
    if options.at_work:
        found += reproducible(CALM_AT_WORK, AT_WORK_TOO)
    count = Count()
    for one in found:
        if one.skipped is None:
            count.differing |= {f"{one.name}: {name}" for name in one.differing}
            count.check(one.failed is None and not one.differing, f"{one.name}: {one.failed or 'other bytes'}")
    return [*count.rows("surroundings"), *(skipped(one.name, one.skipped) for one in found if one.skipped)]


def _made(one: Surroundings, root: Path) -> tuple[dict[str, str], str | None]:
    """The digests of what a run makes, and how it failed, None where it did not."""
    folder = root / one.folder
    folder.mkdir(parents=True)
    done = subprocess.run(  # noqa: S603  # our own module, words of ours
        [sys.executable, "-P", "-m", "harness.run", *one.words, f"launch.workers={one.workers}", "out=run"],
        cwd=folder,
        env=one.environment,
        umask=one.umask,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_LIMIT_SEC,
        check=False,
    )
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["nothing was said"]
        return {}, f"exit code {done.returncode}: {told[-1]}"
    return digests(folder / "run", folder / "store"), None


def _installed(name: str) -> bool:
    """Whether this machine has the locale; asked in a process of its own, for a process has one locale."""
    code = f"import locale; locale.setlocale(locale.LC_ALL, {name!r})"
    words = [sys.executable, "-P", "-c", code]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0  # noqa: S603  # words of ours


BENCHMARK = Benchmark(
    "faults",
    "reproducible",
    "the same run in other surroundings: hash seed, locale, time zone, threads, workers, folder, umask",
    to_its_end("surroundings", measure),
    {"only_all": True, "at_work": False},
    "all of them at once",
    (
        Option("--only-all", False, {"action": "store_true", "help": "all of them at once alone"}),
        Option("--at-work", False, {"action": "store_true", "help": "the usual network, too"}),
    ),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
