"""What is said of jobs that failed, and of those whose processes died."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from harness.errors import HarnessWarning, InputError


class JobTraceback(Exception):  # noqa: N818  # it is shown as the cause of what a job raised
    """Where a job raised what it raised."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def job_name(job: object, number: int) -> str:
    """How a job is called; number: its place in the list."""
    return str(getattr(job, "name", f"job {number + 1}"))


def warn_begun_again(how: str) -> None:
    """Say that a job is begun once more. how: its process ended, as a sentence without its full stop."""
    warnings.warn(
        HarnessWarning(f"{how}. It is begun once more, from its checkpoint where it has one."), stacklevel=4
    )


def told_of(lost: Sequence[str], do: str = "with launch.workers=1 or a smaller preset") -> InputError:
    """The error for jobs that died twice. lost: how each ended, at least one; do: what may help."""
    more = f" So did {len(lost) - 1} more." if len(lost) > 1 else ""
    return InputError(
        f"{lost[0]}, and so it did before.{more} The store keeps what was finished: run the same command again, {do}."
    )
