"""What is ours to replace: a file that our manifest names with its digest. All else is the user's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.bounded import digest, listed, read_json
from harness.errors import InputError
from harness.places import shown

NO_MARKS: Mapping[str, Any] = {}
_MOST_MANIFEST_BYTES = 64_000_000


def refuse_others(
    given: str, folder: Path, manifest: str, schema: int, ours: str, *, marks: Mapping[str, Any] = NO_MARKS
) -> None:
    """InputError, naming what is not ours, where a folder holds anything but what we wrote there.

    A folder that is missing or empty is free. Ours are the files that the manifest names, with the sha256 that it
    holds (an edited file is the user's), and the manifest itself, if it is of our schema; no link, no empty folder.
    given: the option and its value, `out=runs/x`; ours: what it should hold, such as "a run"; marks: other facts that
    its manifest must hold.
    """
    if folder.is_symlink():
        raise InputError(f"{given} is a link; name the folder itself, or give a new one.")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{given} holds something that is not {ours}: it is a file. Give a new or an empty folder.")
    files, odd, empty = listed(folder)
    if not files and not odd and not empty:
        return
    faults = [f"{shown(name)} is a link or no file" for name in sorted(odd)]
    faults += [f"{shown(name)} is an empty folder" for name in sorted(empty)]
    faults = faults or _faults(folder, sorted(files), manifest, {"schema": schema, **marks})
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise InputError(
            f"{given} holds something that is not {ours}, or not as it was written: {'; '.join(faults[:3])}{more}. "
            "Nothing is replaced that could be yours: give a new or an empty folder."
        )


def _faults(folder: Path, present: Sequence[str], manifest: str, marks: Mapping[str, Any]) -> list[str]:
    if manifest not in present:
        return [f"there is no {manifest}, but {shown(present[0])}"]
    try:
        facts = read_json(folder / manifest, _MOST_MANIFEST_BYTES, "The", links=False)
    except InputError:
        return [f"{manifest} cannot be read"]
    written = facts.get("files") if isinstance(facts, dict) else None
    if not isinstance(written, dict):
        return [f"{manifest} names no files"]
    for name, mark in marks.items():
        if facts.get(name) != mark:
            return [f"{manifest} has {name} {shown(str(facts.get(name)))}, and this version writes {mark}"]
    return [fault for name in present if name != manifest and (fault := _fault(folder, name, written))]


def _fault(folder: Path, name: str, written: dict[str, Any]) -> str | None:
    if name not in written:
        return f"{shown(name)} is not named in it"
    return None if digest(folder / name, "The file") == written[name] else f"{shown(name)} was edited"
