"""The job that looks: what several attacks observe of one generator, each network call made once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.base import Access, Images
from attacks.view import CountedModel, Observer, View, other_kind
from harness.errors import InputError
from harness.jobs import targets
from harness.jobs.memory import for_want_of_memory
from harness.jobs.observations import FILE, observation_key
from harness.jobs.shards import ShardJob, shard_jobs
from harness.jobs.targets import StoredModel, ViewSpec
from harness.jobs.whole import Whole
from harness.jobs.work import Work
from harness.store import Store, content_key
from harness.writing import save_array


@dataclass(frozen=True)
class ObserveJob:
    """The observations of one view by several attacks.

    shard_images: a larger release was looked at in shards, and what attacks kept of these is put together; None has
    none. asked: all that is asked of the release, be it in the store or not; these attacks at least.
    """

    store_root: str
    name: str
    view: ViewSpec
    attacks: tuple[Observer, ...]
    shard_images: int | None = None
    asked: tuple[Observer, ...] = ()

    @property
    def key(self) -> str:
        """Of all that it makes, which has keys of its own in the store."""
        return content_key(
            stage="observing", observations=sorted(observation_key(one, self.view) for one in self.attacks)
        )

    @property
    def shards(self) -> list[ShardJob]:
        """The jobs to be done before it, if any."""
        return shard_jobs(self.store_root, self.name, self.view, self.attacks, self.shard_images, asked=self.asked)


def observe(job: ObserveJob, work: Work) -> None:
    """Make what the store does not hold, sharing the network's answers and the distances of one view."""
    store = Store(Path(job.store_root))
    order = targets.by_name(job.view)  # as in `Attack.score`: the order of files carries nothing
    candidates = targets.candidate_images(job.view, store)[order]
    model = None if job.view.generator is None else CountedModel(StoredModel(store, job.view.generator, work.device))
    of_release = cache(lambda: _of_release(job.view, candidates, store))
    of_model = View(candidates, candidates[:0], model)
    whole = Whole(job.shards, store)
    of_shards = View(candidates, _unseen(job.view, candidates))
    # Who looks at all distances of the view goes first: whoever asks for the nearest then finds them there.
    for number, attack in enumerate(sorted(job.attacks, key=lambda one: not getattr(one, "of_all_distances", False))):
        if model is not None and other_kind(attack.observes, model) is not None:
            continue  # scoring says why it is skipped

        def make(folder: Path, attack: Observer = attack) -> Mapping[str, Any]:
            view = of_model
            if attack.observes is Access.RELEASE:
                view = of_shards if whole.shows(attack) else of_release()
            return {"model": job.view.generator, **_observe(attack, view, whole, order, folder)}

        try:
            store.get("observation", observation_key(attack, job.view), make)
        except (InputError, OSError):
            raise
        except Exception as error:  # a slip in somebody's attack: scoring meets it again, and its row says so
            if for_want_of_memory(error):
                raise
        finally:
            work.report("observing", number + 1, len(job.attacks))
    whole.drop()


def _of_release(view: ViewSpec, candidates: Images, store: Store) -> View:
    if view.release is None:
        return View.of_candidates(candidates)
    return View(candidates, targets.images_of(view.release, store))


def _unseen(view: ViewSpec, candidates: Images) -> Images:
    """As many images as are looked at, without memory of their own: shards show what is to be seen of them."""
    n_images = 0 if view.release is None else view.release.n_images
    return np.broadcast_to(np.uint8(0), (n_images, *candidates.shape[1:]))


def _observe(attack: Observer, view: View, whole: Whole, order: NDArray[np.intp], folder: Path) -> dict[str, Any]:
    asked, made = _calls(view)
    started = time.perf_counter()
    try:
        values, before_sec = whole.observed(attack, view)
    except ValueError as error:  # an option that this target does not allow, such as k above the release
        raise InputError(f"attack={attack.name}: {error}") from error
    seconds = before_sec + time.perf_counter() - started
    observed = np.empty_like(values)
    observed[order] = values
    save_array(folder / FILE, observed)
    asked_after, made_after = _calls(view)
    n = len(view.candidates)
    return {
        "attack": attack.name,
        "seconds": seconds,
        "network_calls": round((asked_after - asked) / n),
        "network_calls_made": round((made_after - made) / n),
    }


def _calls(view: View) -> tuple[int, int]:
    """Images asked of the network, and those of them that it had to work for."""
    if view.model is None:
        return 0, 0
    return view.model.images_seen + view.model.images_saved, view.model.images_seen
