"""A copy of a challenge's data against what the organisers gave out: how many images, which names, what size."""

import re
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.data.sources.pixels.opened import stored_size
from harness.editions.edition import Edition, Leaf
from harness.errors import HarnessWarning, InputError

_LOOKED_AT = 200  # files of one folder whose size is looked at: reading 10,000 headers takes seconds


def compare_names(role: str, leaf: Leaf, folder: Path, ids: Sequence[str]) -> None:
    """A HarnessWarning for a count, and one for ids, other than the official ones; what is not known is not compared.

    ids: the names of the folder's images, without endings. Of the test candidates it says what follows: the ids of
    the submission are these.
    """
    follows = (
        " The organisers would refuse the submission, which answers for these ids."
        if role == "test_candidates"
        else ""
    )
    if leaf.count is not None and len(ids) != leaf.count:
        there, expected = set(ids), leaf.ids() if leaf.id_format else ()
        missing = next((name for name in expected if name not in there), None)
        first = f" (first missing: {missing})" if missing is not None and len(ids) < leaf.count else ""
        text = (
            f"The folder {folder.name} holds {len(ids)} images; {role} officially has {leaf.count}{first}.{follows}"
        )
        warnings.warn(HarnessWarning(text), stacklevel=4)
    odd = [name for name in ids if leaf.id_pattern and not re.fullmatch(leaf.id_pattern, name)]
    if odd:
        example = f", where ids such as {leaf.ids(1)[0]} were expected" if leaf.id_format else ""
        found = f"{len(odd)} of {len(ids)} ids in {folder.name} do not match {leaf.id_pattern}"
        warnings.warn(HarnessWarning(f"{found} (first: {odd[0]}{example}).{follows}"), stacklevel=4)


def refuse_anothers(role: str, leaves: Mapping[str, Leaf], folder: Path, ids: Sequence[str]) -> None:
    """Raise InputError where every image of a folder bears the name of another role's: folders were swapped.

    Released images of dev and of the test are of one kind, whose digits alone differ: that is a remark.
    """
    if _all_match(ids, leaves[role]):
        return
    for other, leaf in leaves.items():
        if other.split("_", 1)[1] != role.split("_", 1)[1] and _all_match(ids, leaf):
            raise InputError(
                f"{folder} is taken as {role}, and all of its {len(ids)} images are named as those of {other} "
                f"(first: {ids[0]}). Put the folders right, or name them: data.folders.{role}=NAME."
            )


def _all_match(ids: Sequence[str], leaf: Leaf) -> bool:
    return leaf.id_pattern is not None and all(re.fullmatch(leaf.id_pattern, name) for name in ids)


def compare_sizes(images: Mapping[str, Sequence[Path]], edition: Edition) -> None:
    """A HarnessWarning for images of one size in one folder and of another in the next: a size is a label, too."""
    sizes = {role: _sizes(paths) for role, paths in images.items()}
    if len({size for of_role in sizes.values() for size in of_role}) > 1:
        told = "; ".join(
            f"{role}: " + ", ".join(f"{w}x{h} ({n})" for (w, h), n in of_role.most_common())
            for role, of_role in sizes.items()
        )
        expected = f"{edition.image_size}x{edition.image_size}" if edition.image_size else "one size"
        text = f"The images have mixed sizes, where {expected} was expected everywhere: {told}. "
        warnings.warn(HarnessWarning(f"{text}Where sizes go with labels, they give them away."), stacklevel=4)


def _sizes(paths: Sequence[Path]) -> Counter[tuple[int, int]]:
    return Counter(size for path in paths[:_LOOKED_AT] if (size := stored_size(path)) is not None)
