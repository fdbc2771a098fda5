"""Same seed, same machine, same bytes: whatever the surroundings in which a run is started.

Each surroundings is a process of its own, with an empty store: another hash seed, locale, time zone, count of threads
and of workers, working folder, umask. What it writes is held against what the first one wrote.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.rows import Row, at_most, skipped
from harness.run.differences import timeless_results

TINY = (
    "data.size=16", "data.patients=16", "data.slices=2", "shadow.block=2", "shadow.channels=[8,16]",
    "shadow.steps=30", "shadow.n_images=16", "device=cpu", "attack=[knn,ssim,loss]",
)  # fmt: skip
AT_WORK = ("data.patients=24", "shadow.steps=3", "shadow.n_images=32", "device=cpu", "attack=[knn,ssim,loss]")
"""The usual size and network: sums are long enough for several threads to share them."""
_FILES = (
    "results.json", "scores.csv", "submission.csv", "baseline_winner_2023.csv", "baseline_knn_top_half.csv",
    "contact_sheet.png",
)  # fmt: skip
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
        digests, failed = _made(one, root / str(number))
        differing = sorted(name for name in {*first, *digests} if first.get(name) != digests.get(name))
        found.append(Compared(one.name, differing if failed is None else (), failed))
    return found


def measure(options: argparse.Namespace) -> list[Row]:
    """A row each surroundings; options.at_work: whether the usual network is tried, too."""
    found = reproducible(others=(EVERYTHING,) if options.only_all else SURROUNDINGS)
    if options.at_work:
        found += reproducible(CALM_AT_WORK, AT_WORK_TOO)
    return [_row(one) for one in found]


def _row(one: Compared) -> Row:
    if one.skipped is not None:
        return skipped(one.name, one.skipped)
    if one.failed is not None:
        return Row(f"{one.name}: {one.failed}", None, "files with other bytes", 0, False)
    return at_most(one.name, len(one.differing), "files with other bytes", 0, differing=list(one.differing))


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


def digests(run: Path, store: Path) -> dict[str, str]:
    """The sha256 of each file of a run that must not differ, without seconds, and of every artefact of a store."""
    found = {}
    for name in _FILES:
        if (run / name).exists():
            content = (run / name).read_bytes()
            found[name] = hashlib.sha256(timeless_results(content) if name == "results.json" else content).hexdigest()
    for meta in store.glob("*/*/meta.json"):
        files = json.loads(meta.read_text(encoding="utf-8"))["files"]
        told = json.dumps(files, sort_keys=True)
        found["/".join(meta.parts[-3:-1])] = hashlib.sha256(told.encode()).hexdigest()
    return found


def _installed(name: str) -> bool:
    """Whether this machine has the locale; asked in a process of its own, for a process has one locale."""
    code = f"import locale; locale.setlocale(locale.LC_ALL, {name!r})"
    words = [sys.executable, "-P", "-c", code]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0  # noqa: S603  # words of ours
