"""`python -m harness.attribution`: which training subset, or which generator, does each generated image stem from?

With `--subsets`, subtask 2 of 2025: the subset of real slices whose generator made the image. With `--cluster`, the
fingerprints of 2024: no slices, only images of several generators, to be parted by generator.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import console, disk_errors, remarks, run_parsed
from harness.errors import HarnessWarning, InputError
from harness.places import check_file
from harness.plain import plain

if TYPE_CHECKING:
    from rich.console import Console

    from harness.attribution.tables import Labels, MethodAnswers
    from harness.data.sources.slices import Slices

# Written out, since importing them takes a second that --help should not; a test compares.
DISTANCES = ("pixel", "ncc", "ssim", "tile", "pca", "band")
CALIBRATIONS = ("none", "left_out", "z", "csls")
METHODS = ("mixture", "kmeans", "pixels")
AUTO = "auto"
# Chosen once, on generators of known unequal subsets of real slices (mixture: on made-up fingerprints), and never on
# the truth at hand. An option of the other task is refused, not passed over.
_OF_SUBSETS = {"distance": "band", "calibration": "none", "beside": [], "k": 1}
_OF_CLUSTERS = {"method": "mixture"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    return run_parsed(_parser(), _run, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.attribution",
        description="Say of each generated image from which training subset (--subsets), or together with which "
        "others from one generator (--cluster), it stems. The answers are those of the declared method; all "
        "methods are printed beside it.",
    )
    parser.add_argument("--images", type=Path, required=True, metavar="DIR", help="the generated images")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument(
        "--subsets", type=Path, nargs="+", metavar="DIR", help="real slices, a folder a subset: 1, 2, ..."
    )
    task.add_argument("--cluster", metavar="K", help=f"how many generators, or {AUTO} (by silhouette, 2 to 10)")
    parser.add_argument("--size", type=int, default=64, metavar="PIXELS", help="working size (default %(default)s)")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="CSV with header id,subset (or id,generator)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write <id>,<number> lines there, numbers from 1")
    subsets = parser.add_argument_group("with --subsets")
    subsets.add_argument("--distance", choices=DISTANCES, help="declared (default band)")
    subsets.add_argument("--calibration", choices=CALIBRATIONS, help="declared (default none)")
    subsets.add_argument("--beside", choices=DISTANCES, nargs="+", help="distances to print beside it")
    subsets.add_argument("--k", type=int, help="how many nearest slices of a subset count (default 1)")
    clusters = parser.add_argument_group("with --cluster")
    clusters.add_argument("--method", choices=METHODS, help="declared (default mixture)")
    return parser


def _run(options: argparse.Namespace) -> None:
    if options.truth is not None and not options.truth.is_file():
        raise InputError(f"The truth {options.truth} is no file; give a CSV file, or leave --truth away.")
    if options.size < 8:
        raise InputError(f"--size {options.size} is too small to tell slices apart; take 8 pixels or more.")
    check_file("--out", options.out, [options.images, *(options.subsets or []), options.truth])
    shown = console()
    _fill_in(options)
    with disk_errors(), remarks(shown):
        from harness.data.sources.folder.read import read_images

        images = read_images(options.images, options.size, "--images")
        if options.out is not None:
            from harness.submission.ids import check_ids

            check_ids(images.ids, of=f"The images of {options.images}")  # before the work, not after
        if options.cluster is None:
            _attribute(options, images, shown)
        else:
            _cluster(options, images, shown)


def _fill_in(options: argparse.Namespace) -> None:
    """The defaults of the task at hand; InputError for an option that belongs to the other one."""
    mine, others = (_OF_SUBSETS, _OF_CLUSTERS) if options.cluster is None else (_OF_CLUSTERS, _OF_SUBSETS)
    strange = [name for name in others if getattr(options, name) is not None]
    if strange:
        task, other = ("--subsets", "--cluster") if options.cluster is None else ("--cluster", "--subsets")
        raise InputError(f"--{strange[0]} goes with {other} and says nothing with {task}; leave it away.")
    for name, default in mine.items():
        if getattr(options, name) is None:
            setattr(options, name, default)


def _attribute(options: argparse.Namespace, images: Slices, shown: Console) -> None:
    from harness.attribution import tables
    from harness.attribution.files import subset_numbers
    from harness.submission.truth import read_truth

    subsets = _read_subsets(options.subsets, options.size, options.k)
    with shown.status(f"Measuring {len(images)} images against {sum(map(len, subsets))} slices"):
        rows = _answers(options, subsets, images)
    declared = _declared(rows, f"{options.distance} {options.calibration}")
    answers = _write(options, images, declared)
    truth = None  # opened only now: no answer can depend on it
    if options.truth is not None:
        truth = subset_numbers(options.truth, read_truth(options.truth, "subset", images.ids), len(subsets))
    shown.print(tables.attribution_table(rows, declared, len(subsets), truth))
    for reason in dict.fromkeys(row.reason for row in rows if row.reason):
        shown.print(f"Could not be asked: {reason}")
    shown.print()
    shown.print(tables.subset_table(_short(options.subsets), list(map(len, subsets)), answers, truth))
    shown.print()
    shown.print(
        f"* {declared.name}, k {options.k}, is the declared method and gives the answers; no truth chose it. "
        "agrees: fraction of images on which a method answers as it does.",
        *_truth_note(truth is not None, "Wilson, over images"),
    )


def _cluster(options: argparse.Namespace, images: Slices, shown: Console) -> None:
    from harness.attribution import tables
    from harness.attribution.clusters import clustered
    from harness.data.numbered import numbered
    from harness.submission.truth import read_truth

    count = _cluster_count(options.cluster)
    try:
        rows = [tables.MethodAnswers(name, clustered(images.pixels, name, count)) for name in METHODS]
    except ValueError as error:
        raise InputError(str(error)) from error
    declared = _declared(rows, options.method)
    _write(options, images, declared)
    truth = None
    if options.truth is not None:
        names = read_truth(options.truth, "generator", images.ids)
        truth = numbered(names)
    shown.print(tables.cluster_table(rows, declared, truth))
    shown.print()
    shown.print(
        f"* {declared.name} is the declared method and gives the answers; no truth chose it. mixture and kmeans "
        "look at spectra; pixels groups by what is shown, which is no fingerprint.",
        *_truth_note(truth is not None, "over resampled images"),
        *(["auto takes 2 clusters or more: it cannot say that there is one generator."] if count is None else []),
    )


def _short(folders: Sequence[Path]) -> list[str]:
    """The folders' own names where these differ, else their paths."""
    names = [folder.resolve().name for folder in folders]
    names = names if len(set(names)) == len(names) else [str(folder) for folder in folders]
    return [plain(name) for name in names]


def _read_subsets(folders: Sequence[Path], size: int, k: int) -> list[Slices]:
    from harness.data.sources.folder.read import read_images

    if len(folders) < 2 or len({folder.resolve() for folder in folders}) < len(folders):
        raise InputError(
            f"--subsets takes two folders or more, each once; given: {', '.join(map(str, folders))}. For images of "
            "several generators without any slices there is --cluster."
        )
    subsets = [read_images(folder, size, f"--subsets {number}") for number, folder in enumerate(folders, start=1)]
    smallest = min(range(len(subsets)), key=lambda number: len(subsets[number]))
    if not 1 <= k <= len(subsets[smallest]):
        raise InputError(f"--k {k} must be from 1 to {len(subsets[smallest])}, the slices in {folders[smallest]}.")
    _warn_of_shared(folders, subsets)
    return subsets


def _warn_of_shared(folders: Sequence[Path], subsets: Sequence[Slices]) -> None:
    """A slice of two subsets is as near in both: it speaks for neither."""
    first: dict[bytes, int] = {}
    shared = 0
    pairs: set[tuple[int, int]] = set()
    for number, subset in enumerate(subsets):
        for image in subset.pixels:
            before = first.setdefault(image.tobytes(), number)
            if before != number:
                shared += 1
                pairs.add((before, number))
    if shared:
        one, other = min(pairs)
        text = f"{shared} slices lie in more than one subset (first: of {folders[one]} and {folders[other]})"
        warnings.warn(HarnessWarning(f"{text}; images of them are given to the subset named first."), stacklevel=2)


def _answers(options: argparse.Namespace, subsets: Sequence[Slices], images: Slices) -> list[MethodAnswers]:
    from harness.attribution.scores import attributed, measure
    from harness.attribution.tables import MethodAnswers

    rows = []
    for distance in dict.fromkeys((options.distance, *options.beside)):
        try:
            measured = measure(distance, [subset.pixels for subset in subsets], images.pixels)
        except ValueError as error:  # say an SSIM window that is larger than the images
            rows += [MethodAnswers(f"{distance} {calibration}", None, str(error)) for calibration in CALIBRATIONS]
            continue
        for calibration in CALIBRATIONS:
            try:
                rows.append(MethodAnswers(f"{distance} {calibration}", attributed(measured, calibration, options.k)))
            except ValueError as error:
                rows.append(MethodAnswers(f"{distance} {calibration}", None, str(error)))
    return rows


def _declared(rows: Sequence[MethodAnswers], name: str) -> MethodAnswers:
    declared = next(row for row in rows if row.name == name)
    if declared.answers is None:
        raise InputError(f"The declared method, {name}, cannot be asked here: {declared.reason} Declare another.")
    return declared


def _write(options: argparse.Namespace, images: Slices, declared: MethodAnswers) -> Labels:
    from harness.attribution.files import write_answers

    assert declared.answers is not None
    if options.out is not None:
        write_answers(options.out, images.ids, declared.answers)
    return declared.answers


def _truth_note(known: bool, unit: str) -> list[str]:
    if not known:
        return []
    return [f"Intervals are {unit} of these very generators: with other generators more may change."]


def _cluster_count(given: str) -> int | None:
    if given == AUTO:
        return None
    if not given.isdecimal() or int(given) < 2:
        raise InputError(f"--cluster {given} must be a number of generators, 2 or more, or {AUTO}.")
    return int(given)


if __name__ == "__main__":
    sys.exit(main())
