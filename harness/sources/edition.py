"""A challenge's data as handed out: leaf folders found by name, wherever a copy keeps them."""

import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.editions import Edition, Leaf
from harness.errors import HarnessWarning, InputError
from harness.sources.decode import stored_size
from harness.sources.folder import list_images, read_images
from harness.sources.slices import Slices

TEST_ROLES = ("test_generated", "test_candidates")
DEV_ROLES = ("dev_generated", "dev_used", "dev_not_used")
_FOLDERS_SHOWN = 12
_SUBMISSION_LINE = re.compile(r"[^,\t]+[,\t]+[01]\s*")


def find_leaves(root: Path, edition: Edition) -> dict[str, Path]:
    """The folder of each role, found anywhere below `root`; without the three of dev where the copy has no dev set.

    Raises InputError if a test folder or a part of the dev set is missing, or if two folders fit one role. Image
    sizes that differ between folders give a HarnessWarning: they may tell the labels.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise InputError(f"The folder {root} {what}; give the folder that holds the data of {edition.title}.")
    folders = list(_image_folders(root))
    found = {role: _find(role, edition.leaves[role], folders, root) for role in (*TEST_ROLES, *DEV_ROLES)}
    _check_complete(found, edition, folders, root)
    leaves = {role: folder for role, folder in found.items() if folder is not None}
    _compare_sizes(leaves, edition)
    return leaves


def read_leaf(role: str, leaf: Leaf, folder: Path, size: int) -> Slices:
    """The images of one role as uint8 [n, size, size]; each counts as its own patient.

    Ids of the test candidates are the figure ids of the submission, unchanged; all others are `<role>/<stem>`, so
    no two images share an id. Raises InputError for files that cannot be read; counts and ids other than the
    official ones give a HarnessWarning.
    """
    slices = read_images(folder, size)
    if len(slices) != leaf.count:
        there, numbers = set(slices.ids), range(1, leaf.count + 1)
        missing = next((name for n in numbers if (name := leaf.id_format.format(n)) not in there), None)
        first = f" (first missing: {missing})" if missing is not None and len(slices) < leaf.count else ""
        text = f"{folder} holds {len(slices)} images; {role} officially has {leaf.count}{first}."
        warnings.warn(HarnessWarning(text), stacklevel=4)
    odd = [name for name in slices.ids if not re.fullmatch(leaf.id_pattern, name)]
    if odd:
        text = (
            f"{len(odd)} of {len(slices)} ids in {folder} do not match {leaf.id_pattern} (first: {odd[0]}, where "
            f"{leaf.ids(1)[0]} was expected)."
        )
        warnings.warn(HarnessWarning(text), stacklevel=4)
    if role == "test_candidates":
        return slices
    ids = tuple(f"{role}/{name}" for name in slices.ids)
    return replace(slices, ids=ids, patient_ids=ids)


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
    for group, optional in ((TEST_ROLES, False), (DEV_ROLES, True)):
        missing = [role for role in group if found[role] is None]
        if not missing or (optional and len(missing) == len(group)):
            continue
        looked_for = "; ".join(f"{_either(edition.leaves[role].folders)} for {role}" for role in missing)
        shown = [str(folder.relative_to(root)) for folder in folders[:_FOLDERS_SHOWN]]
        more = f" and {len(folders) - len(shown)} more" if len(folders) > len(shown) else ""
        have = f"folders with images there are: {', '.join(shown)}{more}" if shown else "no folder there holds images"
        advice = "Add it, or remove the rest of the dev set" if optional else "Point data.root at the whole data set"
        raise InputError(f"Below {root} there is no folder {looked_for}; {have}. {advice}.{_mistaken(root)}")


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _mistaken(root: Path) -> str:
    """A word on files that are predictions, where images were expected."""
    for path in sorted((*root.rglob("*.csv"), *root.rglob("*.txt"))):
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        if len(lines) > 1 and all(_SUBMISSION_LINE.fullmatch(line) for line in lines):
            name = path.relative_to(root)
            return (
                f" {name} is a submission ({len(lines)} lines of `<id>,<0 or 1>`), which is what comes out; images "
                "are what goes in (`python -m harness.submission check` reads it)."
            )
    return ""


def _compare_sizes(leaves: Mapping[str, Path], edition: Edition) -> None:
    """Images of one size in one folder and of another in the next: a size is a label, too."""
    sizes = {role: _sizes(folder) for role, folder in leaves.items()}
    if len({size for of_role in sizes.values() for size in of_role}) > 1:
        told = "; ".join(
            f"{role}: " + ", ".join(f"{w}x{h} ({n})" for (w, h), n in of_role.most_common())
            for role, of_role in sizes.items()
        )
        text = f"The images have mixed sizes, where one of {edition.image_size} pixels was expected: {told}. "
        warnings.warn(HarnessWarning(f"{text}Where sizes go with labels, they give them away."), stacklevel=3)


_LOOKED_AT = 200  # files of one folder whose size is looked at: reading 10,000 headers takes seconds


def _sizes(folder: Path) -> Counter[tuple[int, int]]:
    return Counter(size for path in list_images(folder)[:_LOOKED_AT] if (size := stored_size(path)) is not None)
