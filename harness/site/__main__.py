"""`python -m harness.site RUNS... --out DIR`: a static site of runs, which opens from disk and loads nothing."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from harness.cli import console, disk_errors, remarks, run_parsed
from harness.errors import InputError

_TITLE = "Membership inference"
_LONGEST_TITLE = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    return run_parsed(_parser(), _run, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.site",
        description="Write a static site of runs: all of them with filters, leaderboards, a page an attack and a "
        "run, their comparison, and the published tables of editions. It opens from disk and loads nothing.",
    )
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUNS", help="folders that harness.run wrote, or folders that hold such"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the site; one of ours is replaced")
    parser.add_argument("--title", default=_TITLE, metavar="TEXT", help='(default "%(default)s")')
    parser.add_argument(
        "--share",
        action="store_true",
        help="a site that may be published: without pictures and names of folders, ids behind keyed names, and only "
        "sentences and options that are known to say nothing of people and places",
    )
    parser.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="with --share: the private key of the names, made where there is none (default: .NAME.share-key beside "
        "DIR). Keep it, and never pass it on",
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    if options.key is not None and not options.share:
        raise InputError("--key is for --share: without it, names stay as they are. Give both, or leave it away.")
    if not 0 < len(options.title.strip()) <= _LONGEST_TITLE:
        raise InputError(f"--title has {len(options.title)} letters; 1 to {_LONGEST_TITLE} are expected.")
    out = Path(os.path.abspath(options.out))  # noqa: PTH100  # keeps a link as the user names it
    key = _key(options, out)
    from harness.places import check_folder  # start-up: --help needs none of it
    from harness.site.copies import entries_of_copies
    from harness.site.entry import entries
    from harness.site.found import folders_of_site
    from harness.site.write import refuse_others, write_site

    shown = console()
    with disk_errors(), remarks(shown):
        folders = folders_of_site(options.runs)
        for folder in folders:
            check_folder("--out ", out, {"the run": folder})
        refuse_others(out)
        with nullcontext(entries(folders)) if key is None else entries_of_copies(folders, key) as found:
            n_pages = write_site(found, options.title.strip(), out)
    runs = "1 run" if len(folders) == 1 else f"{len(folders)} runs"
    shown.print(f"{runs}, {n_pages} pages. Open {options.out / 'index.html'}", soft_wrap=True, markup=False)
    if key is not None:
        shown.print(f"Key, to be kept and not passed on: {key}", soft_wrap=True, markup=False)


def _key(options: argparse.Namespace, out: Path) -> Path | None:
    """Where the key of a site to pass on lies; None for one that stays."""
    if not options.share:
        return None
    from harness.places import lies_in, shown
    from harness.share.key import key_file

    beside = options.out if options.out.name else out
    key: Path = key_file(beside) if options.key is None else options.key
    if lies_in(key, out):
        raise InputError(f"--key {shown(key)} lies in {shown(out)}, which is passed on; give another file.")
    return key


if __name__ == "__main__":
    sys.exit(main())
