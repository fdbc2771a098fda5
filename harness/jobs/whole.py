"""A release put together from what attacks kept of its shards, and the shards taken away when nothing needs them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from attacks.base import Scores
from attacks.shards import Kept
from attacks.view import Observed, Observer, View
from harness.jobs.shards import FILE, KIND, OBSERVATION, ShardJob, part_of, view_of
from harness.store import NOTES, Store
from harness.store.mirror import mirror_of
from harness.writing import remove, take_away


class Whole:
    """A release as its shards show it. jobs: one a shard; none, and it is looked at as it is."""

    def __init__(self, jobs: Sequence[ShardJob], store: Store) -> None:
        self._jobs, self._store = jobs, store
        self._attacks = list(zip(jobs[0].attacks, jobs[0].kept_by_attack, strict=True)) if jobs else []
        self._known: dict[str, Scores] = {}

    def shows(self, attack: Observer) -> bool:
        """Whether shards show the attack all that it observes of the release, whose pixels it then does not need."""
        return any(one == attack for one, _ in self._attacks)

    def observed(self, attack: Observer, view: View) -> tuple[Observed, float]:
        """What an attack observes of the release, in the order of the view's candidates, and the seconds that jobs
        spent on its shards of which nobody was told yet."""
        kept = next((kept for one, kept in self._attacks if one == attack), None)
        if kept is None:
            return attack.observed(view), 0.0
        key, took = self._jobs[0].key_of(kept), list[float]()
        if key not in self._known:
            self._known[key] = kept.together(self._read(job, kept, took) for job in self._jobs)
        return kept.observed(attack, view, self._known[key]), sum(took)

    def drop(self) -> None:
        """Take away what was kept of the shards, which nothing needs any more, by this run or by one before it."""
        for key in {key for job in self._jobs for key in job.every_key}:
            # It is gone, or somebody's now (filelock's Timeout is an OSError), or may not be taken away.
            with suppress(OSError), self._store.lock(KIND, key, wait=False):
                remove(take_away(self._store.folder(KIND, key)))
            if mirror_of(self._store.root, OBSERVATION) is not None:  # else who has none may still want the shard
                self._store.drop_mirrored(KIND, key)
            for note in (self._store.root / NOTES).glob(f"{KIND}-{key}-*.json"):
                remove(note)

    def _read(self, job: ShardJob, kept: Kept, took: list[float]) -> Scores:
        """A shard that is missing is looked at here and now."""
        while True:
            found = part_of(job, kept, lambda: view_of(job, self._store), self._store)
            try:
                values: Scores = np.load(found.folder / FILE)
            except (OSError, ValueError, EOFError):
                # Whoever made other observations of it had no more need of it: on a disk of several machines what was
                # opened is then stale (ESTALE), or ends too soon.
                if self._is_whole(job.key_of(kept)):
                    raise
                continue
            took.append(found.seconds)
            return values

    def _is_whole(self, key: str) -> bool:
        try:
            return self._store.damage(KIND, key) == []
        except OSError:  # where it stays so, finding it says so
            return False
