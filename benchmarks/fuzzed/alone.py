"""`python -m benchmarks.fuzzed.alone GROUP PARSER FOLDER SECONDS [MADE]`: one parser, its own process.

FOLDER gets `seeds`, `at` (where a parser reads), `found.jsonl`, a line for each exception of a new kind, and what
libFuzzer keeps of an input that ended the process.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from pathlib import Path

import atheris

from benchmarks.fuzzed.all import parsers_of

_OURS = ["harness", "shadow_models", "attacks", "benchmarks.suite"]
FOUND, SEEDS, AT = "found.jsonl", "seeds", "at"
_LONGEST_BYTES, _MOST_MIB, _SLOWEST_SEC = 1 << 17, 4096, 30


def main(group: str, name: str, folder: Path, seconds: str, made: Path | None) -> None:
    """Fuzz for so long; does not return."""
    with atheris.instrument_imports(include=_OURS):
        parser = parsers_of(group)[name]
    known = set[str]()
    at = folder / AT
    for place in (at, folder / SEEDS):
        place.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(parser.seeds(made)):
        (folder / SEEDS / f"{number:03d}").write_bytes(seed)
    if parser.prepare is not None:
        parser.prepare(at, made)
    os.chdir(at)

    def tried(data: bytes) -> None:
        error = parser.ended(data, at)
        if error is None:
            return
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} in {last.name}, line {last.lineno}"
        if kind in known:
            return
        known.add(kind)
        told = {"kind": kind, "error": str(error)[:300], "input": data.hex()}
        with (folder / FOUND).open("a", encoding="ascii") as file:
            file.write(json.dumps(told) + "\n")

    warnings.simplefilter("ignore")
    options = {
        "max_total_time": seconds,
        "max_len": _LONGEST_BYTES,
        "rss_limit_mb": _MOST_MIB,
        "timeout": _SLOWEST_SEC,
        "seed": 1,
        "print_final_stats": 1,
        "artifact_prefix": f"{folder}{os.sep}",
    }
    words = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([sys.argv[0], *words, str(folder / SEEDS)], tried)
    atheris.Fuzz()


if __name__ == "__main__":
    group, name, folder, seconds, *made = sys.argv[1:]
    main(group, name, Path(folder), seconds, Path(made[0]) if made else None)
