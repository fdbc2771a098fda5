"""The official challenge at its full size: `python -m benchmarks.speed.official_size`.

Makes a folder laid out as ImageCLEFmedical GANs 2023 (10,000 + 500 released and 360 real images of 256 px) from
phantoms, then measures, each in a worker process of its own with one thread: reading all of it into the store; every
attack on released images alone against the test's 200 candidates, and what `stack` and its kin observe of the same
release; scikit-image's SSIM on some of the same pairs. Last a dry run on an empty store, as a user starts it.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image
from rich.console import Console

from attacks.base import Images
from attacks.observing import ObservingAttack
from attacks.registry import find_attacks
from attacks.similarity import ssim_matrix
from benchmarks.measured import Run, run_harness
from benchmarks.rows import Row, at_least, at_most, command
from harness.config.registration import attack_groups
from harness.data.edition_release import RELEASED_FILE
from harness.data.options import EditionFolder
from harness.data.pool import Pool, load_pool, load_released
from harness.data.sources.phantom import phantom_slices
from harness.editions.edition import Edition
from harness.editions.load import load_edition
from harness.errors import HarnessWarning
from harness.jobs.launch import Launcher, Progress, Work
from harness.jobs.observations import observation_key
from harness.jobs.observe import ObserveJob, observe
from harness.jobs.score import AttackJob, FitSpec, score
from harness.jobs.targets import ReleaseSpec, TargetSpec, ViewSpec, candidate_images, released_images
from harness.store import Store

_Result = TypeVar("_Result")
EDITION = "imageclef2023"
MEMORY_GIB, DRY_RUN_SEC, SAME = 6.0, 5.0, 1e-6
_PEER, _PEER_PAIRS, _PEER_IMAGES = "scikit-image structural_similarity, pair by pair", 200, 512
_AT_ONCE = 500  # released images a job draws
_BLEND, _SHIFT_PIXELS, _NOISE_GREYS = 0.3, 3, 3.0  # how far a released image lies from the slice it is made of


class Drawing(NamedTuple):
    """Released images to draw: their files, the number of the first, and the npy of the slices they are made of."""

    paths: tuple[Path, ...]
    first: int
    reals: Path


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


class _Data(NamedTuple):
    """The edition's folder, and the store to read it into."""

    data: EditionFolder
    store_root: Path


def measure(options: argparse.Namespace) -> list[Row]:
    """The rows: memory of loading and of the attacks, seconds of each attack, and the dry run."""
    edition = load_edition(EDITION)
    size = _known(edition.image_size)
    n_released = options.released or _known(edition.leaves["test_generated"].count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = folder / "edition"
        started = time.perf_counter()
        make_folder(root, edition, n_released)
        made_seconds = time.perf_counter() - started
        data = _Data(EditionFolder(name=EDITION, root=str(root), size=size), folder / "store")
        loaded = _alone(_load, data)
        n_different = _alone(_count_different, data)
        attacked = _alone(_attack, data)
        peer = _alone(_pair_by_pair, data)
        dry = _dry_runs(folder, ["attack=knn", f"attack=all data.size={size}"])
    detail = {"released": n_released, "pixels": size}
    pairs = {"pairs": _PEER_PAIRS, "pixels": size}
    return [
        Row("making the folder from phantoms", made_seconds, "s", None, None, detail=detail),
        at_least("released images of the test that differ", n_different, "count", n_released),
        Row("loading all images", loaded.seconds, "s", None, None, detail=detail),
        at_most("peak memory of loading", loaded.peak_gib, "GiB", MEMORY_GIB, **detail),
        *(Row(one, seconds, "s", None, None, detail=detail) for one, seconds in attacked.seconds.items()),
        at_most("peak memory of all these attacks", attacked.peak_gib, "GiB", MEMORY_GIB, **detail),
        replace(at_least("scikit-image's SSIM takes as many times", peer.ratio, "ratio", 1.0, **pairs), peer=_PEER),
        replace(at_most("largest difference of an SSIM from it", peer.apart, "SSIM", SAME, **pairs), peer=_PEER),
        *(at_most(f"dry_run=true {asked}", run.seconds, "s", DRY_RUN_SEC, **detail) for asked, run in dry.items()),
        *(at_most(f"its peak memory, {asked}", run.peak_gib, "GiB", MEMORY_GIB) for asked, run in dry.items()),
    ]


def make_folder(root: Path, edition: Edition, n_released: int) -> None:
    """Write the edition's five folders below `root`: phantoms, and releases made of half of them, all different."""
    counts = {role: _known(edition.leaves[role].count) for role in ("test_candidates", "dev_used", "dev_not_used")}
    reals = phantom_slices(-(-sum(counts.values()) // 2), 2, _known(edition.image_size), seed=0).pixels
    parts = dict(zip(counts, np.split(reals, np.cumsum([*counts.values()])), strict=False))
    for role, part in parts.items():
        for path, image in zip(_paths(root, edition, role), part, strict=True):
            Image.fromarray(image).save(path)
    drawings: list[Drawing] = []
    for role, members in (
        ("dev_generated", parts["dev_used"]),
        ("test_generated", parts["test_candidates"][: counts["test_candidates"] // 2]),
    ):
        np.save(root / f"{role}.npy", members)
        paths = _paths(root, edition, role, n_released if role == "test_generated" else None)
        drawings += [
            Drawing(tuple(paths[first : first + _AT_ONCE]), first, root / f"{role}.npy")
            for first in range(0, len(paths), _AT_ONCE)
        ]
    with closing(Launcher(2, "cpu")) as launcher:
        launcher.map(_draw, drawings, _silent)


def _known(fact: int | None) -> int:
    """A fact that 2023 has, and other editions may not."""
    assert fact is not None
    return fact


def _paths(root: Path, edition: Edition, role: str, count: int | None = None) -> list[Path]:
    folder = root / role.partition("_")[0] / edition.leaves[role].folders[0]
    folder.mkdir(parents=True)
    return [folder / f"{name}.png" for name in edition.leaves[role].ids(count)]


def _draw(job: Drawing, work: Work) -> None:
    """Two slices blended, shifted and noised, an image: seeded by its number and its release."""
    members: Images = np.load(job.reals)
    for number, path in enumerate(job.paths, job.first):
        rng = np.random.default_rng([number, len(members)])
        one, other = members[rng.integers(len(members), size=2)].astype(np.float32)
        share = rng.uniform(0, _BLEND)
        moved = np.roll((1 - share) * one + share * other, rng.integers(-_SHIFT_PIXELS, _SHIFT_PIXELS + 1, 2), (0, 1))
        noisy = moved + _NOISE_GREYS * rng.standard_normal(moved.shape, np.float32)
        Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype(np.uint8)).save(path, compress_level=1)


def _alone(work: Callable[[_Data, Work], _Result], job: _Data) -> _Result:
    """work(job, Work) in a new process with one thread; what it reports is printed."""
    screen = Console(stderr=True)

    def tell(progress: Progress) -> None:
        screen.print(f"{work.__name__.strip('_')}: {progress.doing} {progress.done} of {progress.total}")

    with closing(Launcher(1, "cpu")) as launcher:
        return launcher.map(work, [job], tell)[0]


def _dry_runs(folder: Path, asked: Sequence[str]) -> dict[str, Run]:
    """A dry run of each of the options asked for, on a store of its own."""
    data = [f"data={EDITION}", f"data.root={folder / 'edition'}", "dry_run=true"]
    return {
        options: run_harness(folder, [*data, f"store.root={folder / f'dry_{number}'}", *options.split()])
        for number, options in enumerate(asked)
    }


def _silent(progress: Progress) -> None:
    del progress


def _peak_gib() -> float:
    """VmHWM of this process: pages of mapped files count, so it is never less than the proportional set size."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def _read(job: _Data) -> tuple[Pool, Store]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HarnessWarning)  # phantoms look alike, and a trial may release fewer images
        pool = load_pool(job.data, Store(job.store_root))
        load_released(pool, Store(job.store_root))
    return pool, Store(job.store_root)


def _load(job: _Data, work: Work) -> Cost:
    """Read every image of the edition into an empty store."""
    started = time.perf_counter()
    _read(job)
    return Cost(time.perf_counter() - started, _peak_gib())


def _count_different(job: _Data, work: Work) -> int:
    pool, store = _read(job)
    images = np.load(store.folder("given", pool.given["test"].key) / RELEASED_FILE, mmap_mode="r")
    return len({hashlib.sha256(image.tobytes()).digest() for image in images})


def _attack(job: _Data, work: Work) -> Attacked:
    """Every release attack on the test; those that learn are fitted on the labelled dev set."""
    pool, store = _read(job)
    view, found, groups = _view(pool, pool.given["test"]), find_attacks().by_name, attack_groups()
    attacks = [found[name]() for name in groups["release"]]
    asked = [*attacks, *(found[name]() for name in groups["references"])]
    observers = {observation_key(one, view): one for attack in reversed(asked) for one in attack.observers()}
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


def _pair_by_pair(job: _Data, work: Work) -> Peer:
    """Some pairs by scikit-image, and by us among all candidates and some released images, as an attack does it."""
    from skimage.metrics import structural_similarity

    pool, store = _read(job)
    view = _view(pool, pool.given["test"])
    candidates, some = candidate_images(view, store), released_images(view, store)[:_PEER_IMAGES]
    started = time.perf_counter()
    ours = ssim_matrix(candidates, some)
    our_sec = (time.perf_counter() - started) / ours.size
    places = [(i % len(candidates), i % len(some)) for i in range(_PEER_PAIRS)]
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


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--released", type=int, metavar="N", help="fewer released images, to try the command")
    sys.exit(command("Memory and time of the official challenge at its full size.", measure, arguments))
