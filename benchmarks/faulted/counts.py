"""What faults did to runs, as rows: tried, survived, bytes that differ, seconds of work lost, made twice."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from benchmarks.rows import Row, at_most
from harness.errors import InputError

if TYPE_CHECKING:
    import argparse

_ADDED = ("tried", "survived", "failed", "differing", "twice")


@dataclass
class Count:
    """Of one kind of fault. ends: of each that was tried, whether it ended as it should; failures: what did not, a
    line each, and what else went wrong; differing: files whose bytes are not those of an undisturbed run; lost_sec:
    of work, a fault each; twice: artefacts made more than once."""

    ends: list[bool] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    differing: set[str] = field(default_factory=set)
    lost_sec: list[float] = field(default_factory=list)
    twice: int = 0

    @property
    def tried(self) -> int:
        """Faults."""
        return len(self.ends)

    @property
    def survived(self) -> int:
        """Of these, those that ended as they should."""
        return sum(self.ends)

    def check(self, right: bool, what: str) -> bool:
        """Count a fault: whether it ended right, and what to say where it did not."""
        self.ends.append(right)
        return self.need(right, what)

    def need(self, right: bool, what: str) -> bool:
        """Something that must be right and is no fault that is tried, such as an undisturbed run."""
        if not right:
            self.failures.append(what)
        return right

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """Within it a fault is tried, and `check`ed at its end: what is raised before is a fault not survived."""
        try:
            yield
        except Exception as error:
            self.check(False, f"{what}: {_told(error)}")

    def rows(self, name: str, lost_at_most: float | None = None, how: str = "") -> list[Row]:
        """The count; a row for each failure. lost_at_most: seconds that may be lost, where that was measured; how:
        what else there is to say of those that were tried."""
        told: dict[str, float] = {
            "tried": self.tried,
            "survived": self.survived,
            "failed": len(self.failures),
            "differing": len(self.differing),
        }
        told |= {"twice": self.twice, "lost_sec": max(self.lost_sec, default=0.0)}
        figure = f"{name}: {told['tried']} tried, {told['survived']} survived" + (f" ({how})" if how else "")
        rows = [
            at_most(figure, len(self.failures), "failed", 0, **told),
            at_most(f"{name}: files with other bytes", len(self.differing), "files", 0, files=sorted(self.differing)),
        ]
        if lost_at_most is not None and self.lost_sec:
            rows.append(at_most(f"{name}: work lost, at most", max(self.lost_sec), "s", lost_at_most))
        if self.twice:
            rows.append(at_most(f"{name}: artefacts made twice", self.twice, "artefacts", 0))
        return rows + [Row(f"  failed: {one}", None, "") for one in self.failures]


def to_its_end(
    name: str, measure: Callable[[argparse.Namespace], Sequence[Row]]
) -> Callable[[argparse.Namespace], Sequence[Row]]:
    """A benchmark's `measure` that nothing ends early: what is raised is a failure, and the other benchmarks go on.

    A mistake in its options is raised all the same.
    """

    def measured(options: argparse.Namespace) -> Sequence[Row]:
        try:
            return measure(options)
        except InputError:
            raise
        except (Exception, SystemExit) as error:
            count = Count()
            count.need(False, f"{name} ended early: {_told(error)}")
            return count.rows(name)

    return measured


def total(rows: Sequence[Row]) -> Row:
    """All faults together, and all inputs, and what was not tried."""
    told = [row.detail for row in rows if "survived" in row.detail]
    tried, survived, failed, differing, twice = (sum(one[k] for one in told) for k in _ADDED)
    lost = max((one["lost_sec"] for one in told), default=0.0)
    figure = f"all: {tried} faults tried, {survived} survived, {differing} files differ, {twice} made twice, at most "
    figure += f"{lost:.1f} s lost"
    wrong = failed + differing + twice
    for row in rows:
        if "answered" in row.detail:  # of all bad inputs
            inputs, bad = row.detail["inputs"], int(row.value or 0)
            figure, wrong = f"{figure}; {inputs} inputs tried, {inputs - bad} answered properly", wrong + bad
        if "parsers" in row.detail:  # of all that is fuzzed: kinds of exceptions, not inputs
            kinds = int(row.value or 0)
            figure, wrong = (
                f"{figure}; {row.detail['inputs']} inputs of fuzzing, {kinds} kinds unhandled",
                wrong + kinds,
            )
    missing = {row.name: row.skipped for row in rows if row.skipped is not None}
    if missing:
        figure += f"; not tried: {', '.join(missing)}"
    return replace(at_most(figure, wrong, "wrong", 0, not_tried=missing), benchmark="benchmarks.faults")


def _told(error: BaseException) -> str:
    """Of an exception that nobody expected: what it says, and where it came from."""
    at = traceback.extract_tb(error.__traceback__)
    where = f" ({at[-1].filename.rpartition('/')[2]}:{at[-1].lineno})" if at else ""
    return " ".join(f"{type(error).__name__}: {error}{where}".split())[:500]
