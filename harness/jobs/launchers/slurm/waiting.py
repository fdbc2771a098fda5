"""One call of `map`: what is with SLURM, what came of it, and what is handed in once more."""

from __future__ import annotations

import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from harness.cli import TerminatedError
from harness.errors import HarnessWarning
from harness.jobs.ending import ENDED_SEC
from harness.jobs.launchers.base import TRIES
from harness.jobs.launchers.died import JobTraceback, job_name, told_of, warn_begun_again
from harness.jobs.launchers.slurm.handing_in import HandsIn
from harness.jobs.launchers.slurm.logs import Logs, last_words
from harness.jobs.launchers.slurm.queue import ArrayTask, Queued, cancel, how_it_ended, queued, told_names
from harness.jobs.launchers.slurm.results import names_in, outcomes, result_name
from harness.jobs.launchers.slurm.said import Heard, said_file
from harness.jobs.work import FINISHED, Progress

_LOOK_SEC = 0.5
_WORDS_A_SEC = 50  # files that are read to learn how far jobs are
_ASK_SEC, _ASK_AT_MOST_SEC = 2.0, 15.0  # one call of squeue for all jobs, seldomer as time goes on
_LATE_SEC = 4.0  # that a result may take through a shared file system, after its task has left the queue
_USUAL = {"None", "Priority", "Resources", "BeginTime", "JobArrayTaskLimit", "Cleaning", "NonZeroExitCode"}


class Waiting:
    """Jobs by their numbers until all have results."""

    def __init__(self, hands_in: HandsIn, jobs: Mapping[int, Any], on_progress: Callable[[Progress], None]) -> None:
        self._hands_in, self._jobs, self._on_progress = hands_in, jobs, on_progress
        self._tasks = defaultdict[ArrayTask, dict[int, int]](dict)  # the numbers of a task's jobs, by their places
        self._ids = dict[ArrayTask, str]()
        self._gone = dict[ArrayTask, float]()
        self._results, self._finished = dict[int, Any](), set[int]()
        self._deaths, self._lost = Counter[int](), list[str]()
        self._heard, self._logs, self._told = Heard(), Logs(), set[str]()
        self._ask_at, self._ask_every, self._words_at = 0.0, _ASK_SEC, 0.0

    def results(self) -> dict[int, Any]:
        """The results by number. The first failure is raised as it was; InputError for jobs whose task died twice."""
        try:
            self._hand_in(list(self._jobs))
            while self._tasks:
                self._look()
                if self._tasks and time.monotonic() >= self._ask_at:
                    self._ask()
                if self._tasks:
                    time.sleep(_LOOK_SEC)
        except TerminatedError:
            self._leave()
            raise
        except BaseException as error:
            self._end(keep_logs=isinstance(error, Exception))
            raise
        self._hands_in.records.leave(done=not self._lost)
        if self._lost:
            raise told_of(self._lost, "with more launch.memory_gib or launch.time")
        return self._results

    def _hand_in(self, numbers: list[int]) -> None:
        for number, (handed, job_id) in self._hands_in({number: self._jobs[number] for number in numbers}).items():
            self._tasks[handed.task][handed.place] = number
            self._ids[handed.task] = job_id

    def _look(self) -> None:
        """Which tasks have left a result, and how far the others are."""
        lying = {batch: names_in(self._folder(batch)) for batch in {task.batch for task in self._tasks}}
        for task in list(self._tasks):
            if result_name(self._ids[task]) in lying[task.batch]:
                self._take(task)
        if time.monotonic() >= self._words_at:
            for task in self._tasks:
                self._pass_on(task)
            self._words_at = time.monotonic() + max(_LOOK_SEC, len(self._tasks) / _WORDS_A_SEC)

    def _take(self, task: ArrayTask) -> None:
        """The results of a task that has ended."""
        folder, job_id = self._folder(task.batch), self._ids[task]
        found = outcomes(folder, job_id, f"SLURM's task {job_id} with {self._called(task)}")
        self._pass_on(task)
        again = []
        for place, number in self._tasks.pop(task).items():
            if place >= len(found):  # of another head's list: a failure before it ended the task
                again.append(number)
                continue
            value, error, trace = found[place]
            if error is not None:
                if words := last_words(folder, job_id):
                    error.add_note(f"The last words of SLURM's task {job_id}: {words}")
                raise error from JobTraceback(trace)
            self._results[number] = value
            self._say(Progress(number, FINISHED, 1, 1))
        if again:
            self._hand_in(again)

    def _pass_on(self, task: ArrayTask) -> None:
        """Words of a task's jobs, and about them, that are new."""
        self._logs.pass_on(self._folder(task.batch), self._ids[task])
        for message in self._heard.news(said_file(self._folder(task.batch), task.number)):
            number = self._tasks[task].get(message.job)
            if number is not None:
                self._say(message._replace(job=number))

    def _say(self, message: Progress) -> None:
        if message.job not in self._finished:
            if message.doing == FINISHED:
                self._finished.add(message.job)
            self._on_progress(message)

    def _ask(self) -> None:
        """Ask SLURM which tasks it still has."""
        queue = queued()
        now = time.monotonic()
        self._ask_at, self._ask_every = now + self._ask_every, min(self._ask_every * 1.2, _ASK_AT_MOST_SEC)
        if queue is None:
            self._tell("", "SLURM does not answer; its jobs are waited for.")
            return
        for task in list(self._tasks):
            if task in queue:
                self._gone.pop(task, None)
                self._tell_reason(queue[task])
            elif now - self._gone.setdefault(task, now) >= _LATE_SEC:
                self._died(task)

    def _died(self, task: ArrayTask) -> None:
        """A task that left nothing: its jobs are handed in again, the one that it had in hand at most once."""
        folder, job_id = self._folder(task.batch), self._ids[task]
        if result_name(job_id) in names_in(folder):
            return
        places, said = self._tasks.pop(task), said_file(folder, task.number)
        in_hand = min(set(places) - self._heard.finished(said), default=min(places))
        guilty = places[in_hand]
        how = f"SLURM's task {job_id} of {job_name(self._jobs[guilty], guilty)} {how_it_ended(job_id)}"
        if words := last_words(folder, job_id):
            how += f"; its last words: {words}"
        self._deaths[guilty] += 1
        numbers = list(places.values())
        if self._deaths[guilty] < TRIES:
            warn_begun_again(how)
        else:
            self._lost.append(how)
            numbers.remove(guilty)
        if numbers:
            self._hand_in(numbers)

    def _leave(self) -> None:
        """The head ends and its jobs go on."""
        self._hands_in.records.leave(done=False)
        ids = [self._ids[task] for task in self._tasks]
        _warn(f"{len(ids)} SLURM tasks go on without it ({told_names(ids)}), and the same command finds them.")

    def _end(self, keep_logs: bool) -> None:
        """The jobs are asked to keep a checkpoint and to end; whoever has not by then is SLURM's to kill.

        Those that another head waits for, too, go on.
        """
        deadline = time.monotonic() + ENDED_SEC + 1
        records = self._hands_in.records
        shared = records.waited_for_by_others({task.batch for task in self._tasks} | records.made)
        going_on = [self._ids[task] for task in self._tasks if task.batch in shared and task in self._ids]
        if going_on:
            _warn(
                f"{len(going_on)} SLURM tasks go on, for another run waits for them, too ({told_names(going_on)}); "
                "scancel ends them."
            )
        if queued() is None:  # nobody knows what runs: all that was handed in is to end, and its records stay
            cancel([self._ids[one] for one in self._tasks if one in self._ids and one.batch not in shared])
            records.leave(done=False)
            return
        left = self._ours(shared)
        cancel([one.job_id for one in left])
        while left and time.monotonic() < deadline:
            time.sleep(_LOOK_SEC)
            left = self._ours(shared)
        records.leave(done=not left and not keep_logs and not shared)

    def _ours(self, shared: Collection[str]) -> list[Queued]:
        """Tasks in the queue that are waited for, or were handed in a moment ago, but for those of shared batches."""
        made, queue = self._hands_in.records.made, queued() or {}
        return [
            one
            for task, one in queue.items()
            if task.batch not in shared and (task in self._tasks or task.batch in made)
        ]

    def _folder(self, batch: str) -> Path:
        return self._hands_in.records.folder(batch)

    def _called(self, task: ArrayTask) -> str:
        names = [job_name(self._jobs[number], number) for _, number in sorted(self._tasks[task].items())]
        return told_names(names)

    def _tell_reason(self, queued_task: Queued) -> None:
        job_id, state, reason = queued_task
        if state == "PENDING" and reason not in _USUAL:
            self._tell(reason, f"SLURM holds jobs back, {job_id} among them: {reason}.")

    def _tell(self, what: str, sentence: str) -> None:
        if what not in self._told:
            self._told.add(what)
            _warn(sentence)


def _warn(sentence: str) -> None:
    warnings.warn(HarnessWarning(sentence), stacklevel=4)
