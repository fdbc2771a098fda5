"""`python -m harness.audit`: may a folder of synthetic images go out, or does it give training patients away?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import console, disk_errors, remarks, run_parsed
from harness.errors import InputError

if TYPE_CHECKING:
    from harness.audit.examine import Audit
    from harness.audit.folders import Material

# Written out, since importing them takes a second that --help should not; a test compares.
DISTANCES = ("pixel", "ncc", "ssim", "tile", "pca", "band")
ATTACKS = ("knn", "ssim", "mosaic", "real_ratio", "carlini", "retrieval")
FORMATS = ("rich", "markdown", "json", "html")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    return run_parsed(_parser(), _run, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.audit",
        description="Does a release give away who was trained on? Counts copies of members, tells members from the "
        "holdout, looks for patients by their other slices, measures the distance to real slices, and removes the "
        "copies. Whatever it finds: no finding is no proof.",
    )
    parser.add_argument("--release", type=Path, required=True, metavar="DIR", help="the synthetic images")
    parser.add_argument("--members", type=Path, required=True, metavar="DIR", help="the slices that were trained on")
    parser.add_argument(
        "--holdout", type=Path, required=True, metavar="DIR", help="real slices of other patients, of the same source"
    )
    parser.add_argument(
        "--other", type=Path, metavar="DIR", help="slices of members' patients that were not trained on"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="report.html, .json, .md, the filtered release/ and removed.csv"
    )
    parser.add_argument(
        "--pictures",
        action="store_true",
        help="show the worst pairs in report.html: real slices, as which that file must then be treated",
    )
    parser.add_argument("--size", type=int, default=64, metavar="PIXELS", help="working size (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of resamples and splits (default %(default)s)")
    parser.add_argument("--format", choices=FORMATS, default="rich", help="what is printed (default %(default)s)")
    parser.add_argument(
        "--distance", choices=DISTANCES, default="ncc", help="calls and removes copies (default %(default)s)"
    )
    parser.add_argument(
        "--moves",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="look for mirrored and slightly shifted copies, too (default: yes)",
    )
    parser.add_argument(
        "--check", choices=DISTANCES, default="pixel", help="a second one, that removes nothing (default %(default)s)"
    )
    parser.add_argument(
        "--false-copies",
        type=float,
        default=0.01,
        metavar="RATE",
        help="share of released images called copies where nothing is memorised (default %(default)s)",
    )
    parser.add_argument("--attacks", nargs="+", default=list(ATTACKS), metavar="NAME", help="attacks on a release")
    parser.add_argument("--encoder", type=Path, metavar="FILE", help="safetensors features for section 4")
    return parser


def _run(options: argparse.Namespace) -> None:
    if options.size < 8:
        raise InputError(f"--size {options.size} is too small to tell slices apart; take 8 pixels or more.")
    if not 0.0 < options.false_copies < 0.5:
        raise InputError(f"--false-copies {options.false_copies} must lie above 0 and below 0.5, say 0.01.")
    shown = console()
    if options.format != "rich":
        shown.stderr = True  # what is printed may be piped into a file: remarks go elsewhere
    with disk_errors(), remarks(shown) as said:
        from harness.audit.folders import read_material
        from harness.audit.write import check_out, write

        if options.out is not None:
            names = ("release", "members", "holdout", "other")
            check_out(options.out, {f"--{name}": getattr(options, name) for name in names})
        material = read_material(options.release, options.members, options.holdout, options.other, options.size)
        with shown.status(f"Auditing {len(material.release)} images"):
            audit = replace(_audit(options, material), remarks=tuple(said))
        if options.out is not None:
            write(audit, options.out)
        _print(audit, options.format)


def _audit(options: argparse.Namespace, material: Material) -> Audit:
    from harness.audit.case import AuditSettings
    from harness.audit.examine import examine
    from harness.audit.features import extractor
    from harness.audit.leakage import chosen_attacks

    attacks = chosen_attacks(options.attacks, options.size, len(material.release))
    if options.encoder is not None:
        extractor(options.encoder, material.holdout.pixels)  # a file that is no encoder is told before the work
    settings = AuditSettings(
        options.distance,
        options.check,
        attacks,
        options.encoder,
        options.false_copies,
        options.seed,
        options.moves,
        options.pictures,
    )
    return examine(material, settings)


def _print(audit: Audit, form: str) -> None:
    from harness.audit.page import page
    from harness.audit.tables import markdown, terminal
    from harness.audit.write import report

    if form == "rich":
        console().print(terminal(audit))
    else:
        sys.stdout.write({"markdown": markdown, "json": report, "html": page}[form](audit))


if __name__ == "__main__":
    sys.exit(main())
