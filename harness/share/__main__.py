"""`python -m harness.share RUN`: a copy of a run's folder that may be passed on."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.cli import console, disk_errors, run_parsed
from harness.errors import InputError
from harness.places import lies_in

_LONGEST = 200  # bytes of a name: 255 is what Linux takes, and the copy and the key are named after it


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    return run_parsed(_parser(), _run, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.share",
        description="Write a copy of a run's folder that may be passed on: tables, figures and scores, without "
        "pictures, folders, remarks or names of files; slices and patients have names that only the key leads back.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a folder that harness.run wrote, such as runs/NAME")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the copy (default: RUN-share)")
    parser.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="the private key of the names, made where there is none (default: .NAME.share-key beside RUN). Keep it, "
        "and never pass it on",
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    from harness.finished.reading import read_run  # start-up: --help needs no numpy, pydantic or attacks
    from harness.share.copy import copied
    from harness.share.folder import refuse_others, write_copy
    from harness.share.key import KeyedNames, key_file, private_key

    run = _whole(options.run)
    if not 0 < len(os.fsencode(run.name)) <= _LONGEST:
        raise InputError(f"The name of {run} is none that the copy can have with a few letters more; rename the run.")
    out = run.with_name(f"{run.name}-share") if options.out is None else _whole(options.out)
    key = key_file(run) if options.key is None else _whole(options.key)
    _apart(run, out, key)
    with disk_errors():
        refuse_others(out)
        read = read_run(run)
        write_copy(copied(read, KeyedNames(private_key(key))), out)
    shown = console()
    shown.print(f"Copy: {out}", soft_wrap=True, markup=False)
    shown.print(f"Key, to be kept and not passed on: {key}", soft_wrap=True, markup=False)


def _whole(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))  # noqa: PTH100  # keeps a link as the user names it


def _meet(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder: what it leads to, or, where it is a link, the link itself."""
    named = Path(os.path.realpath(path.parent)) / path.name
    real = Path(os.path.realpath(folder))
    return lies_in(path, folder) or named == real or real in named.parents


def _apart(run: Path, out: Path, key: Path) -> None:
    """The copy must not change the run, and the key must lie in neither, by whatever links they are named."""
    if _meet(out, run) or _meet(run, out):
        raise InputError(f"--out {out} and the run {run} lie in each other; give another folder.")
    for folder in (run, out):
        if _meet(key, folder):
            raise InputError(f"--key {key} lies in {folder}, which is passed on or replaced; give another file.")


if __name__ == "__main__":
    sys.exit(main())
