"""Which folders hold a run, and of which task of a suite it is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.bounded import listed, read_json
from harness.errors import InputError
from harness.finished.reading import RESULTS
from harness.places import shown

OF_SUITE = "suite.json"
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class OfSuite:
    """Of `suite.json`, which lies beside the run of a suite's task."""

    suite: str
    version: int
    task: str


def run_folders(paths: Sequence[Path]) -> list[Path]:
    """The folders with results that the paths are or hold, hidden ones left out, each once; InputError as below."""
    folders: dict[str, Path] = {}
    for path in paths:
        if not path.is_dir():
            raise InputError(f"{shown(path)} is no folder; give one that harness.run wrote, or one that holds some.")
        names = sorted(listed(path).files)
        files = [path / name for name in names if name == RESULTS or name.endswith(f"/{RESULTS}")]
        here = [one.parent for one in files if not _hidden(one, path)]
        if not here:
            raise InputError(f"No run lies in {shown(path)}: no folder there holds a {RESULTS}.")
        folders |= {os.path.realpath(one): one for one in here}
    return list(folders.values())


def task_of(folder: Path) -> OfSuite | None:
    """The task of a suite that a run is of, None outside of one; InputError where its file cannot be read."""
    path = folder.parent / OF_SUITE
    if not os.path.lexists(path):
        return None
    try:
        return TypeAdapter(OfSuite).validate_python(read_json(path, _MOST_BYTES, "The file", links=False))
    except ValidationError as error:
        raise InputError(f"{shown(path)} is not as a run of a suite writes it; run the task again.") from error


def _hidden(path: Path, below: Path) -> bool:
    """Whether it lies in what another run has begun to write, or in another hidden folder."""
    return any(part.startswith(".") for part in path.relative_to(below).parts)
