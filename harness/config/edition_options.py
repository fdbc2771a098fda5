"""What may be said of a challenge's folder on the command line, edition by edition, and its check."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from omegaconf import DictConfig, OmegaConf

from harness.editions.edition import ROLES, STANDARD, Submission, unknown_format
from harness.editions.load import edition_names, load_edition
from harness.errors import HarnessWarning, InputError, unknown_name

if TYPE_CHECKING:
    from harness.data.options import AnyData, EditionFolder

GROUPS = ("inferred", "given")


def membership_editions() -> tuple[str, ...]:
    """The editions that `data=NAME` takes. Raises InputError for a descriptor at fault."""
    try:
        return edition_names("membership")
    except ValueError as error:
        raise InputError(str(error)) from error


def name_edition(node: DictConfig, name: str) -> DictConfig:
    """The schema of `EditionFolder` for one edition: its name, and a place for each folder that may be named."""
    OmegaConf.update(node, "name", name)
    for role in ROLES["membership"]:
        OmegaConf.update(node, f"folders.{role}", None, force_add=True)
    return node


def check_edition(data: EditionFolder) -> None:
    """What types cannot check. Raises InputError with the value given and what the edition allows.

    A HarnessWarning says where nobody vouches for the format of the submission that a run would write, and one where
    slices are looked at smaller or larger than they are given out.
    """
    if data.name not in membership_editions():
        raise InputError(unknown_name("edition with a membership task", data.name, membership_editions()))
    if data.group not in GROUPS:
        raise InputError(unknown_name("data.group", data.group, GROUPS))
    edition = load_edition(data.name)
    task = edition.membership
    for role in data.folders:
        if role not in task.leaves:
            raise InputError(unknown_name("data.folders", role, task.leaves))
    if edition.submission is None:
        warnings.warn(HarnessWarning(unknown_format(edition.title)), stacklevel=2)
    if edition.image_size not in (None, data.size):
        text = (
            f"data.size={data.size}, and {edition.title} has images of {edition.image_size} px: attacks see them at "
        )
        whole = f"{data.size} px, and the winner's rule of 2023 in the tables is not at the size that the winner used"
        warnings.warn(HarnessWarning(f"{text}{whole} (data.size={edition.image_size})."), stacklevel=2)
    if data.generator is None or task.generators is None:
        return
    if not task.generators:
        raise InputError(
            f"data.generator={data.generator}: the data of {data.name} stem from one generator; leave it out."
        )
    if data.generator not in task.generators:
        raise InputError(unknown_name(f"generator of {data.name}", data.generator, task.generators))


def submission_form(data: AnyData) -> Submission:
    """The format of the submission that a run on these data writes; ours is that of 2023."""
    if data.name not in membership_editions():
        return STANDARD
    return load_edition(data.name).submission or STANDARD
