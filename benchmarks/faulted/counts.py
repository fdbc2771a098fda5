"""What faults did to runs, as rows: tried, survived, bytes that differ, seconds of work lost, made twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from benchmarks.rows import Row, at_most

_ADDED = ("tried", "survived", "differing", "twice")


@dataclass
class Count:
    """Of one kind of fault. failures: what did not end as it should, a line each; differing: files whose bytes are
    not those of an undisturbed run; lost_sec: of work, a fault each; twice: artefacts made more than once."""

    tried: int = 0
    failures: list[str] = field(default_factory=list)
    differing: set[str] = field(default_factory=set)
    lost_sec: list[float] = field(default_factory=list)
    twice: int = 0

    def check(self, right: bool, what: str) -> bool:
        """Count a fault: whether it ended right, and what to say where it did not."""
        self.tried += 1
        if not right:
            self.failures.append(what)
        return right

    def rows(self, name: str, lost_at_most: float | None = None) -> list[Row]:
        """The count; a row for each failure. lost_at_most: seconds that may be lost, where that was measured."""
        told: dict[str, float] = {
            "tried": self.tried,
            "survived": self.tried - len(self.failures),
            "differing": len(self.differing),
        }
        told |= {"twice": self.twice, "lost_sec": max(self.lost_sec, default=0.0)}
        figure = f"{name}: {told['tried']} tried, {told['survived']} survived"
        rows = [
            at_most(figure, len(self.failures), "failed", 0, **told),
            at_most(f"{name}: files with other bytes", len(self.differing), "files", 0, files=sorted(self.differing)),
        ]
        if lost_at_most is not None and self.lost_sec:
            rows.append(at_most(f"{name}: work lost, at most", max(self.lost_sec), "s", lost_at_most))
        if self.twice:
            rows.append(at_most(f"{name}: artefacts made twice", self.twice, "artefacts", 0))
        return rows + [Row(f"  failed: {one}", None, "") for one in self.failures]


def total(rows: Sequence[Row]) -> Row:
    """All faults together, and all inputs."""
    told = [row.detail for row in rows if "survived" in row.detail]
    tried, survived, differing, twice = (
        sum(one[k] for one in told) for k in ("tried", "survived", "differing", "twice")
    )
    lost = max((one["lost_sec"] for one in told), default=0.0)
    figure = f"all: {tried} faults tried, {survived} survived, {differing} files differ, {twice} made twice, at most "
    figure += f"{lost:.1f} s lost"
    inputs, wrong = 0, 0
    for row in rows:
        if "answered" in row.detail or "parsers" in row.detail:  # the rows of all bad inputs, of all that is fuzzed
            inputs, wrong = inputs + row.detail["inputs"], wrong + int(row.value or 0)
    if inputs:
        figure += f"; {inputs} inputs tried, {inputs - wrong} answered properly"
    row = at_most(figure, tried - survived + differing + twice + wrong, "wrong", 0)
    return replace(row, benchmark="benchmarks.faults")
