"""What an audit does unless told otherwise, for its command and for `harness.library`; quick to import."""

from __future__ import annotations

from harness.errors import InputError

# Written out, since importing them takes a second that --help should not; a test compares.
DISTANCES = ("pixel", "ncc", "ssim", "tile", "pca", "band")
ATTACKS = ("knn", "ssim", "mosaic", "real_ratio", "carlini", "retrieval")
DISTANCE, CHECK = "ncc", "pixel"
SIZE = 64  # pixels
FALSE_COPIES = 0.01


def check_numbers(size: int, false_copies: float, option: str) -> None:
    """InputError for numbers with which nothing can be told; option: how a user gives one, such as `--{} `."""
    if size < 8:
        raise InputError(f"{option.format('size')}{size} is too small to tell slices apart; take 8 pixels or more.")
    if not 0.0 < false_copies < 0.5:
        name = "false-copies" if option.startswith("-") else "false_copies"
        raise InputError(f"{option.format(name)}{false_copies} must lie above 0 and below 0.5, say 0.01.")
