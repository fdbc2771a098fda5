"""What every page of a site shares: its head and foot, and the texts that the templates' frame asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, NamedTuple

from harness.evaluation.estimate_text import counted
from harness.report.board import COLUMNS
from harness.report.render import rendered
from harness.site.entry import Entry
from harness.site.filters import facets_of_row
from harness.site.rankings import attack_of

_SCRIPTS = ("sort.js", "site.js")
_PACKAGE = "gan-membership-harness"
_NARROW = ("recall", "FPR@10 %")  # the run's name takes their place, until every metric is asked for
_COLUMNS = [one._replace(main=one.main and one.title not in _NARROW) for one in COLUMNS]


class Page(NamedTuple):
    """A page that every other one leads to: its file, and what it is called there."""

    file: str
    title: str


PAGES = (
    Page("index.html", "Runs"),
    Page("leaderboards.html", "Leaderboards"),
    Page("comparison.html", "Comparison"),
    Page("attacks.html", "Attacks"),
    Page("published.html", "Published tables"),
)


class Place(NamedTuple):
    """What the head and foot of a page show. root: the way from it to the site's folder; here: which page it is."""

    title: str
    root: str
    here: str
    pages: Sequence[Page]
    foot: str


class Content(NamedTuple):
    """What the templates' head asks for."""

    title: str
    alarms: Sequence[str] = ()
    nobody: Sequence[str] = ()


@dataclass(frozen=True)
class Site:
    """All that the pages are made of. title: as the user has it; attacks: names that have a page."""

    title: str
    entries: Sequence[Entry]
    attacks: Sequence[str]

    def page(self, template: str, file: str, content: Content, **values: Any) -> str:
        """One page; its name says where it stands."""
        depth = file.count("/")
        n = counted(len(self.entries), "run")
        place = Place(
            self.title, "../" * depth, file, PAGES, f"Made of {n} by gan-membership-harness {version(_PACKAGE)}."
        )
        return rendered(
            template, scripts=_SCRIPTS, content=content, site=place, there=self.attacks, columns=_COLUMNS,
            facets=facets_of_row, counted=counted, **values,
        )  # fmt: skip


def site_of(title: str, entries: Sequence[Entry]) -> Site:
    """The site of these runs."""
    named = {name for entry in entries for record in entry.attacks if (name := attack_of(record)) is not None}
    return Site(title, entries, sorted(named))
