"""The pages of a site as texts, by the names of their files: all that a reader browses but the runs' own reports."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from harness.compare import compare
from harness.compare.formats import html_text
from harness.editions.load import edition_names, load_edition
from harness.editions.published import load_published
from harness.errors import HarnessWarning
from harness.evaluation.estimate_text import counted
from harness.leaderboard.notes import standings
from harness.leaderboard.tables import html_standings
from harness.report.board import board_row, boards
from harness.report.featured import HOLDS
from harness.report.numbers import Bar, Cell, cell
from harness.report.verdict import meaning, tiles
from harness.site.attack_words import attack_words
from harness.site.entry import Entry
from harness.site.filters import as_facets, choices, facets, held
from harness.site.frame import Content, Site
from harness.site.rankings import attack_of, rankings, reach


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """File and text of every page."""
    yield "index.html", _index(site)
    yield "leaderboards.html", _leaderboards(site)
    yield "comparison.html", _comparison(site)
    yield "attacks.html", _attacks(site)
    for name in site.attacks:
        yield f"attacks/{name}.html", _attack(site, name)
    for entry in site.entries:
        yield f"runs/{entry.slug}/index.html", _run(site, entry)
    yield from _published(site)


def _index(site: Site) -> str:
    rows = [_index_row(entry) for entry in site.entries]
    runs, data = counted(len(rows), "run"), sorted({one.told.scope.data for one in site.entries})
    lead = [
        f"{runs} on {', '.join(data)}; {counted(len(site.attacks), 'attack')}.",
        "Given the images that a generator released and a set of real slices: which slices was it trained on?",
    ]
    filters = choices(site.entries, site.attacks)
    return site.page("site_index.html", "index.html", Content(site.title), lead=lead, rows=rows, choices=filters)


def _index_row(entry: Entry) -> dict[str, Any]:
    applied = {one.target_set: one for one in entry.attacks if one.label == entry.chosen and one.skipped is None}
    shadow, test = applied.get("shadow"), applied.get("test")
    row = None if shadow is None else board_row(shadow, entry.chosen)
    known = [one for one in entry.attacks if one.skipped is None]
    return {
        "entry": entry,
        "seed": entry.told.results.run.seed,
        "attack": None if shadow is None else attack_of(shadow),
        "auc": Cell() if row is None else row.cells[0],
        "bar": None if row is None else row.auc,
        "f1": cell(None if test is None else test.f1),
        "facets": facets(entry, {one.access for one in known}, {one.attack for one in known}),
    }


def _leaderboards(site: Site) -> str:
    tasks, filters = rankings(site.entries), choices(site.entries, site.attacks)
    content = Content("Leaderboards")
    return site.page("site_leaderboards.html", "leaderboards.html", content, tasks=tasks, choices=filters)


def _comparison(site: Site) -> str:
    found = compare([one.folder for one in site.entries])
    for told in found.refused:  # names folders, and so stays here
        warnings.warn(HarnessWarning(told), stacklevel=2)
    return html_text(replace(found, refused=[]), _at(site, "comparison.html"))


def _at(site: Site, file: str) -> Callable[..., str]:
    """What fills in a template that other commands use, too, as a page of the site."""
    return lambda template, **values: site.page(template, file, **values)


def _attacks(site: Site) -> str:
    rows = [_attack_row(site, name) for name in site.attacks]
    filters = choices(site.entries, site.attacks)[:-1]  # a row is an attack
    return site.page("site_attacks.html", "attacks.html", Content("Attacks"), rows=rows, choices=filters)


def _attack_row(site: Site, name: str) -> dict[str, Any]:
    words, found = attack_words(name), reach(site.entries, name)
    own = [(entry, one) for entry in site.entries for one in entry.attacks if one.attack == name]
    best = max(found, key=lambda one: one.auc.cells[0].sort or 0.0, default=None)
    auc: Cell = Cell() if best is None else best.auc.cells[0]
    bar: Bar | None = None if best is None else best.auc.auc
    accesses = {one.access for _, one in own}
    return {
        "name": name,
        "what": "" if words is None else words.what,
        "holds": ", ".join(held(one) for one in HOLDS if one in accesses),
        "n_runs": len({entry.slug for entry, _ in own}),
        "auc": auc,
        "bar": bar,
        "facets": as_facets([entry for entry, _ in own], accesses, [name]),
    }


def _attack(site: Site, name: str) -> str:
    skipped: dict[str, list[str]] = {}
    for entry in site.entries:
        for one in entry.attacks:
            if one.attack == name and one.target_set == "shadow" and one.skipped is not None:
                skipped.setdefault(one.skipped, []).append(entry.slug)
    return site.page(
        "site_attack.html",
        f"attacks/{name}.html",
        Content(f"{name}: {site.title}"),
        name=name,
        words=attack_words(name),
        reach=reach(site.entries, name),
        skipped=[{"reason": reason, "runs": runs} for reason, runs in skipped.items()],
        tasks=rankings(site.entries, lambda record: record.kind == "attack" and record.attack == name),
    )


def _run(site: Site, entry: Entry) -> str:
    results, scope = entry.told.results, entry.told.scope
    told = f"{scope.data}, {scope.told}; {entry.made}; {scope.n_images} released images looked at each."
    return site.page(
        "site_run.html",
        f"runs/{entry.slug}/index.html",
        Content(entry.name, results.alarms, results.nobody),
        entry=entry,
        told=told,
        meaning=meaning(results.records, entry.chosen, results.nobody),
        tiles=tiles(results.records, entry.chosen),
        boards=boards(results.records, entry.chosen),
    )


def _published(site: Site) -> Iterator[tuple[str, str]]:
    editions: list[dict[str, Any]] = []
    for name in edition_names():
        edition, n_rows = load_edition(name), 0
        if any(task.published for task in edition.tasks.values()):
            table = load_published(name)
            n_rows = len(table.rows)
            yield f"published/{name}.html", _standings(site, name)
        editions.append({"edition": edition, "n_rows": n_rows})
    yield (
        "published.html",
        site.page("site_published.html", "published.html", Content("Published tables"), editions=editions),
    )


def _standings(site: Site, name: str) -> str:
    return html_standings(standings(load_published(name)), _at(site, f"published/{name}.html"))
