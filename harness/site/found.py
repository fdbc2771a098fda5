"""Which folders are runs: those named, and those that lie in folders named."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.bounded import MOST_DEPTH, read_json
from harness.errors import HarnessWarning, InputError
from harness.places import lies_in, shown
from harness.report.manifest_files import MANIFEST

RESULTS = "results.json"
_MOST_MANIFEST_BYTES = 64_000_000


def run_folders(given: Sequence[Path], leave_out: Path) -> list[Path]:
    """The folders of runs among and below those given, each once, in the order given and by name below.

    A copy of `harness.share` beside its run would show it twice, so copies are taken only where they are named.
    InputError where a folder holds no run. leave_out: the site, of which nothing is taken for a run.
    """
    found: dict[Path, Path] = {}
    for folder in given:
        if not folder.is_dir():
            raise InputError(f"{shown(folder)} is no folder; give runs, or folders that hold runs, such as runs.")
        here = [folder] if _is_run(folder) else list(_below(folder, leave_out))
        if not here:
            raise InputError(
                f"There is no run in {shown(folder)}: no folder with {RESULTS} and {MANIFEST}, as python -m "
                "harness.run writes it."
            )
        for one in here:
            found.setdefault(one.resolve(), one)
    return list(found.values())


def _is_run(folder: Path) -> bool:
    return all((folder / name).is_file() for name in (RESULTS, MANIFEST))


def _below(folder: Path, leave_out: Path) -> Iterator[Path]:
    """Runs below a folder, no link followed; none within another."""
    for at, folders, _ in os.walk(folder):
        here = Path(at)
        deep = len(here.relative_to(folder).parts) >= MOST_DEPTH
        if _is_run(here):
            folders.clear()
            if _is_copy(here):
                told = f"{shown(here)} is a copy to pass on, and left out; name it to have it in the site."
                warnings.warn(HarnessWarning(told), stacklevel=2)
            else:
                yield here
        elif deep or (leave_out.exists() and lies_in(here, leave_out)):
            folders.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))  # a store, what is being written


def _is_copy(folder: Path) -> bool:
    try:
        manifest: Any = read_json(folder / MANIFEST, _MOST_MANIFEST_BYTES, "The manifest", links=False)
    except InputError:
        return False  # told where it is read as a run
    return isinstance(manifest, dict) and manifest.get("copy") is True
