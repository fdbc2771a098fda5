"""Writes a site: beside first, then renamed into place; what is no site of ours is never replaced."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from harness import ours
from harness.finished.manifest_files import MANIFEST, with_files
from harness.places import shown
from harness.site.entry import Entry
from harness.site.frame import site_of
from harness.site.pages import pages
from harness.writing import replaced_folder, write_durably

SCHEMA = 1
_FACTS = {"schema": SCHEMA, "site": True}


def write_site(entries: Sequence[Entry], title: str, out: Path) -> int:
    """Every file of a site; the same runs give the same bytes. Returns how many pages there are."""
    with replaced_folder(out) as beside:
        n_pages = 0
        for file, text in pages(site_of(title, entries)):
            path = beside / file
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, text)
            n_pages += 1
        reports = {one.slug: one.report for one in entries if one.report is not None}
        for slug, report in reports.items():
            write_durably(beside / "runs" / slug / "report.html", report)
        write_durably(beside / MANIFEST, json.dumps(with_files(_FACTS, beside), indent=1))
        refuse_others(out)
    return n_pages + len(reports)


def refuse_others(out: Path) -> None:
    """InputError where a folder is there and is no site that this command wrote, as it wrote it."""
    ours.refuse_others(f"--out {shown(out)}", out, MANIFEST, SCHEMA, "a site", marks={"site": True})
