"""Predictions handed in where images were expected: a submission is what comes out, not what goes in."""

import re
from pathlib import Path

_LINE = re.compile(r"[^,\t]+[,\t]+ *[01]\s*")
_LARGEST = 2**20  # bytes; a submission of 10,000 lines has a quarter of that
_LOOKED_AT = 100  # files below a folder


def submission_at(path: Path, called: Path | None = None) -> str:
    """A sentence if the file is a submission (two lines or more of `<id>,<0 or 1>`), else ""; called: its name."""
    if not path.is_file() or path.stat().st_size > _LARGEST:
        return ""
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    if len(lines) < 2 or not all(_LINE.fullmatch(line) for line in lines):
        return ""
    return (
        f"{called or path.name} is a submission ({len(lines)} lines of `<id>,<0 or 1>`), which is what comes out; "
        "folders of images are what goes in (`python -m harness.submission check` reads it)."
    )


def submissions_below(root: Path, endings: frozenset[str]) -> list[Path]:
    """The submissions anywhere below a folder, sorted; files with one of these endings are images."""
    others = [path for path in root.rglob("*") if path.suffix.lower() not in endings and path.is_file()]
    return [path for path in sorted(others)[:_LOOKED_AT] if submission_at(path)]
