"""`python -m harness.compare RUN...`: runs beside one another in tables that may be ranked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.cli import console, disk_errors, run_parsed, tell
from harness.places import check_file, check_folder, shown
from harness.report.formats import FORMATS, deliver, for_people

BY, ON = ("attack", "data", "shadow", "preset", "seed"), ("shadow", "dev", "test")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    return run_parsed(_parser(), _run, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.compare",
        description="Compare runs: attacks ranked where task, data, candidates, access and edition are equal, means "
        "over seeds with intervals, paired tests, mean ranks over settings. What may not be ranked together stands "
        "in a table apart that says why.",
    )
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="a run's folder, or one that holds runs: runs/, a suite's"
    )
    parser.add_argument(
        "--by", choices=BY, default=BY[0], help="what is set beside one another (default %(default)s, ranked)"
    )
    parser.add_argument(
        "--metric", default="auc", help="auc, tpr@0.1 (or another rate), f1, accuracy, brier, ece, ... (default auc)"
    )
    parser.add_argument("--on", choices=ON, default=ON[0], help="which targets (default %(default)s: held out)")
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="(default %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write there instead of printing")
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="write the heat map and the critical differences, PNG and SVG"
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    from harness.compare import compare

    check_file("--out", options.out, options.runs)
    for run in options.runs if options.pictures is not None else []:
        check_folder("--pictures ", options.pictures, {"RUN": run})
    with disk_errors():
        found = compare(options.runs, by=options.by, metric=options.metric, on=options.on)
    told = [] if options.out is None else [_told_written(options.out)]
    from harness.compare import formats  # start-up: only to show

    writers = {
        "markdown": lambda: formats.markdown_text(found),
        "csv": lambda: formats.csv_text(found),
        "latex": lambda: formats.latex_text(found),
        "html": lambda: formats.html_text(found),
    }
    deliver(lambda width: formats.terminal(found, width), writers, options.format, options.out)
    beside = console(stderr=not for_people(options.format, options.out))
    if options.format == "csv" or options.out is not None:  # CSV has no place for sentences
        from harness.compare.grids import closing

        for sentence in closing(found):
            tell(beside, "Note:", "yellow", sentence)
    if options.pictures is not None:
        from harness.compare.pictures import picture_files, write_pictures

        told += [_told_written(path) for path in picture_files(found, options.pictures)]
        with disk_errors():
            write_pictures(found, options.pictures)
    for sentence in told:
        tell(beside, "Written:", "green", sentence, wrap=False)


def _told_written(path: Path) -> str:
    """What was written, said before it is: then it can still be seen whether something was there."""
    return f"{shown(path)}{', in place of what was there' if path.exists() else ''}"


if __name__ == "__main__":
    sys.exit(main())
