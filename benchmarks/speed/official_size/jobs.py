"""What is measured at the official size, each in a worker process of its own with one thread."""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from attacks.observing import ObservingAttack
from attacks.registry import find_attacks
from attacks.similarity import ssim_matrix
from harness.cli import console
from harness.config.registration import attack_groups
from harness.data.edition_release import RELEASED_FILE, EditionRelease
from harness.data.options import EditionFolder
from harness.data.pool import Pool, load_pool, load_released
from harness.errors import HarnessWarning
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.observations import observation_key
from harness.jobs.observe import ObserveJob, observe
from harness.jobs.score import AttackJob, FitSpec, score
from harness.jobs.targets import ReleaseSpec, TargetSpec, ViewSpec, candidate_images, released_images
from harness.jobs.work import Progress, Work
from harness.store import Store

_Result = TypeVar("_Result")
PEER_PAIRS, _PEER_IMAGES = 200, 512  # that scikit-image's SSIM is timed on


class Cost(NamedTuple):
    """What a process did so far. peak_gib: the most memory it held, as the kernel keeps it, shared pages included."""

    seconds: float
    peak_gib: float


class Attacked(NamedTuple):
    """seconds: by attack, of observing (what several share counts for the first) and of scoring."""

    seconds: dict[str, float]
    peak_gib: float


class Peer(NamedTuple):
    """ratio: seconds of a pair by the peer over ours; apart: the largest difference of the values."""

    ratio: float
    apart: float


class Official(NamedTuple):
    """The edition's folder, and the store to read it into."""

    data: EditionFolder
    store_root: Path


def alone(work: Callable[[Official, Work], _Result], job: Official) -> _Result:
    """work(job, Work) in a new process with one thread; what it reports is printed."""
    screen = console(stderr=True)

    def tell(progress: Progress) -> None:
        screen.print(f"{work.__name__.strip('_')}: {progress.doing} {progress.done} of {progress.total}")

    with closing(LocalLauncher(1, "cpu")) as launcher:
        return launcher.map(work, [job], tell)[0]


def _peak_gib() -> float:
    """VmHWM of this process: pages of mapped files count, so it is never less than the proportional set size."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def _read(job: Official) -> tuple[Pool, Store]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HarnessWarning)  # phantoms look alike, and a trial may release fewer images
        pool = load_pool(job.data, Store(job.store_root))
        load_released(pool, Store(job.store_root))
    return pool, Store(job.store_root)


def load(job: Official, work: Work) -> Cost:
    """Read every image of the edition into an empty store."""
    started = time.perf_counter()
    _read(job)
    return Cost(time.perf_counter() - started, _peak_gib())


def count_different(job: Official, work: Work) -> int:
    """How many of the test's released images there are, equal ones counted once."""
    pool, store = _read(job)
    images = np.load(store.folder("given", pool.given["test"].key) / RELEASED_FILE, mmap_mode="r")
    return len({hashlib.sha256(image.tobytes()).digest() for image in images})


def attack(job: Official, work: Work) -> Attacked:
    """Every release attack on the test; those that learn are fitted on the labelled dev set."""
    pool, store = _read(job)
    view, found = _view(pool, pool.given["test"]), find_attacks().by_name
    groups = attack_groups(found)
    attacks = [found[name]() for name in groups["release"]]
    asked = [*attacks, *(found[name]() for name in groups["references"])]
    looking = [one for attack in reversed(asked) for one in attack.observers() if isinstance(one, ObservingAttack)]
    observers = {observation_key(one, view): one for one in looking}
    observe(ObserveJob(str(store.root), "test", view, tuple(reversed(observers.values()))), work)
    seconds, told = {}, set[str]()
    for attack in attacks:
        scored = score(AttackJob(str(store.root), attack, TargetSpec(view, ()), _dev(pool)), work)
        if scored.facts["skipped"] is not None:
            raise SystemExit(f"Attack {attack.name} did not run: {scored.facts['skipped']}")
        keys = [observation_key(one, view) for one in attack.observers()]
        seconds[attack.name] = scored.facts["seconds"] + sum(_seconds(store, key) for key in keys)
        told.update(keys)
    seconds |= {_named(one): _seconds(store, key) for key, one in observers.items() if key not in told}
    return Attacked(seconds, _peak_gib())


def pair_by_pair(job: Official, work: Work) -> Peer:
    """Some pairs by scikit-image, and by us among all candidates and some released images, as an attack does it."""
    from skimage.metrics import structural_similarity

    pool, store = _read(job)
    view = _view(pool, pool.given["test"])
    candidates, some = candidate_images(view, store), released_images(view, store)[:_PEER_IMAGES]
    started = time.perf_counter()
    ours = ssim_matrix(candidates, some)
    our_sec = (time.perf_counter() - started) / ours.size
    places = [(i % len(candidates), i % len(some)) for i in range(PEER_PAIRS)]
    started = time.perf_counter()
    theirs = [structural_similarity(candidates[i], some[j], data_range=255) for i, j in places]
    their_sec = (time.perf_counter() - started) / len(places)
    apart = max(abs(ours[place] - value) for place, value in zip(places, theirs, strict=True))
    return Peer(their_sec / our_sec, float(apart))


def _view(pool: Pool, given: EditionRelease) -> ViewSpec:
    digests = tuple(pool.digests[place] for place in given.candidates)
    release = ReleaseSpec("given", given.key, RELEASED_FILE, given.n_images)
    return ViewSpec(pool.key, tuple(map(int, given.candidates)), digests, release, None)


def _dev(pool: Pool) -> tuple[FitSpec, ...]:
    dev = pool.given["dev"]
    assert dev.member is not None  # an edition publishes who was in its dev set
    return (FitSpec(TargetSpec(_view(pool, dev), ()), tuple(map(int, np.flatnonzero(dev.member)))),)


def _seconds(store: Store, key: str) -> float:
    found = store.find("observation", key)
    if found is None:
        raise SystemExit("An attack did not observe the release; `python -m harness.run attack=NAME` tells why.")
    return float(found.facts["seconds"])


def _named(attack: ObservingAttack) -> str:
    """The attack's name, and those of its options that play a part in observing and are not its class's defaults."""
    changed = [
        f"{one.name}={getattr(attack, one.name)}"
        for one in fields(attack)
        if one.name not in attack.after and getattr(attack, one.name) != getattr(type(attack)(), one.name)
    ]
    return f"observing {attack.name} with {', '.join(changed)}" if changed else f"observing {attack.name}"
