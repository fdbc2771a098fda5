"""`launch=ray`: an actor for each job that runs at a time, wherever the cluster has room for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.config.launch_options import RayLaunch
from harness.errors import InputError
from harness.jobs.ending import ENDED_SEC
from harness.jobs.launchers.base import Job, Result
from harness.jobs.launchers.here import run_here
from harness.jobs.launchers.on_ray.room import Room, room_of
from harness.jobs.launchers.on_ray.round import Round
from harness.jobs.launchers.on_ray.session import RaySession, check_installed
from harness.jobs.launchers.on_ray.slot import Slot
from harness.jobs.work import Progress, Work

_ANSWER_SEC = 10.0  # that an actor which is there needs at most to say so


class RayLauncher:
    """Jobs on a cluster. options: `launch.*`; device: the option.

    Ray begins with the first jobs, and its actors stay for the next ones; close it to end them. Raises InputError
    where Ray is not installed, or the device is a certain GPU, which Ray hands out itself.
    """

    def __init__(self, options: RayLaunch, device: str) -> None:
        check_installed()
        if device.startswith("cuda:"):
            raise InputError(f"device={device}: Ray hands out GPUs itself; give device=cuda, or auto.")
        self._options, self._device = options, device
        self._session: RaySession | None = None
        self._slots: list[Slot] = []

    @property
    def at_a_time(self) -> int:
        """How many jobs the cluster has room for, or fewer where `launch.workers` says so."""
        return self._room().at_a_time

    @property
    def on_this_machine(self) -> bool:
        """Where Ray is of this run alone."""
        return self._options.address is None

    def here(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """As `Launcher.here`."""
        return run_here(function, jobs, on_progress, self._device, self._options.checkpoint_seconds)

    def map(
        self,
        function: Callable[[Job, Work], Result],
        jobs: Sequence[Job],
        on_progress: Callable[[Progress], None],
    ) -> list[Result]:
        """As `Launcher.map`."""
        if not jobs:
            return []
        room = self._room()
        self._forget_the_lost()
        try:
            return Round(
                function,
                jobs,
                on_progress,
                ray=self._ray,
                slots=self._slots,
                new_slot=lambda: self._new_slot(room),
                room=room,
            ).results()
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        """End the actors, and Ray where it is ours."""
        if self._session is None:
            return
        slots, self._slots = self._slots, []
        try:
            self._wait([slot.close() for slot in slots if slot.where is not None], 2.0)
        finally:
            session, self._session = self._session, None
            for slot in slots:
                slot.kill()
            session.close()

    def _forget_the_lost(self) -> None:
        """Slots may have been lost while they had nothing to do, of which no job is to blame."""
        asked = {slot.asked_again(): slot for slot in self._slots if slot.where is not None}
        came = self._wait([*asked], _ANSWER_SEC)
        for answer, slot in asked.items():
            if answer not in came or not slot.is_there(answer):
                self._slots.remove(slot)
                slot.kill()

    def _room(self) -> Room:
        if self._session is None:
            self._session = RaySession(self._options.address)
        return room_of(self._ray.nodes(), self._options, self._device)

    def _new_slot(self, room: Room) -> Slot:
        return Slot(self._ray, room.of_each, room.device, self._options.checkpoint_seconds)

    @property
    def _ray(self) -> Any:
        assert self._session is not None
        return self._session.ray

    def _end(self) -> None:
        """An interrupted run ends soon: trainings keep their state, and whoever does not hear is killed."""
        slots = [*self._slots]
        self._slots.clear()
        try:
            self._wait([slot.ask_to_end() for slot in slots if slot.where is not None], ENDED_SEC + 1)
        finally:
            for slot in slots:
                slot.kill()

    def _wait(self, references: list[Any], seconds: float) -> list[Any]:
        """Those that have come, after so long at most."""
        if not references:
            return []
        return [*self._ray.wait(references, num_returns=len(references), timeout=seconds)[0]]
