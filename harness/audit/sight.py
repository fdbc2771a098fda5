"""What stands between "nothing was found" and an all-clear: what is wrong with the release, and what the audit would
not have seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.audit.case import Case
from harness.audit.planted import PositiveControl, Search
from harness.audit.whole_release import not_examined_told
from harness.data.planted_copies import reach


def threshold_told(case: Case) -> str:
    """Where the threshold of a copy comes from, as a clause."""
    material, settings = case.material, case.settings
    n = len(np.unique(material.patient[~material.member]))
    return (
        f"a gap above {case.found.above.copy:.3f} by {settings.distance}, fixed on the holdout of {n} patients to "
        f"call {settings.false_copies:g} of images copies by chance"
    )


def moves_told(case: Case) -> str:
    """How mirrored and shifted copies are called."""
    settings, size = case.settings, case.material.release.size
    if not settings.moves:
        return "Mirrored and shifted copies were not looked for."
    return (
        f"Copies that are mirrored, turned by quarters, negative or shifted by up to {reach(size)[0]} of {size} "
        "pixels are called where they are unmistakable so."
    )


def real_slices_told(case: Case) -> list[str]:
    """Which released images are no generator's work at all."""
    n = len(case.material.release)
    return [
        f"{int(which.sum())} of {n} released images are {side} slices, pixel for pixel: real people's pictures."
        for side, which in case.real.items()
        if which.any()
    ]


def faults_told(case: Case) -> list[str]:
    """What is wrong with the release whatever it was trained on."""
    head = "Something is wrong with the release itself" if case.faults.no_all_clear else "Of the release itself"
    told = [f"{head}: {says}" for says in case.faults.says]
    if case.out_of_frame:
        told.append(f"As a whole the released images lie {case.out_of_frame}, beside the real slices.")
    elif case.unlike:
        told.append(
            f"As a whole the released images are unlike the slices: {case.unlike:.1f} times as far from the nearest "
            "one as slices of other patients are."
        )
    return told


def faults_mean(case: Case) -> str:
    """Why there is no all-clear on a release with such faults."""
    return (
        f"With {case.faults.share:.3f} of its images so, this release is not what a generator of slices gives, and "
        "that no copy stands out in it means nothing: no all-clear. Mend the export or the generator and audit again."
    )


def frame_means(case: Case) -> str:
    """Why there is no all-clear on a release that lies otherwise than the real slices, or is none of slices."""
    if not case.out_of_frame:
        return (
            "The released images are unlike the slices that they are compared with: that no copy stands out among "
            "them means nothing, and is no all-clear. Look at them, or take members and holdout of their kind."
        )
    return (
        f"The released images lie {case.out_of_frame}, so that a copy is not near to its slice: this audit could not "
        "have seen it, and that is no all-clear. Put them as the real slices lie, and audit again."
    )


def carried_told(case: Case) -> list[str]:
    """Which released files carry more than their pictures, and what."""
    found, others = case.material.carried, not_examined_told(case.material.release.account)
    if not found:
        return others
    parts = ", ".join(f"{one.part} ({one.n}, first {one.first})" for one in found)
    told = f"Of {found[0].of} released files some carry more than grey pixels, which nobody looked at: {parts}."
    return [told, *others]


def carried_mean(case: Case) -> str:
    """What follows where nothing else speaks against the release."""
    n = int((~case.kept).sum())
    less = f", less {n} that the rule called copies, which it does by chance" if n else ""
    return (
        "Nothing was found in the pictures that speaks against handing them out, but do not hand out this folder as "
        "it is: it holds more than pictures. release/ of --out DIR holds their pixels alone, under numbers for "
        f"names{less}."
    )


def blind_told(control: PositiveControl) -> str:
    """Why there is no all-clear where planted copies such as generators make were not found."""
    return (
        f"This audit could not have seen it: of the copies that it planted itself ({_fixed(control)}) it found too "
        f"few {_counts(control.missed)}. That is no all-clear. Take more holdout patients, a larger working "
        "size or another distance, and make sure that the generator never saw the holdout: images that copy it "
        "hide what copies members."
    )


def seen_told(control: PositiveControl) -> str:
    """What stands beside an all-clear: which copies would have been found, and which not."""
    seen, missed = [one for one in control.searches.values() if one.seen], control.missed
    told = f"It would have seen copies {_counts(seen)} of those it planted itself ({_fixed(control)})."
    return told + (f" It could not have seen copies {_counts(missed)}." if missed else "")


def _counts(searches: Sequence[Search]) -> str:
    return ", ".join(f"{one.kind.title} (found {one.found} of {one.n})" for one in searches)


def _fixed(control: PositiveControl) -> str:
    return f"threshold fixed on the other {control.n_patients} holdout patients"
