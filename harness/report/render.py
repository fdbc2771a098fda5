"""Fills a template in: one file that opens offline, with our own style and one script and nothing from elsewhere."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any

from markupsafe import Markup

from harness.plain import plain
from harness.report.numbers import cell, interval, p_value, rounded

_TEMPLATES = Path(__file__).parent / "templates"


def rendered(template: str, **values: Any) -> str:
    """A template filled in; every text is plain and escaped, only figures and our own style and script are not.

    values: what the template names, `content` with `title` and `alarms` among them.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # start-up: only a finished run pays

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: plain(value) if type(value) is str else value,  # Markup is a subclass
    )
    environment.filters.update(cell=cell, rounded=rounded, p_value=p_value, metric_name=_metric_name)
    environment.globals.update(interval=interval)
    script = (_TEMPLATES / "sort.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return environment.get_template(template).render(
        style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704  # a file of ours
        script=Markup(script),  # noqa: S704  # a file of ours
        script_digest=digest,  # the page's policy lets this one script run and no other
        **values,
    )


def _metric_name(metric: str) -> str:
    """A metric as the leaderboard's columns call it."""
    return {"auc": "AUC", "tpr_at_0.1": "TPR@10 %", "tpr_at_0.01": "TPR@1 %"}.get(metric, metric)
