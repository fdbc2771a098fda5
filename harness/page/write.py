"""Writes the pages: the templates filled with boards, figures and the contact sheet."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any

from markupsafe import Markup

from harness.intervals import Estimate
from harness.page.board import COLUMNS, boards, controls
from harness.page.content import Comparison, PageContent
from harness.page.evidence import histogram_panels, reliability_panels
from harness.page.numbers import bar, cell, interval, p_value, rounded
from harness.page.power import power_panels
from harness.page.roc import roc_panels
from harness.page.sheet import shown_pairs
from harness.page.verdict import meaning, tiles
from harness.store import write_durably

_TEMPLATES = Path(__file__).parent / "templates"


def write_page(path: Path, content: PageContent) -> None:
    """`report.html`: all that was found, in one file without a single address to load from."""
    page = _render(
        "report.html",
        content,
        meaning=meaning(content.records, content.chosen),
        tiles=tiles(content.records, content.chosen),
        controls=controls(content.records),
        roc=roc_panels(content.curves),
        reliability=reliability_panels(content.curves),
        histograms=histogram_panels(content.curves),
        power=power_panels(content),
        pairs=shown_pairs(content.sheet),
        of_chosen=[one for one in content.comparisons if one.attack == content.chosen],
    )
    write_durably(path, page)


def write_leaderboard(path: Path, content: PageContent) -> None:
    """`leaderboard.html`: the tables alone."""
    write_durably(path, _render("leaderboard.html", content))


def _render(template: str, content: PageContent, **more: Any) -> str:
    """A template of a run, with its tables."""
    return rendered(
        template, content=content, columns=COLUMNS, boards=boards(content.records, content.chosen), **more
    )


def rendered(template: str, **given: Any) -> str:
    """A template filled in; every text is escaped, only figures and our own style and script are not.

    given: what the template shows; `content` has a title and alarms at least.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # start-up: only a finished run pays

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(cell=cell, rounded=rounded, p_value=p_value, metric_name=_metric_name)
    environment.globals.update(difference_bar=_difference_bar, interval=interval)
    script = (_TEMPLATES / "sort.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return environment.get_template(template).render(
        style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        script_digest=digest,  # the page's policy lets this one script run and no other
        **given,
    )


def _metric_name(metric: str) -> str:
    """A metric as the leaderboard's columns call it."""
    return {"auc": "AUC", "tpr_at_0.1": "TPR@10 %", "tpr_at_0.01": "TPR@1 %"}.get(metric, metric)


def _difference_bar(one: Comparison, widest: float) -> Any:
    """A difference on a scale symmetric around none."""
    return bar(Estimate(one.difference, one.low, one.high), -widest, widest, 0.0)
