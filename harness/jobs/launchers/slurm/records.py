"""What was handed in, by the keys of what it makes: a head that starts anew waits for its jobs, and does none twice.

`jobs/<batch>/` of a store holds what one call of sbatch is about: script, submissions, results, logs, progress, and a
mark of each head that waits for it. `jobs/keys/<key>.json` says which task of which batch makes what.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from harness.bounded import read_json
from harness.errors import InputError
from harness.jobs.launchers.slurm.queue import ArrayTask
from harness.store import JOBS, Store, content_key
from harness.store.elsewhere import bare
from harness.store.owners import MOST_BYTES, PATIENCE_SEC, owner_of, this_process
from harness.writing import FOLDER_MODE, remove, replace_file

KEPT_SEC = 86_400.0
"""A batch that nobody waits for and that has left the queue is cleared away after a day, with its logs."""
_MOST_BYTES = 10_000


class Handed(NamedTuple):
    """Where a job was put: a task, and its place among that task's jobs."""

    task: ArrayTask
    place: int


def job_key(function: Callable[..., Any], job: object) -> str | None:
    """The key of what a job makes, and by which function; None of one that has no key: nobody can find it again."""
    function = bare(function)
    keys = {name: getattr(job, name) for name in ("key", "release_key") if isinstance(getattr(job, name, None), str)}
    return (
        content_key(stage="job", function=f"{function.__module__}.{function.__qualname__}", **keys) if keys else None
    )


class Records:
    """The records of a store, and this head's marks in it. Who reads and writes them holds `lock`.

    made: the batches that this head made.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._me = this_process(PATIENCE_SEC)
        self._head = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._marked, self._noted, self.made = set[str](), set[str](), set[str]()

    def lock(self) -> Any:
        """Two heads hand the same in once."""
        return self._store.lock("jobs", "handing-in")

    def new_batch(self) -> tuple[str, Path]:
        """The name and the folder of a batch, made now."""
        name = secrets.token_hex(8)
        folder = self._store.private_folder(JOBS).absolute() / name
        for path in (folder, folder / "said", folder / "heads"):
            path.mkdir(mode=FOLDER_MODE)
        self.made.add(name)
        self.wait_for(name)
        return name, folder

    def folder(self, batch: str) -> Path:
        """Where a batch lies."""
        return self._store.folder(JOBS, batch).absolute()

    def find(self, key: str) -> Handed | None:
        """Where the job of a key was last put."""
        with suppress(OSError, InputError):
            match read_json(self._file(key), _MOST_BYTES, "The record of a job", links=False):
                case {"batch": str(batch), "task": int(number), "place": int(place)} if _is_name(batch):
                    return Handed(ArrayTask(batch, number), place)
        return None

    def note(self, key: str, handed: Handed) -> None:
        """Say where the job of a key is put: before it is, so that no head that is killed then loses it."""
        self._noted.add(key)
        self._file(key).parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
        batch, number = handed.task
        said = {"batch": batch, "task": number, "place": handed.place}
        replace_file(self._file(key), json.dumps(said), private=True)

    def wait_for(self, batch: str) -> None:
        """Mark a batch as one that this head waits for."""
        self._marked.add(batch)
        with suppress(FileNotFoundError):
            replace_file(self.folder(batch) / "heads" / self._head, self._me.told().decode(), private=True)

    def waited_for_by_others(self, batches: Iterable[str]) -> set[str]:
        """Of these batches, those that another head waits for that is not known to be gone."""
        with self.lock():
            return {batch for batch in batches if any(map(self._may_wait, self._marks(batch)))}

    def _marks(self, batch: str) -> list[Path]:
        heads = self.folder(batch) / "heads"
        return [one for one in heads.iterdir() if not one.name.startswith(".")] if heads.is_dir() else []

    def _may_wait(self, mark: Path) -> bool:
        if mark.name == self._head:
            return False
        with suppress(OSError):
            owner = owner_of(mark.read_bytes()[:MOST_BYTES])
            return owner is None or not owner.is_gone
        return False

    def leave(self, *, done: bool) -> None:
        """Wait for nothing any more; done: clear away what nobody else waits for."""
        with self.lock():
            for batch in self._marked:
                heads = self.folder(batch) / "heads"
                (heads / self._head).unlink(missing_ok=True)
                if done and heads.is_dir() and not any(map(self._may_wait, self._marks(batch))):
                    remove(self.folder(batch))
            for key in self._noted if done else ():
                remove(self._file(key))

    def clear_old(self, alive: Iterable[str]) -> None:
        """Clear away what was left; alive: batches that have tasks in the queue."""
        known, before = set(alive), time.time() - KEPT_SEC
        root = self._store.private_folder(JOBS)
        for path in root.iterdir():
            with suppress(OSError):
                if path.name not in {"keys", *known} and path.lstat().st_mtime < before:
                    remove(path)
        for path in (root / "keys").glob("*.json"):
            handed = self.find(path.stem)
            if handed is None or not (root / handed.task.batch).exists():
                with suppress(OSError):
                    remove(path)

    def _file(self, key: str) -> Path:
        return self._store.folder(JOBS, "keys").absolute() / f"{key}.json"


def _is_name(batch: str) -> bool:
    return len(batch) == 16 and set(batch) <= set("0123456789abcdef")
