"""`python -m shadow_models.base`: make the base that ships, or check the one at hand."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shadow_models.base.recipe import FOLDER, N_PATIENTS, NAME, RECIPE

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_args(arguments)
    usual = (options.steps, options.patients) == (RECIPE.steps, N_PATIENTS)
    if options.what == "make" and options.folder == FOLDER and not usual:
        sys.stderr.write("Error: Another base than the one that ships does not take its place: give --folder DIR.\n")
        return 2
    from shadow_models.base.make import check_base, make_base  # torch costs seconds: not for --help

    try:
        if options.what == "check":
            check_base(options.folder)
            _say(f"{options.folder} holds {NAME}, the base that ships.")
            return 0
        digest = make_base(options.folder, options.steps, options.patients, _report)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return 2
    _say(f"{options.folder}: sha256 {digest}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m shadow_models.base",
        description=f"make: train {NAME}, the generator from which others start, on phantoms that are in no data. "
        "check: whether a folder holds the weights that ship.",
    )
    parser.add_argument("what", choices=("make", "check"))
    parser.add_argument("--folder", type=Path, default=FOLDER, metavar="DIR", help="default: where it ships")
    parser.add_argument("--steps", type=int, default=RECIPE.steps, metavar="N", help="default %(default)s")
    parser.add_argument("--patients", type=int, default=N_PATIENTS, metavar="N", help="default %(default)s")
    return parser


def _report(done: int, total: int) -> None:
    if done % 500 == 0 or done == total:
        _say(f"{done} of {total} steps")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
