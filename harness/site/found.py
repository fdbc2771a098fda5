"""Which runs a site shows: those that `harness.compare` finds, but for copies beside their runs."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.bounded import read_json
from harness.errors import HarnessWarning, InputError
from harness.finished.found import run_folders
from harness.finished.manifest_files import MANIFEST
from harness.places import shown

_MOST_MANIFEST_BYTES = 64_000_000


def folders_of_site(given: Sequence[Path]) -> list[Path]:
    """The folders of runs among and below those given, each once.

    A copy of `harness.share` beside its run would show it twice, so copies are taken only where they are named.
    InputError where a folder holds no run, or where nothing is left.
    """
    named = {os.path.realpath(folder) for folder in given}
    kept = []
    for folder in run_folders(given):
        if os.path.realpath(folder) in named or not (why := _left_out(folder)):
            kept.append(folder)
        else:
            warnings.warn(HarnessWarning(f"{shown(folder)} {why}"), stacklevel=2)
    if not kept:
        raise InputError(f"There is no run in {shown(given[0])} but what is left out; name the folder of one.")
    return kept


def _left_out(folder: Path) -> str:
    if not (folder / MANIFEST).is_file():
        return f"has no {MANIFEST}, and is left out."
    try:
        manifest: Any = read_json(folder / MANIFEST, _MOST_MANIFEST_BYTES, "The manifest", links=False)
    except InputError:
        return ""  # told where it is read as a run
    is_copy = isinstance(manifest, dict) and manifest.get("copy") is True
    return "is a copy to pass on, and left out; name it to have it in the site." if is_copy else ""
