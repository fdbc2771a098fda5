"""A run as the site shows it."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from harness.bounded import read_text
from harness.config.public_options import public_options
from harness.errors import HarnessWarning
from harness.evaluation.records import Record
from harness.evaluation.score_rows import ScoreRow
from harness.finished.made import made_by
from harness.finished.reading import Run, read_run, unchanged, whole
from harness.places import shown
from harness.plain import plain
from harness.report.content import Facts
from harness.report.render import is_strict
from harness.share.copy import Copy, scope_of
from harness.share.pages import chosen_label, summary
from harness.site.tasks import RowTask, row_tasks

_MOST_REPORT_BYTES = 256_000_000
_LONGEST_SLUG = 80


@dataclass(frozen=True)
class Entry:
    """One run. name: unlike every other's; slug: the same as the name of a folder; told: what is shown of it.

    folder: where it lies, never shown; tasks: of each row of its results what it is ranked by; report: its
    `report.html`, None where that is no page of ours.
    """

    name: str
    slug: str
    told: Copy
    folder: Path
    tasks: Sequence[RowTask]
    facts: Facts
    report: str | None

    @property
    def chosen(self) -> str | None:
        """The label of the attack that was applied to the test release."""
        return chosen_label(self.told)

    @property
    def summary(self) -> Sequence[str]:
        """What came out, in sentences."""
        return summary(self.told)

    @property
    def attacks(self) -> list[Record]:
        """The rows of attacks, skipped ones too."""
        return [one for one in self.told.results.records if one.kind == "attack"]

    @property
    def made(self) -> str:
        """How the generators were made, in a few words."""
        start, steps = self.told.results.start, self.told.scope.steps
        trained = f", {steps:,} steps from {start.name}" if steps else ""
        return f"{self.told.results.family}{trained}" + (f", leak {start.leak}" if start.leak else "")


def entries(folders: Sequence[Path]) -> list[Entry]:
    """The runs of these folders, alike ones side by side.

    Raises InputError where a folder holds no run that can be read, or one that was changed since.
    """
    found: dict[str, Entry] = {}
    for folder in folders:
        entry = _entry(read_run(folder))
        found[_unlike(entry.slug, found)] = entry
    named = [
        replace(one, slug=slug, name=one.name if one.slug == slug else f"{one.name} ({slug.rpartition('-')[2]})")
        for slug, one in found.items()
    ]
    return sorted(named, key=lambda one: (one.told.scope.data, one.made, one.told.results.run.seed or 0, one.slug))


def _unlike(slug: str, taken: Collection[str]) -> str:
    """The name, or with a number where another run has it; letters of both cases are alike to some disks."""
    there = {one.lower() for one in taken}
    tried = (slug if n == 1 else f"{slug}-{n}" for n in range(1, len(taken) + 2))
    return next(one for one in tried if one.lower() not in there)


def _entry(run: Run) -> Entry:
    manifest, scores = whole(run)
    name, told = run.folder.resolve().name, _told(run, scores)
    seed = run.results.run.seed
    facts: Facts = {
        "commit": manifest.commit or "not known",
        "seed": "not passed on" if seed is None else str(seed),
        "pool": manifest.pool,
        "generators": {one.name: one.generator for one in manifest.generators},
        "versions": manifest.versions,
        "hardware": {name: str(value) for name, value in asdict(manifest.hardware).items() if value is not None},
        "options": dict(_flat(told.config)),
    }
    return Entry(plain(name), _slug(name), told, run.folder, row_tasks(run), facts, _report(run))


def _report(run: Run) -> str | None:
    """None for a page that could run a script or load something: whoever wrote the folder wrote its digest, too."""
    page = read_text(unchanged(run, "report.html"), _MOST_REPORT_BYTES, "The report", links=False)
    if is_strict(page):
        return page
    told = "is left out of the site: it is not a page as this version writes it, and could run a script."
    warnings.warn(HarnessWarning(f"{shown(run.folder / 'report.html')} {told}"), stacklevel=2)
    return None


def _told(run: Run, scores: list[ScoreRow]) -> Copy:
    """The run in the shape of a copy to pass on, of which the sentences are made; left out is what names places."""
    made = made_by(run)
    scope = scope_of(run, made, run.config, run.config["data"]["name"])
    return Copy(run.results, made.recipe, scope, {}, public_options(run.config), scores)


def _flat(options: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    rows = []
    for name, value in options.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{above}{name}.")
        elif value is not None:
            rows.append((f"{above}{name}", str(value)))
    return rows


def _slug(name: str) -> str:
    """The name of a folder that every disk and every address takes."""
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:_LONGEST_SLUG]
    return kept or f"run-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
