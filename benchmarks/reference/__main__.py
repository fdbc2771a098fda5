"""`python -m benchmarks.reference`: write reference pages and schemas anew; `--check` says which are stale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import harness.schemas
from benchmarks.reference.pages import PAGES, as_they_should_be
from harness.cli import console, run_parsed
from harness.writing import replace_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages; returns the exit code, 1 where a page is not as the code is."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reference",
        description=f"Write what stands in the code into the JSON Schemas and into these pages: {', '.join(PAGES)}.",
    )
    parser.add_argument(
        "--docs", type=Path, default=Path("docs"), metavar="DIR", help="where pages lie (default: docs)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing, and end with 1 where a page is stale")
    return run_parsed(parser, lambda options: _renew(options.docs, options.check), arguments)


def _renew(docs: Path, check: bool) -> int:
    screen, stale = console(), []
    for path, text in as_they_should_be(docs, Path(harness.schemas.__path__[0])).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not check:
                replace_file(path, text)
    for path in stale:
        told = "is not as the code is: python -m benchmarks.reference writes it anew" if check else "was written anew"
        screen.print(f"{path.name} {told}.", soft_wrap=True)
    if not stale:
        screen.print("All reference pages and schemas are as the code is.")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
