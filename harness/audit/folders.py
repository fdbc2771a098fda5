"""What an audit is given: the release, the members, the holdout and perhaps other slices of the members' patients."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from harness.audit.whole_release import refuse_hidden_images
from harness.data.numbered import numbered
from harness.data.sources.carried.files import Carried, carried_by
from harness.data.sources.folder.listing import UNNAMED
from harness.data.sources.folder.read import ALONE, read_folder, read_images
from harness.data.sources.patients import spelling
from harness.data.sources.pixels.opened import stored_size
from harness.data.sources.slices import Slices
from harness.errors import HarnessWarning, InputError
from harness.evaluation.metrics import Flags

FEWEST_PATIENTS = 8  # on either side: a nearest patient needs others to be compared with
FEWEST_IMAGES = 16
_UNLIKE = 1.5  # slices a patient on one side, over those on the other


@dataclass(frozen=True)
class Material:
    """release_files: the files of the release, in its order. other: slices of members' patients that were never
    trained on, None where there are none; carried: what the released files carry beside grey pixels; release_names:
    their paths below the folder. The patients of members and holdout are different people."""

    release: Slices
    release_files: tuple[Path, ...]
    members: Slices
    holdout: Slices
    other: Slices | None = None
    carried: tuple[Carried, ...] = ()
    release_names: tuple[str, ...] = ()

    @cached_property
    def pool(self) -> Images:
        """Members, then holdout: uint8 [n, size, size]."""
        return np.concatenate([self.members.pixels, self.holdout.pixels])

    def name_of(self, place: int) -> str:
        """How a released file is called: its path below the folder."""
        return self.release_names[place] if self.release_names else self.release_files[place].name

    @property
    def member(self) -> Flags:
        """Which of the pool is a member, bool [n]."""
        return np.arange(len(self.members) + len(self.holdout)) < len(self.members)

    @cached_property
    def patient(self) -> NDArray[np.intp]:
        """The patient of each of the pool, numbers from 0, [n]."""
        return numbered((*self.members.patient_ids, *self.holdout.patient_ids))

    @cached_property
    def named(self) -> Flags:
        """Of which of the pool the reader was told whose they are, bool [n]."""
        return np.concatenate([self.members.named, self.holdout.named])


def read_material(
    release: Path, members: Path, holdout: Path, other: Path | None, size: int, *, option: str = "--{}"
) -> Material:
    """Read and check the folders. Raises InputError, in a sentence, for whatever makes an audit meaningless.

    option: how the caller's user writes the name of a folder in messages.
    """
    folders = {"release": release, "members": members, "holdout": holdout}
    folders |= {} if other is None else {"other": other}
    called = {name: option.format(name) for name in folders}
    _check_different({called[name]: folder for name, folder in folders.items()})
    images = read_images(release, size, called["release"])
    files = images.files
    refuse_hidden_images(release, files)
    _check_one_size(release, files)
    _check_enough(images, f"The release {release}")
    material = Material(
        images,
        files,
        read_folder(members, size, called["members"]),
        read_folder(holdout, size, called["holdout"]),
        None if other is None else read_folder(other, size, called["other"]),
        tuple(carried_by(files)),
        tuple(path.relative_to(release).as_posix() for path in files),
    )
    for slices in (material.members, material.holdout, *([material.other] if material.other else [])):
        _refuse_a_part(slices)
    check_material(material, {name: f"{called[name]} {folder}" for name, folder in folders.items()})
    return material


def check_material(material: Material, told: Mapping[str, str]) -> None:
    """InputError for images with which an audit would mean nothing; told: how messages call each side."""
    _check_enough(material.release, told["release"])
    _check_slices(material, told)
    _check_patients(material, told)


def _check_enough(release: Slices, called: str) -> None:
    if len(release) < FEWEST_IMAGES:
        raise InputError(f"{called} holds {len(release)} images; a rate needs {FEWEST_IMAGES} or more. Add images.")


def _refuse_a_part(slices: Slices) -> None:
    """The slices that a table does not name were trained on, or held out, all the same."""
    account = slices.account
    if account is not None and UNNAMED in account.left_out:
        count, first = account.left_out[UNNAMED]
        raise InputError(
            f"{account.called}: its metadata names {account.images} images and leaves out {count} (first: {first}); "
            "a copy of one of these would not be found. Give each a row (an empty patient_id will do), or move them "
            "elsewhere."
        )


def _check_different(given: dict[str, Path]) -> None:
    first: dict[Path, str] = {}
    for option, folder in given.items():
        before = first.setdefault(folder.resolve(), option)
        if before != option:
            raise InputError(f"{before} and {option} are one folder, {folder}; each must hold images of its own.")


def _check_one_size(folder: Path, files: Sequence[Path]) -> None:
    """A release is one generator's, whose images share a size; mixed ones are a mix of folders."""
    first: dict[tuple[int, int], Path] = {}
    for path in files:
        stored = stored_size(path)
        if stored is not None:
            first.setdefault(stored, path)
    if len(first) > 1:
        told = ", ".join(f"{width}x{height} ({path.name})" for (width, height), path in first.items())
        raise InputError(
            f"The images of the release {folder} have several sizes: {told}. One generator's images share a size; "
            "hand in those of one generator."
        )


def _check_slices(material: Material, told: Mapping[str, str]) -> None:
    """The same picture on two sides would be member and non-member at once."""
    known = dict(zip(_digests(material.members), material.members.ids, strict=True))
    sides = [(material.holdout, told["holdout"], "a slice the generator learnt cannot be held out")]
    if material.other is not None:
        sides.append((material.other, told["other"], "other slices are those that were not trained on"))
    for slices, called, why in sides:
        shared = [
            (known[digest], name)
            for digest, name in zip(_digests(slices), slices.ids, strict=True)
            if digest in known
        ]
        if shared:
            raise InputError(
                f"{len(shared)} slices of {called} are in {told['members']}, too, pixel for pixel (first: "
                f"{shared[0][1]} is the member {shared[0][0]}); {why}. Remove them from one of the two."
            )


def _digests(slices: Slices) -> list[bytes]:
    return [hashlib.sha256(image.tobytes()).digest() for image in slices.pixels]


def named_patients(slices: Slices) -> set[str]:
    """The patients whom somebody named."""
    return {patient for patient, named in zip(slices.patient_ids, slices.named, strict=True) if named}


def _check_spelling(ours: set[str], theirs: set[str]) -> None:
    """Ids of one spelling on the two sides are most likely one person's, written by two tables."""
    spelt = {spelling(name): name for name in sorted(ours, reverse=True)}
    alike = [(spelt[spelling(name)], name) for name in sorted(theirs) if spelling(name) in spelt]
    if alike:
        raise InputError(
            f"{len(alike)} patients of --members and of --holdout differ only in how their ids are spelt (first: "
            f"{alike[0][0]!r} and {alike[0][1]!r}): case, spaces, invisible characters, leading zeros or Unicode "
            "form. The holdout must be other people: write ids the same way on both sides."
        )


def _check_patients(material: Material, told: Mapping[str, str]) -> None:
    ours, theirs = set(material.members.patient_ids), set(material.holdout.patient_ids)
    both = sorted(named_patients(material.members) & named_patients(material.holdout))
    if both:
        raise InputError(
            f"{len(both)} patients are in {told['members']} and in {told['holdout']} (first: {both[0]}); the "
            "holdout must be other people. Slices of members' patients that were not trained on go to --other DIR "
            "(`other` in Python)."
        )
    _check_spelling(named_patients(material.members), named_patients(material.holdout))
    if ours & theirs:  # ids of files that happen to be alike, say slice_001
        raise InputError(
            f"Slices of {told['members']} and {told['holdout']} have the same names (first: "
            f"{min(ours & theirs).removeprefix(ALONE)}) and no patient_id says who is who; rename the files, or "
            "write a metadata.csv that gives every slice a patient_id."
        )
    for people, called in ((ours, told["members"]), (theirs, told["holdout"])):
        if len(people) < FEWEST_PATIENTS:
            raise InputError(
                f"{called} holds slices of {len(people)} patients; {FEWEST_PATIENTS} or more are needed "
                "to say what chance does. Add patients."
            )
    if material.other is not None and not named_patients(material.other) & named_patients(material.members):
        raise InputError(
            f"No patient of {told['other']} is among those of {told['members']}; it takes slices of the same "
            "patients (patient_id in metadata.csv) that were not trained on."
        )
    each, other_each = len(material.members) / len(ours), len(material.holdout) / len(theirs)
    if max(each, other_each) > _UNLIKE * min(each, other_each):
        text = f"Members have {each:.1f} slices a patient and the holdout {other_each:.1f}"
        more = "attacks that look at other candidates (real_ratio, carlini, retrieval) can see that; take as many."
        warnings.warn(HarnessWarning(f"{text}; {more}"), stacklevel=3)
