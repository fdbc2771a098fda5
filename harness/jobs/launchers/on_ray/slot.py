"""An actor as the launcher holds it, and the job that it does."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from harness.jobs.launchers.on_ray.runner import Done, Failed, JobRunner, Place, Words
from harness.jobs.work import Work
from harness.store.elsewhere import environment_with

_LINES = 20  # of a job's last words that are kept


class SlotLostError(Exception):
    """The actor is no more, or what it said is lost: its process was killed, or its node is gone."""


class Slot:
    """One actor. ray: the package; resources: of each job, as Ray takes them; the rest is as `JobRunner` has it."""

    def __init__(self, ray: Any, resources: dict[str, float], device: str, kept_every_sec: float) -> None:
        self._ray = ray
        # A call that ends the job must be heard while the job goes on.
        remote = ray.remote(max_concurrency=3, scheduling_strategy="SPREAD", **resources)(JobRunner)
        self._actor = remote.remote(device, kept_every_sec)
        self.placed: Any = self._actor.place.remote()
        self.where: Place | None = None
        self.number = -1
        self.words: Any = None
        self._said: deque[str] = deque(maxlen=_LINES)
        self._why = ""

    def asked_again(self) -> Any:
        """What `is_there` takes, once it has come: nothing may have been heard of the actor for a while."""
        return self._actor.place.remote()

    def is_there(self, answer: Any) -> bool:
        """Whether the actor has answered."""
        try:
            self._answer(answer)
        except SlotLostError:
            return False
        return True

    def arrive(self) -> None:
        """Take note of where it is; `placed` must be there. Raises SlotLostError."""
        self.where, self.placed = self._answer(self.placed), None

    def begin(self, function: Callable[[Any, Work], Any], number: int, job: Any) -> None:
        """Let it do a job."""
        self.number = number
        more = environment_with(function)
        self.words = self._actor.do.options(num_returns="streaming").remote(function, number, job, more)
        self._said.clear()

    def next(self) -> Words | Done | Failed | Any:
        """What comes next of its job; must be there. Raises SlotLostError."""
        found = self._answer(self.words, next)
        if isinstance(found, Words):
            self._said.extend(found.said)
        else:
            self.words = None
        return found

    def how_it_was_lost(self) -> str:
        """Of an actor that is no more, as it completes `The process of NAME ...`, with its job's last words."""
        how = "was lost before it began"
        if self.where is not None:
            alive = {one["NodeID"] for one in self._ray.nodes() if one["Alive"]}
            gone = self.where.node not in alive
            how = f"was lost with its node of the cluster on {self.where.machine}"
            how = how if gone else f"was lost on {self.where.machine}: its worker of the cluster ended{self._why}"
        return f"{how}; its last words: {' | '.join([*self._said][-5:])}" if self._said else how

    def ask_to_end(self) -> Any:
        """Let its job keep its state; what is returned is there once it has ended."""
        return self._actor.end.remote()

    def close(self) -> Any:
        """Let its process end, which has nothing left to do; what is returned is there once it has."""
        return self._actor.close.remote()

    def kill(self) -> None:
        """End the actor, and what it started with it."""
        self._ray.kill(self._actor)

    def _answer(self, asked: Any, reference_of: Callable[[Any], Any] = lambda asked: asked) -> Any:
        """What is behind a reference. Raises SlotLostError for whatever Ray itself raises, of many classes; what a
        job raised is no such thing, and comes as `Failed`."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference_of(asked))
        except (errors.RayTaskError, errors.UserCodeException, errors.CrossLanguageError):
            raise
        except errors.RayError as error:
            if isinstance(error, errors.OutOfMemoryError):
                self._why = " for want of memory"
            raise SlotLostError(str(error)) from error
