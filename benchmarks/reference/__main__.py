"""`python -m benchmarks.reference`: write the reference pages anew; `--check` says which are not as the code is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.reference.pages import PAGES, renewed
from harness.cli import console, run_parsed
from harness.errors import InputError
from harness.writing import replace_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages; returns the exit code, 1 where a page is not as the code is."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reference",
        description=f"Write what stands in the code into the reference pages: {', '.join(PAGES)}.",
    )
    parser.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR", help="where pages lie (default: docs)")
    parser.add_argument("--check", action="store_true", help="write nothing, and end with 1 where a page is stale")
    return run_parsed(parser, lambda options: _renew(options.docs, options.check), arguments)


def _renew(docs: Path, check: bool) -> int:
    screen, stale = console(), []
    for name in PAGES:
        page = docs / name
        if not page.is_file():
            raise InputError(f"{page} is not there; give the folder of the pages with --docs DIR.")
        before = page.read_text(encoding="utf-8")
        after = renewed(name, before)
        if before != after:
            stale.append(name)
            if not check:
                replace_file(page, after)
    for name in stale:
        told = "is not as the code is: python -m benchmarks.reference writes it anew" if check else "was written anew"
        screen.print(f"{docs / name} {told}.", soft_wrap=True)
    if not stale:
        screen.print("All reference pages are as the code is.")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
