"""`python -m harness.audit`: may a folder of synthetic images go out, or does it give training patients away?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.audit.defaults import ATTACKS, CHECK, DISTANCE, DISTANCES, FALSE_COPIES, SIZE, check_numbers
from harness.cli import console, disk_errors, remarks, run_parsed

if TYPE_CHECKING:
    from harness.audit.examine import Audit

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
    parser.add_argument("--size", type=int, default=SIZE, metavar="PIXELS", help="working size (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of resamples and splits (default %(default)s)")
    parser.add_argument("--format", choices=FORMATS, default="rich", help="what is printed (default %(default)s)")
    parser.add_argument(
        "--distance", choices=DISTANCES, default=DISTANCE, help="calls and removes copies (default %(default)s)"
    )
    parser.add_argument(
        "--moves",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="look for mirrored and slightly shifted copies, too (default: yes)",
    )
    parser.add_argument(
        "--check", choices=DISTANCES, default=CHECK, help="a second one, that removes nothing (default %(default)s)"
    )
    parser.add_argument(
        "--false-copies",
        type=float,
        default=FALSE_COPIES,
        metavar="RATE",
        help="share of released images called copies where nothing is memorised (default %(default)s)",
    )
    parser.add_argument("--attacks", nargs="+", default=list(ATTACKS), metavar="NAME", help="attacks on a release")
    parser.add_argument("--encoder", type=Path, metavar="FILE", help="safetensors features for section 4")
    return parser


def _run(options: argparse.Namespace) -> None:
    check_numbers(options.size, options.false_copies, "--{} ")
    shown = console()
    if options.format != "rich":
        shown.stderr = True  # what is printed may be piped into a file: remarks go elsewhere
    with disk_errors(), remarks(shown) as said:
        from harness.audit.examine import audited
        from harness.audit.folders import read_material
        from harness.audit.write import check_out, write

        if options.out is not None:
            names = ("release", "members", "holdout", "other")
            check_out(options.out, {f"--{name}": getattr(options, name) for name in names})
        material = read_material(options.release, options.members, options.holdout, options.other, options.size)
        with shown.status(f"Auditing {len(material.release)} images"):
            audit = audited(
                material,
                attacks=options.attacks,
                distance=options.distance,
                check=options.check,
                encoder=options.encoder,
                false_copies=options.false_copies,
                seed=options.seed,
                moves=options.moves,
                pictures=options.pictures,
                said=lambda: said,
            )
        if options.out is not None:
            write(audit, options.out)
        _print(audit, options.format)


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
