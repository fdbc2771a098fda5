"""Image folders: a Hugging Face imagefolder with its metadata, or a folder of images alone."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

import numpy as np

from harness.data.degenerate import digests
from harness.data.in_threads import in_order
from harness.data.sources.account import told
from harness.data.sources.folder.listing import UNNAMED, UNUSED, Listing, list_folder
from harness.data.sources.folder.metadata import Row, read_metadata, same_form
from harness.data.sources.patients import Whose, warn_of_alike, warn_of_alone
from harness.data.sources.pixels.decode import load_images
from harness.data.sources.pixels.greys import Grey
from harness.data.sources.pixels.opened import count_pages, quiet
from harness.data.sources.pixels.window import Window
from harness.data.sources.slices import Slices
from harness.errors import HarnessWarning, InputError

ALONE = "alone:"  # before the id of a slice that counts as a patient of its own, where others have patients


def read_folder(root: Path, size: int, called: str, window: Window | None = None) -> Slices:
    """Read a Hugging Face imagefolder: images anywhere below `root`, described by a metadata table or not.

    called: the option or role that names the folder in remarks. window: for what has more than 8 bits; with one a
    page of a TIFF is a slice, too, of the patient of its file. Returns uint8 pixels [n, size, size]. An id is the
    file's stem where the stems differ, else its path below `root`; sub-folders are never taken for labels. Metadata
    (`metadata.csv`, `.jsonl` or `.parquet`) names images in `file_name` and may group them by `patient_id`; without
    it each slice counts as its own patient, with a HarnessWarning. Raises InputError for a missing or empty folder,
    metadata that names a missing file or a file twice, an unreadable file, and where a part of the images cannot be
    had.
    """
    listing = _images_of(root, called)
    listing.account.warn()
    if listing.metadata:
        rows, listing = _described(listing, root)
    else:
        rows = [Row(same_form(name), Whose(None, "nothing"), "") for name in listing.names]
    names = [row.name for row in rows]
    ids = _unique_ids(names)
    instead = {row.name: row.whose.instead for row in rows if row.whose.patient is None}
    warn_of_alone(instead, len(rows), called, bool(listing.metadata))
    people = [row.whose.patient for row in rows if row.whose.patient is not None]
    warn_of_alike(people, called, "Where slices are parted by patient they stay on one side.")
    patients = ids
    if len(instead) < len(rows):
        patients = tuple(row.whose.patient or f"{ALONE}{name}" for row, name in zip(rows, ids, strict=True))
    unnamed = frozenset(name for row, name in zip(rows, ids, strict=True) if row.whose.patient is None)
    if window is None:
        return Slices(_pixels(listing, names, size), ids, patients, unnamed, listing.images, listing.account)
    return _pages(listing, names, Slices(_no_pixels(len(ids), size), ids, patients, unnamed), window)


def read_images(folder: Path, size: int, called: str, stems: bool = False) -> Slices:
    """Read the images anywhere below `folder`, sorted by their paths; each counts as its own patient.

    called: the option or role that names the folder in remarks; stems: an id must be the file's stem, as challenges
    number them. Returns uint8 pixels [n, size, size]. Raises InputError for a missing or empty folder, files of one
    stem where stems are ids, a file that cannot be read, and where a part of the images cannot be had.
    """
    listing = _images_of(folder, called)
    if listing.metadata:
        listing = _without(listing, UNUSED, sorted(path.name for path in listing.metadata))
    listing.account.warn()
    names = [same_form(name) for name in listing.names]
    ids = tuple(_safe(PurePosixPath(name).stem) for name in names)
    repeated = [name for name, count in Counter(ids).items() if count > 1]
    if repeated and (stems or len({PurePosixPath(name).with_suffix("") for name in names}) < len(names)):
        same = ", ".join(name for name, its in zip(names, ids, strict=True) if its == repeated[0])
        raise InputError(f"In {folder} these files share the id {repeated[0]}: {same}. Keep one of them.")
    ids = ids if not repeated else _unique_ids(names)
    return Slices(_pixels(listing, names, size), ids, ids, frozenset(ids), listing.images, listing.account)


def _images_of(root: Path, called: str) -> Listing:
    listing = list_folder(root, called)
    listing.refuse_a_part(root)
    if not listing.images:
        left_out = listing.account.left_out
        there = f" What lies there: {told(left_out)}." if left_out else " It is empty."
        raise InputError(
            f"The folder {called}={root} holds no images; files whose endings Pillow opens (.png, .tif, .jpg, ...) "
            f"are read, at any depth.{there}"
        )
    return listing


def _pixels(listing: Listing, names: Sequence[str], size: int) -> Grey:
    """The images of a listing, uint8 [n, size, size]; clusters of equal ones are told."""
    called = listing.account.called
    pixels = load_images(listing.images, names, size, called)
    warn_of_equal(pixels, called)
    return pixels


def _no_pixels(count: int, size: int) -> Grey:
    """Room that is never written to, for slices whose pixels come later."""
    return np.broadcast_to(np.zeros((), np.uint8), (count, size, size))


def _pages(listing: Listing, names: Sequence[str], files: Slices, window: Window) -> Slices:
    """Every page of every file, through the window. files: what is known of each file; its pages share it."""
    called = listing.account.called
    with quiet():
        counts = list(in_order(lambda one: count_pages(*one), list(zip(listing.images, names, strict=True))))
    whole = [(place, page) for place, count in enumerate(counts) for page in range(count)]
    marks = [f"_p{page:04d}" if counts[place] > 1 else "" for place, page in whole]
    ids = tuple(f"{files.ids[place]}{mark}" for (place, _), mark in zip(whole, marks, strict=True))
    pixels = load_images(
        [listing.images[place] for place, _ in whole],
        [f"{names[place]}{mark and f', page {page}'}" for (place, page), mark in zip(whole, marks, strict=True)],
        files.size,
        called,
        window=window,
        pages=[page for _, page in whole],
    )
    warn_of_equal(pixels, called)
    unnamed = frozenset(
        name for name, (place, _) in zip(ids, whole, strict=True) if files.ids[place] in files.unnamed
    )
    patients = tuple(files.patient_ids[place] for place, _ in whole)
    images = tuple(listing.images[place] for place, _ in whole)
    return Slices(pixels, ids, patients, unnamed, images, listing.account)


def warn_of_equal(pixels: Grey, called: str) -> None:
    """A HarnessWarning for images that are equal to the pixel; called: their folder, as messages name it."""
    counts = Counter(digests(pixels))
    clusters = [count for count in counts.values() if count > 1]
    if clusters:
        text = f"{sum(clusters)} of {len(pixels)} images in {called} are equal to the pixel to others of them"
        more = f"{len(clusters)} clusters, the largest of {max(clusters)}"
        warnings.warn(HarnessWarning(f"{text} ({more}); they count as often as they are there."), stacklevel=5)


def _described(listing: Listing, root: Path) -> tuple[list[Row], Listing]:
    """The rows of the metadata, and the listing of the images that they name, in their order."""
    rows = read_metadata(listing.metadata, root)
    held: dict[str, Path] = {}
    for name, path in zip(listing.names, listing.images, strict=True):
        if same_form(name) in held:
            raise InputError(f"In {root} two names of images differ only in their Unicode form: {name}. Rename one.")
        held[same_form(name)] = path
    missing = [row for row in rows if row.name not in held]
    if missing:
        first = missing[0]
        near = get_close_matches(first.name, list(held)[:10_000], n=1, cutoff=0.8)
        but = f" (but {near[0]})" if near else ""
        more = f" (rows like it: {len(missing):,})" if len(missing) > 1 else ""
        raise InputError(
            f"{first.where}: there is no file {first.name}{but}{more}; correct file_name, which is relative to the "
            "folder of the metadata."
        )
    named = {row.name for row in rows}
    unnamed = sorted(name for name in held if name not in named)
    images = tuple(held[row.name] for row in rows)
    named_only = listing._replace(
        images=images,
        names=tuple(row.name for row in rows),
        account=replace(listing.account, images=len(rows)),
    )
    if unnamed:
        text = f"{len(unnamed)} of {len(held)} images in {listing.account.called} are left out: the metadata does not"
        warnings.warn(HarnessWarning(f"{text} name them (first: {unnamed[0]})."), stacklevel=3)
    return rows, _without(named_only, UNNAMED, unnamed)


def _without(listing: Listing, reason: str, names: Sequence[str]) -> Listing:
    """The listing, with the files of these names counted as left out."""
    if not names:
        return listing
    left_out = {**listing.account.left_out, reason: (len(names), names[0])}
    return listing._replace(account=replace(listing.account, left_out=left_out))


def _unique_ids(names: Sequence[str]) -> tuple[str, ...]:
    """The shortest of stem, path without ending and path that tells all files apart, safe to write into a CSV."""
    paths = [PurePosixPath(name) for name in names]
    for choice in ([p.stem for p in paths], [p.with_suffix("").as_posix() for p in paths], names):
        ids = tuple(_safe(name) for name in choice)
        if len(set(ids)) == len(ids):
            return ids
    return tuple(f"{_safe(name)}~{index}" for index, name in enumerate(names))


def _safe(name: str) -> str:
    return re.sub(r"[\s,;\"'\x00-\x1f\x7f-\x9f]+", "_", name)
