"""The job that looks at a shard of a release: what attacks keep of it goes to the store, until all are put together.

A shard is a range of a release's images. What is kept of it is small, and stays for a while: once the observations
that rest on it are in the store, whoever made these takes it away again, and it is not made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from attacks.shards import Kept, kept_of_shards
from attacks.view import Observer, View
from harness.errors import InputError
from harness.jobs import targets
from harness.jobs.code_digest import code_digest
from harness.jobs.observations import observation_key
from harness.jobs.targets import ReleaseSpec, ViewSpec, candidates_key
from harness.jobs.work import Work
from harness.store import Artefact, Store, content_key
from harness.writing import save_array

SCHEMA = 1
KIND, FILE, OBSERVATION = "shard", "kept.npy", "observation"


class Rows(NamedTuple):
    """Images `first` to before `last` of a release."""

    first: int
    last: int


@dataclass(frozen=True)
class ShardJob:
    """What several attacks keep of some images of one view's release; asked: all that look at it, they among them,
    for what is kept must not hang on which observations are in the store already."""

    store_root: str
    name: str
    view: ViewSpec
    attacks: tuple[Observer, ...]
    rows: Rows
    asked: tuple[Observer, ...] = ()

    @cached_property
    def kept_by_attack(self) -> list[Kept]:
        """What is kept for each of the attacks."""
        kept = kept_of_shards(self.attacks, _release(self.view).n_images, self.asked)
        return [one for one in kept if one is not None]

    @cached_property
    def kept(self) -> dict[str, Kept]:
        """What is kept, each once, by its key in the store."""
        return {self.key_of(one): one for one in self.kept_by_attack}

    @property
    def every_key(self) -> set[str]:
        """Of what is kept for any attack that is asked for, be its observation in the store or not."""
        kept = kept_of_shards((*self.attacks, *self.asked), _release(self.view).n_images)
        return {self.key_of(one) for one in kept if one is not None}

    @property
    def key(self) -> str:
        """Of all that it makes, which has keys of its own in the store."""
        return content_key(stage="sharding", kept=sorted(self.kept))

    def key_of(self, kept: Kept) -> str:
        """What is kept, by which code, of which images beside which candidates."""
        return content_key(
            stage="shard",
            schema=SCHEMA,
            kept=kept.identity,
            code=code_digest("attacks.shards"),
            candidates=candidates_key(self.view),
            release=list(_release(self.view)),
            rows=list(self.rows),
        )


def shard_jobs(
    store_root: str,
    name: str,
    view: ViewSpec,
    attacks: Sequence[Observer],
    shard_images: int | None,
    *,
    asked: Sequence[Observer] = (),
) -> list[ShardJob]:
    """The jobs for shards of at most so many images; none where the release is not larger, or none of the attacks
    can do with shards."""
    if shard_images is None or view.release is None or view.release.n_images <= shard_images:
        return []
    kept = kept_of_shards(attacks, view.release.n_images)
    sharded = tuple(attack for attack, one in zip(attacks, kept, strict=True) if one is not None)
    rows = rows_of(view.release.n_images, shard_images) if sharded else []
    return [
        ShardJob(store_root, f"{name}, images {one.first} to {one.last - 1}", view, sharded, one, tuple(asked))
        for one in rows
    ]


def rows_of(n_images: int, most: int) -> list[Rows]:
    """As few ranges as cover 0 to n_images with at most so many each, as alike in size as can be."""
    n_shards = -(-n_images // most)
    bounds = [n_images * number // n_shards for number in range(n_shards + 1)]
    return [Rows(*pair) for pair in pairwise(bounds)]


def measure_shard(job: ShardJob, work: Work) -> None:
    """Make what the store does not hold of it, and what nothing has made needless; no other image is read."""
    store = Store(Path(job.store_root))
    view = cache(lambda: view_of(job, store))
    for number, kept in enumerate(job.kept.values()):
        with suppress(_NeedlessError):
            part_of(job, kept, view, store, lambda: _refuse_needless(job, store))
        work.report("measuring", number + 1, len(job.kept))


class _NeedlessError(Exception):
    """All observations that it was for have been made meanwhile."""


def _refuse_needless(job: ShardJob, store: Store) -> None:
    # Asked only once the shard is found missing: what is taken away is so after the observations were put there.
    keys = [observation_key(attack, job.view) for attack in job.attacks]
    if all(store.find(OBSERVATION, key) or store.is_mirrored(OBSERVATION, key) for key in keys):
        raise _NeedlessError


def part_of(
    job: ShardJob, kept: Kept, view: Callable[[], View], store: Store, before: Callable[[], None] = lambda: None
) -> Artefact:
    """What is kept of a shard, from the store, or made now; before: what is done first where it is made."""

    def make(folder: Path) -> None:
        before()
        try:
            save_array(folder / FILE, kept.of(view()))
        except ValueError as error:  # an option that this target does not allow
            names = ", ".join(dict.fromkeys(attack.name for attack in job.attacks))
            raise InputError(f"attack={names}: {error}") from error

    return store.get(KIND, job.key_of(kept), make)


def view_of(job: ShardJob, store: Store) -> View:
    """The candidates in the order of their names, beside the shard's images alone."""
    candidates = targets.candidate_images(job.view, store)[targets.by_name(job.view)]
    return View(candidates, targets.images_of(_release(job.view), store, slice(*job.rows)))


def _release(view: ViewSpec) -> ReleaseSpec:
    assert view.release is not None  # the candidates among themselves are looked at as a whole
    return view.release
