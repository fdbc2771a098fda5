"""`python -m harness.challenge`: make a simulated challenge whose truth is known, and score what is handed in.

`make` takes options as `harness.run` does (`make --help` lists them); `score` takes the submission and the truth.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from harness.cli import GO_ON, STORE_PLACES, console, disk_errors, exit_code, remarks
from harness.errors import InputError
from harness.places import check_file, expand_paths
from harness.plain import plain

USAGE = "python -m harness.challenge make data=folder data.root=DIR out=DIR, or score --submission F --truth F"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return exit_code(lambda: _run(words), *([GO_ON] if words[:1] == ["make"] else []))


def _run(words: list[str]) -> None:
    if words[:1] == ["make"]:
        _make(words[1:])
    elif words[:1] == ["score"]:
        _score(_score_parser().parse_args(words[1:]))
    elif words[:1] in (["-h"], ["--help"]):
        console().print(f"{__doc__}\n{USAGE}")
    else:
        given = f"not {words[0]!r}" if words else "nothing was given"
        raise InputError(f"The first word must be make or score ({given}): {USAGE}.")


def _make(words: list[str]) -> None:
    from harness.challenge.options import CONFIG_NAME, register_challenge_options
    from harness.config.composing import with_options

    register_challenge_options(words)
    sys.argv[1:] = words
    with_options(CONFIG_NAME, _make_once)


def _make_once(config: DictConfig) -> None:
    from harness.challenge.options import challenge_settings

    shown = console()
    with disk_errors(STORE_PLACES), remarks(shown):
        settings = challenge_settings(config)
        from harness.challenge.make import CHALLENGE, EXTRA, FACTS, TRUTH, make_challenge
        from harness.store import Store

        with Store(settings.store_root).used_for(settings.out, FACTS):
            out = make_challenge(settings, shown)
        extra = f" data.extra={out / EXTRA}" if (out / EXTRA).is_dir() else ""
        there = plain(f"The challenge lies in {out / CHALLENGE}, its truth in {out / TRUTH}. To take it up:")
        shown.print(there, soft_wrap=True)
        edition, size = settings.edition.name, settings.data.size
        options = plain(f"data={edition} data.root={out / CHALLENGE} data.size={size}{extra} attack=all")
        shown.print(f"  python -m harness.run {options}", soft_wrap=True)


def _score_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.challenge score",
        description="The official metrics of a submission, with intervals and counts, beside the rows that look at "
        "nothing.",
    )
    expand_paths(parser)
    parser.add_argument("--submission", type=Path, required=True, nargs="+", metavar="F", help="one file or several")
    parser.add_argument(
        "--truth", type=Path, required=True, metavar="F", help="CSV with header id,used and perhaps patient_id"
    )
    parser.add_argument("--edition", default="imageclef2023", help="whose metrics are named official")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")
    return parser


def _score(options: argparse.Namespace) -> None:
    check_file("--json", options.json, [*options.submission, options.truth])
    shown = console()
    with disk_errors(), remarks(shown):
        from harness.submission.score import show_scores

        show_scores(options.submission, options.truth, options.edition, options.json, shown)


if __name__ == "__main__":
    sys.exit(main())
