"""What jobs say, passed on as a worker of this machine is: from the logs of their tasks, a line at a time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from harness.jobs.notes import pass_on
from harness.plain import plain

_LINES, _MOST_BYTES = 5, 200_000
_OF_OTHERS = ("submitit ", "srun: ", "slurmstepd")  # who speak into the same file


def log_of(folder: Path, job_id: str) -> Path:
    """Where a task's stderr goes."""
    return folder / f"{job_id}_0_log.err"


def last_words(folder: Path, job_id: str) -> str:
    """The last lines that a task's jobs said, as one line; empty where they said nothing."""
    with suppress(OSError), log_of(folder, job_id).open("rb") as log:
        log.seek(max(0, log.seek(0, os.SEEK_END) - _MOST_BYTES))
        return " | ".join(_said(log.read())[-_LINES:])
    return ""


class Logs:
    """Passes on what is new in the logs of tasks."""

    def __init__(self) -> None:
        self._read = dict[Path, int]()

    def pass_on(self, folder: Path, job_id: str) -> None:
        """The whole lines that came since the last time, to stderr."""
        path = log_of(folder, job_id)
        with suppress(OSError), path.open("rb") as log:
            log.seek(self._read.get(path, 0))
            new = log.read(_MOST_BYTES)
            whole = new[: new.rfind(b"\n") + 1]
            self._read[path] = self._read.get(path, 0) + (len(whole) or (len(new) if len(new) == _MOST_BYTES else 0))
            for line in _said(whole):
                pass_on(line)


def _said(content: bytes) -> list[str]:
    lines = content.decode(errors="replace").splitlines()
    return [plain(line) for line in lines if line.strip() and not line.startswith(_OF_OTHERS)]
