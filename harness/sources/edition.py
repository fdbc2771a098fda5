"""A challenge's data as handed out: leaf folders found by name, wherever a copy keeps them."""

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.editions import Edition, Leaf
from harness.errors import HarnessWarning, InputError
from harness.sources.folder import list_images, read_images
from harness.sources.slices import Slices

_DEV = ("dev_generated", "dev_used", "dev_not_used")
_TEST = ("test_generated", "test_candidates")
_FOLDERS_SHOWN = 12


@dataclass(frozen=True)
class EditionData:
    """What an edition gives: two releases and their candidates. Each image counts as its own patient.

    The three dev fields are None together where the copy has no dev set. Ids of the test candidates are the
    figure ids of the submission, unchanged; all others are `<role>/<stem>`, so no two images share an id.
    """

    dev_generated: Slices | None
    dev_used: Slices | None
    dev_not_used: Slices | None
    test_generated: Slices
    test_candidates: Slices


def read_edition(root: Path, edition: Edition, size: int) -> EditionData:
    """Find the leaf folders of `edition` anywhere below `root` and read them as uint8 [n, size, size].

    Raises InputError if a test folder or a part of the dev set is missing, if two folders fit one role, and
    for files that cannot be read. Counts and ids other than the official ones give a HarnessWarning.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise InputError(f"The folder {root} {what}; give the folder that holds the data of {edition.title}.")
    folders = list(_image_folders(root))
    found = {role: _find(role, leaf, folders, root) for role, leaf in edition.leaves.items()}
    _check_complete(found, edition, folders, root)
    read = {
        role: _read(role, edition.leaves[role], folder, size) for role, folder in found.items() if folder is not None
    }
    return EditionData(
        dev_generated=read.get("dev_generated"),
        dev_used=read.get("dev_used"),
        dev_not_used=read.get("dev_not_used"),
        test_generated=read["test_generated"],
        test_candidates=read["test_candidates"],
    )


def _image_folders(root: Path) -> Iterator[Path]:
    """Folders at or below `root` that hold images directly; a folder nested in its namesake is common."""
    for folder in sorted([root, *(path for path in root.rglob("*") if path.is_dir())]):
        parts = folder.relative_to(root).parts
        if not any(part.startswith(".") or part == "__MACOSX" for part in parts) and list_images(folder):
            yield folder


def _find(role: str, leaf: Leaf, folders: list[Path], root: Path) -> Path | None:
    for names in (leaf.folders, leaf.last_resort):
        fitting = [folder for folder in folders if folder.resolve().name.lower() in names]
        if len(fitting) > 1:
            both = " and ".join(str(folder.relative_to(root)) for folder in fitting)
            raise InputError(
                f"Below {root} {len(fitting)} folders fit {role}: {both}. "
                "Keep one of them, or point data.root further down."
            )
        if fitting:
            if names is leaf.last_resort:
                wanted = _either(leaf.folders)
                text = f"No folder {wanted} is below {root}; {fitting[0].name} is taken as {role}."
                warnings.warn(HarnessWarning(text), stacklevel=4)
            return fitting[0]
    return None


def _check_complete(found: Mapping[str, Path | None], edition: Edition, folders: list[Path], root: Path) -> None:
    for group, optional in ((_TEST, False), (_DEV, True)):
        missing = [role for role in group if found[role] is None]
        if not missing or (optional and len(missing) == len(group)):
            continue
        looked_for = "; ".join(f"{_either(edition.leaves[role].folders)} for {role}" for role in missing)
        shown = [str(folder.relative_to(root)) for folder in folders[:_FOLDERS_SHOWN]]
        more = f" and {len(folders) - len(shown)} more" if len(folders) > len(shown) else ""
        have = f"folders with images there are: {', '.join(shown)}{more}" if shown else "no folder there holds images"
        advice = "Add it, or remove the rest of the dev set" if optional else "Point data.root at the whole data set"
        raise InputError(f"Below {root} there is no folder {looked_for}; {have}. {advice}.")


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _read(role: str, leaf: Leaf, folder: Path, size: int) -> Slices:
    slices = read_images(folder, size)
    if len(slices) != leaf.count:
        text = f"{folder} holds {len(slices)} images; {role} officially has {leaf.count}."
        warnings.warn(HarnessWarning(text), stacklevel=4)
    odd = [name for name in slices.ids if not re.fullmatch(leaf.id_pattern, name)]
    if odd:
        text = f"{len(odd)} of {len(slices)} ids in {folder} do not match {leaf.id_pattern} (first: {odd[0]})."
        warnings.warn(HarnessWarning(text), stacklevel=4)
    if role == "test_candidates":
        return slices
    ids = tuple(f"{role}/{name}" for name in slices.ids)
    return replace(slices, ids=ids, patient_ids=ids)
