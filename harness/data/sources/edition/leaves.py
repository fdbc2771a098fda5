"""A challenge's data as handed out: leaf folders found by name, wherever a copy keeps them."""

import os
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from harness.data.sources.edition.misplaced_submission import submission_at, submissions_below
from harness.data.sources.edition.official import compare_names, compare_sizes, refuse_anothers
from harness.data.sources.folder.listing import Listing, image_endings, list_folder
from harness.data.sources.folder.read import read_images
from harness.data.sources.slices import Slices
from harness.editions.edition import Edition, Leaf
from harness.errors import HarnessWarning, InputError

TEST_ROLES = ("test_generated", "test_candidates")
DEV_ROLES = ("dev_generated", "dev_used", "dev_not_used")
_FOLDERS_SHOWN = 12


def find_leaves(
    root: Path, edition: Edition, named: Mapping[str, str | None] | None = None, generator: str | None = None
) -> dict[str, Path]:
    """The folder of each role, found anywhere below `root`; without the three of dev where the copy has no dev set.

    named: role -> the folder's name as the user gives it, `test/generated` say, which counts before the edition's;
    generator: the folder below which a release must lie, where there are several. Raises InputError if a test folder
    or a part of the dev set is missing, or if two folders fit one role. Counts and ids other than the official ones
    give a HarnessWarning; so do image sizes that differ between folders, and a submission in place of a dev set.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        advice = f"give the folder that holds the data of {edition.title}"
        raise InputError(f"{root} {what}; {advice}. {submission_at(root)}".rstrip())
    listing = list_folder(root, "data.root")
    folders = sorted({path.parent for path in listing.images})
    if generator is not None and not any(_below(generator, folder, root) for folder in folders):
        raise InputError(f"No folder {generator} with images is below {root}; {_there(folders, root)}.")
    search = _Search(root, folders, generator)
    found = {role: search.named(role, name) for role, name in (named or {}).items() if name is not None}
    claimed = set(found.values())
    if len(claimed) < len(found):
        told = ", ".join(f"data.folders.{role}={folder.relative_to(root)}" for role, folder in found.items())
        raise InputError(f"One folder cannot stand for two roles, and here one does: {told}.")
    search = _Search(root, [folder for folder in folders if folder not in claimed], generator)
    for role in (*TEST_ROLES, *DEV_ROLES):
        if role not in found and (folder := search.described(role, edition.leaves[role])) is not None:
            found[role] = folder
    _ask_about_twins(found, edition, folders, root)
    _check_complete(found, edition, folders, root, listing)
    _refuse_nested(found, root)
    images = {role: list_folder(folder, role) for role, folder in found.items()}
    for role, folder in found.items():
        images[role].refuse_a_part(folder)
        names = [path.stem for path in images[role].images]
        refuse_anothers(role, edition.leaves, folder, names)
        compare_names(role, edition.leaves[role], folder, names)
    compare_sizes({role: one.images for role, one in images.items()}, edition)
    return found


def read_leaf(role: str, folder: Path, size: int) -> Slices:
    """The images of one role as uint8 [n, size, size]; each counts as its own patient.

    Ids of the test candidates are the figure ids of the submission, unchanged; all others are `<role>/<stem>`, so
    no two images share an id. Raises InputError for files that cannot be read.
    """
    slices = read_images(folder, size, role, stems=True)
    if role == "test_candidates":
        return slices
    ids = tuple(f"{role}/{name}" for name in slices.ids)
    return replace(slices, ids=ids, patient_ids=ids, unnamed=frozenset(ids))


class _Search(NamedTuple):
    """Folders with images below a root, and the generator whose release is meant."""

    root: Path
    folders: list[Path]
    generator: str | None

    def named(self, role: str, name: str) -> Path:
        """The folder that a user names by the end of its path."""
        wanted = tuple(part.lower() for part in Path(name).parts)
        fitting = [path for path in self.folders if _parts(path)[-len(wanted) :] == wanted]
        folder = self._only(role, fitting)
        if folder is None:
            there = _there(self.folders, self.root)
            raise InputError(f"No folder {name} with images is below {self.root} (data.folders.{role}); {there}.")
        return folder

    def described(self, role: str, leaf: Leaf) -> Path | None:
        """The folder of a name that the edition gives, if there is one."""
        for names in (leaf.folders, leaf.last_resort):
            fitting = [path for path in self.folders if _parts(path)[-1] in names]
            folder = self._only(role, [path for path in fitting if not leaf.beside or _beside(path) & {*leaf.beside}])
            if folder is not None:
                if names is leaf.last_resort:
                    wanted = _either(leaf.folders)
                    text = f"No folder {wanted} is below data.root; {folder.name} is taken as {role}."
                    warnings.warn(HarnessWarning(text), stacklevel=5)
                return folder
        return None

    def _only(self, role: str, fitting: list[Path]) -> Path | None:
        if self.generator is not None:
            its = [path for path in fitting if _below(self.generator, path, self.root)]
            # Each generator has a release of its own; the real slices may be there once, for all of them.
            fitting = its if its or role.endswith("generated") else fitting
        if len(fitting) > 1:
            both = " and ".join(str(path.relative_to(self.root)) for path in fitting)
            raise InputError(
                f"Below {self.root} {len(fitting)} folders fit {role}, where one was expected: {both}. Keep one of "
                f"them, point data.root further down, or say which, data.folders.{role}=NAME (of the data of several "
                "generators, data.generator=NAME)."
            )
        return fitting[0] if fitting else None


def _parts(folder: Path) -> tuple[str, ...]:
    return tuple(part.lower() for part in folder.absolute().parts)


def _beside(folder: Path) -> set[str]:
    """The names of the folders beside one, in small letters; beside the outermost of those nested in a namesake."""
    while folder.parent.name.lower() == folder.name.lower():
        folder = folder.parent
    return {entry.name.lower() for entry in os.scandir(folder.parent) if entry.is_dir()} - {folder.name.lower()}


def _ask_about_twins(found: Mapping[str, Path], edition: Edition, folders: list[Path], root: Path) -> None:
    """InputError for a folder whose name several roles share, where what lies beside it tells of none of them."""
    sharing = {role: leaf for role, leaf in edition.leaves.items() if leaf.beside}
    for folder in folders:
        roles = [role for role, taken in found.items() if taken == folder]
        if len(roles) > 1:
            raise InputError(
                f"The folder {folder.relative_to(root)} may be {_either(tuple(roles))}, by what lies beside it. Part "
                f"the sets into folders of their own, or say which it is: data.folders.{roles[0]}=NAME."
            )
        its = {role: leaf for role, leaf in sharing.items() if _parts(folder)[-1] in leaf.folders}
        if its and folder not in found.values():
            marks = "; ".join(f"{role} lies beside {_either(leaf.beside)}" for role, leaf in its.items())
            first = next(iter(its))
            raise InputError(
                f"Whose the folder {folder.relative_to(root)} is cannot be told: {marks}, and it lies beside "
                f"neither. Say which it is, data.folders.{first}={folder.relative_to(root)}, or move it away."
            )


def _refuse_nested(found: Mapping[str, Path], root: Path) -> None:
    """A folder's images are those at any depth, so that of one role must not lie in another's."""
    for role, folder in found.items():
        for other, above in found.items():
            if above in folder.parents:
                raise InputError(
                    f"The folder of {role}, {folder.relative_to(root)}, lies in that of {other}, "
                    f"{above.relative_to(root)}, whose images are those at any depth. Put them side by side."
                )


def _below(generator: str, folder: Path, root: Path) -> bool:
    return generator.lower() in (part.lower() for part in folder.relative_to(root).parts)


def _there(folders: list[Path], root: Path) -> str:
    shown = [str(folder.relative_to(root)) for folder in folders[:_FOLDERS_SHOWN]]
    more = f" and {len(folders) - len(shown)} more" if len(folders) > len(shown) else ""
    return f"folders with images there are: {', '.join(shown)}{more}" if shown else "no folder there holds images"


def _check_complete(
    found: Mapping[str, Path], edition: Edition, folders: list[Path], root: Path, listing: Listing
) -> None:
    predictions = submissions_below(root, image_endings()) if len(found) < len(TEST_ROLES + DEV_ROLES) else []
    mistaken = "".join(f" {submission_at(path, path.relative_to(root))}" for path in predictions[:1])
    for group, optional in ((TEST_ROLES, False), (DEV_ROLES, True)):
        missing = [role for role in group if role not in found]
        if not missing:
            continue
        if optional and len(missing) == len(group) and not _in_place(predictions, missing, edition, root):
            if mistaken:
                text = f"Below data.root there is no dev set, and the run goes on without one.{mistaken}"
                warnings.warn(HarnessWarning(text), stacklevel=4)
            continue
        listing.refuse_a_part(root)
        looked_for = "; ".join(f"{_wanted(role, edition)} for {role}" for role in missing)
        advice = "Point data.root at the whole data set"
        if optional:
            whole = len(missing) == len(group)
            advice = (
                "Add the dev set, or take that file away" if whole else "Add it, or remove the rest of the dev set"
            )
        raise InputError(
            f"Below {root} there is no folder {looked_for}; {_there(folders, root)}. {advice}, or name the folder, "
            f"data.folders.{missing[0]}=NAME.{mistaken}"
        )


def _in_place(predictions: list[Path], roles: list[str], edition: Edition, root: Path) -> bool:
    """Whether a submission lies where a folder of images should: in a folder of its name, or called so itself."""
    names = {"dev", *(name for role in roles for name in edition.leaves[role].folders)}
    parts = ({part.lower() for part in path.relative_to(root).with_suffix("").parts} for path in predictions)
    return any(names & its for its in parts)


def _wanted(role: str, edition: Edition) -> str:
    leaf = edition.leaves[role]
    beside = f" beside {_either(leaf.beside)}" if leaf.beside else ""
    return f"{_either(leaf.folders)}{beside}" if leaf.folders else f"(its name in {edition.title} is not public)"


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(names)
