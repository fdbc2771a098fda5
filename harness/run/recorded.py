"""A finished run's folder, read as if somebody else had written it: its options, its manifest and its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.bounded import digest, listed, read_json, read_yaml
from harness.errors import InputError
from harness.finished.manifest_files import MANIFEST
from harness.finished.manifest_shape import Manifest
from harness.finished.reading import CONFIG, RESULTS, read_manifest
from harness.places import shown

SUBMISSION = "submission.csv"
_MOST_JSON_BYTES, _MOST_YAML_BYTES = 64_000_000, 1_000_000


class Recorded(NamedTuple):
    """A run's folder. facts: of its manifest; faults: what of its files is not as it was written, a sentence each."""

    folder: Path
    facts: Manifest
    faults: list[str]

    def options(self) -> Any:
        """What `config.yaml` holds, unchecked; InputError for what is no YAML without tags and aliases."""
        return read_yaml(self.folder / CONFIG, _MOST_YAML_BYTES, "The options", links=False)

    def results(self) -> Mapping[str, Any]:
        """What `results.json` holds, nothing of it checked; InputError for what is no JSON object."""
        found = read_json(self.folder / RESULTS, _MOST_JSON_BYTES, "The results", links=False)
        if not isinstance(found, dict):
            raise InputError(f"{shown(self.folder / RESULTS)} is not as a run writes it.")
        return found


def read_recorded(folder: Path) -> Recorded:
    """A run's folder, every file held against the manifest. InputError for what is no run, or of another version."""
    if not folder.is_dir():
        raise InputError(
            f"{shown(folder)} is no folder; give one that python -m harness.run wrote, such as runs/NAME."
        )
    facts = read_manifest(folder)
    if facts.copy:
        raise InputError(
            f"{shown(folder)} is a copy that harness.share made to be passed on, without what a run is made again "
            "from; give the run itself."
        )
    return Recorded(folder, facts, _faults(folder, facts.files))


def refuse_changed(run: Recorded, *names: str) -> None:
    """InputError where one of these files is not as the run wrote it."""
    for name in names:
        found = [fault for fault in run.faults if fault.startswith(f"{name} ")]
        if found or name not in run.facts.files:
            told = found[0] if found else f"{name} is not named in {MANIFEST}"
            raise InputError(f"{shown(run.folder)} is not as its run wrote it: {told}.")


def _faults(folder: Path, written: Mapping[str, str]) -> list[str]:
    """What is missing, edited, not the run's own, a link, or an empty folder, in the order of names."""
    files, odd, empty = listed(folder)
    faults = dict.fromkeys(odd, "is a link or no file") | dict.fromkeys(empty, "is an empty folder")
    for name in files:
        if name not in written and name != MANIFEST:
            faults[name] = f"is not named in {MANIFEST}"
        elif name != MANIFEST and digest(folder / name, "The file") != written[name]:
            faults[name] = "was edited"
    faults |= {name: "is missing" for name in written if name not in files and name not in faults}
    return [f"{shown(name)} {why}" for name, why in sorted(faults.items())]
