"""Fills a template in: one file that opens offline, with our own style and one script and nothing from elsewhere."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from harness.plain import plain
from harness.report.numbers import cell, interval, p_value, rounded

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"
_AFTER_METAS, _N_META = "<title>", 4  # of base.html
_MARKED = re.compile(r"`([^`]*)`|arXiv:? ?(\d{4}\.\d{4,5})")


def rendered(template: str, *, scripts: Sequence[str] = ("sort.js",), **values: Any) -> str:
    """A template filled in; every text is plain and escaped, only figures and our own style and script are not.

    scripts: files of ours that the page runs, as one; values: what the template names, `content` with `title` and
    `alarms` among them.
    """
    script = _script(scripts)
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704  # a file of ours
            script=Markup(script),  # noqa: S704  # a file of ours
            script_digest=_digest(script),  # the page's policy lets this one script run and no other
            **values,
        )
    )


def is_strict(page: str, *, scripts: Sequence[str] = ("sort.js",)) -> bool:
    """Whether a page begins with our policy, before all else, for these scripts, and has nothing that it leaves open.

    Then a browser runs our script and no other, loads nothing, asks for no address of a host (of links in a head no
    policy tells), and neither goes elsewhere by itself nor sends a form.
    """
    head = (_TEMPLATES / "base.html").read_text(encoding="utf-8").partition(_AFTER_METAS)[0]
    begins = head.replace("{{ script_digest }}", _digest(_script(scripts)))
    lower = page.lower()
    return (
        page.startswith(begins)
        and lower.count("<meta") == _N_META
        and not any(tag in lower for tag in ("<base", "<link", "<form", "formaction"))
    )


def _script(names: Sequence[str]) -> str:
    return "".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names)


def _digest(script: str) -> str:
    return b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


@cache
def _environment() -> Environment:
    """Made once: a site fills the same templates in many times."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # start-up: only a finished run pays

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if type(value) is str else value,  # Markup is a subclass
    )
    environment.filters.update(cell=cell, rounded=rounded, p_value=p_value, metric_name=_metric_name, marks=marks)
    environment.globals.update(interval=interval)
    return environment


class Mark(NamedTuple):
    """A piece of a docstring's sentence. kind: `text`, `code` for what stands in backticks, `arxiv` for a number."""

    kind: str
    text: str


def marks(sentence: str) -> list[Mark]:
    """The pieces of a sentence, in order."""
    kinds = ("text", "code", "arxiv")
    pieces = ((kinds[place % 3], text) for place, text in enumerate(_MARKED.split(sentence)))
    return [Mark(kind, text) for kind, text in pieces if text]


def _metric_name(metric: str) -> str:
    """A metric as the leaderboard's columns call it."""
    return {"auc": "AUC", "tpr_at_0.1": "TPR@10 %", "tpr_at_0.01": "TPR@1 %"}.get(metric, metric)
