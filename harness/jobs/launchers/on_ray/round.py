"""One call of `map`: which slot does which job, what comes of it, and what is done where it dies."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

from harness.jobs.ending import afterwards
from harness.jobs.launchers.base import TRIES
from harness.jobs.launchers.died import JobTraceback, job_name, told_of, warn_begun_again
from harness.jobs.launchers.on_ray.patience import Patience
from harness.jobs.launchers.on_ray.room import Room
from harness.jobs.launchers.on_ray.runner import Died, Done, Failed, Words
from harness.jobs.launchers.on_ray.slot import Slot, SlotLostError
from harness.jobs.notes import pass_on
from harness.jobs.work import Progress, Work

_POLL_SEC = 0.2
_DO = "with fewer at a time (launch.workers) or a smaller preset"


class Round:
    """function(job, work) for every job. ray: the package; slots: those there are, to which more are added;
    new_slot: begins one; room: for how many."""

    def __init__(
        self,
        function: Callable[[Any, Work], Any],
        jobs: Sequence[Any],
        on_progress: Callable[[Progress], None],
        *,
        ray: Any,
        slots: list[Slot],
        new_slot: Callable[[], Slot],
        room: Room,
    ) -> None:
        self._function, self._jobs, self._on_progress = function, jobs, on_progress
        self._ray, self._slots, self._new_slot, self._room = ray, slots, new_slot, room
        self._waiting, self._results = deque(range(len(jobs))), dict[int, Any]()
        self._deaths, self._lost = Counter[int](), list[str]()
        self._died_on = defaultdict[int, set[str]](set)  # nodes by job: it is begun again elsewhere, if there is room
        self._patience = Patience(room)

    def results(self) -> list[Any]:
        """In the order of the jobs. Raises as `Launcher.map`."""
        while self._waiting or self._busy():
            with afterwards():  # Ray takes every signal that comes while it waits for Ctrl-C
                self._give_out()
                for slot in self._ready():
                    self._hear(slot)
        if self._lost:
            raise told_of(self._lost, _DO)
        return [self._results[number] for number in range(len(self._jobs))]

    def _busy(self) -> int:
        return sum(slot.words is not None for slot in self._slots)

    def _give_out(self) -> None:
        """Begin as many slots as there is room and work for, and give jobs to those that have none."""
        wanted = min(self._room.at_a_time, self._busy() + len(self._waiting))
        while len(self._slots) < wanted:
            self._slots.append(self._new_slot())
        while self._waiting and (slot := self._idle(self._died_on[self._waiting[0]])) is not None:
            number = self._waiting.popleft()
            slot.begin(self._function, number, self._jobs[number])
        self._patience.check(any(slot.where is not None for slot in self._slots))

    def _idle(self, but_on: set[str]) -> Slot | None:
        """A slot that has nothing to do, one on another node than these where there is one."""
        idle = [slot for slot in self._slots if slot.where is not None and slot.words is None]
        elsewhere = [slot for slot in idle if slot.where is not None and slot.where.node not in but_on]
        return next(iter([*elsewhere, *idle]), None)

    def _ready(self) -> list[Slot]:
        """The slots from which something is there, after a while at most."""
        asked = {slot.placed if slot.placed is not None else slot.words: slot for slot in self._slots}
        asked.pop(None, None)
        if not asked:
            time.sleep(_POLL_SEC)
            return []
        first, others = self._ray.wait([*asked], num_returns=1, timeout=_POLL_SEC)
        if first and others:  # else one that talks much would be heard alone
            first += self._ray.wait(others, num_returns=len(others), timeout=0)[0]
        return [asked[one] for one in first]

    def _hear(self, slot: Slot) -> None:
        """Take what a slot has to say. Raises what its job raised."""
        try:
            if slot.placed is not None:
                slot.arrive()
                return
            came = slot.next()
        except SlotLostError as error:
            self._slots.remove(slot)
            slot.kill()
            if slot.words is None:
                self._patience.failed(str(error))
            else:
                self._died(slot, slot.how_it_was_lost())
            return
        if isinstance(came, Words):
            self._pass_on(came)
        elif isinstance(came, Done):
            self._results[slot.number] = came.result
        elif isinstance(came, Failed):
            raise came.error from (JobTraceback(came.trace) if came.trace else None)
        elif isinstance(came, Died):
            self._died(slot, came.how)

    def _died(self, slot: Slot, how: str) -> None:
        number = slot.number
        self._deaths[number] += 1
        told = f"The process of {job_name(self._jobs[number], number)} {how}"
        if slot.where is not None:
            self._died_on[number].add(slot.where.node)
        if self._deaths[number] < TRIES:
            warn_begun_again(told)
            self._waiting.append(number)
        else:
            self._lost.append(told)

    def _pass_on(self, words: Words) -> None:
        for line in words.said:
            pass_on(line)
        for message in words.reported:
            self._on_progress(message)
