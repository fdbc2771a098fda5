"""Parsers of finished runs and of challenges: each of their files in turn is the input, its digest vouched for."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path

from benchmarks.fuzzed.parser import Made, Parser, chosen, one_of, written
from harness.challenge.facts_shape import Decided, OfReleases
from harness.challenge.make import FACTS, is_there
from harness.compare.runs import compared_run
from harness.finished.made import made_by
from harness.finished.reading import read_run
from harness.leaderboard.chosen_record import read_chosen
from harness.run.recorded import read_recorded
from harness.run.recorded_options import words_of

RUN = "run"
_FILES = ("manifest.json", "results.json", "config.yaml", "scores.csv")
_PLAIN = "plain"
_OF_CHALLENGE = Decided(2, "imageclef2023", 0, "0" * 32, {"size": 16}, None, OfReleases(2, 2), 0, OfReleases(4, 4))


def _beside(folder: Path, made: Made) -> None:
    """The run as it was written, and the one that the inputs go to."""
    if made is not None:
        for name in (_PLAIN, RUN):
            shutil.copytree(made / RUN, folder / name, dirs_exist_ok=True)


def _put(data: bytes, folder: Path) -> Path:
    """The run with one file replaced, which its manifest vouches for."""
    which, content = one_of(data, len(_FILES))
    for place, name in enumerate(_FILES):
        written(content if place == which else (folder / _PLAIN / name).read_bytes(), folder / RUN / name)
    if which:
        manifest = json.loads((folder / _PLAIN / _FILES[0]).read_text(encoding="utf-8"))
        manifest["files"][_FILES[which]] = hashlib.sha256(content).hexdigest()
        written(json.dumps(manifest).encode(), folder / RUN / _FILES[0])
    return folder / RUN


def _seeds(made: Made) -> list[bytes]:
    if made is None:
        return []
    return chosen({place: [(made / RUN / name).read_bytes()] for place, name in enumerate(_FILES)})


def _run(data: bytes, folder: Path) -> object:
    found = read_run(_put(data, folder))
    return found.scores, made_by(found)


def _again(data: bytes, folder: Path) -> object:
    found = read_recorded(_put(data, folder))
    found.results()
    return words_of(found.options(), [], "the run")


def _compared(data: bytes, folder: Path) -> object:
    return compared_run(read_run(_put(data, folder)))


def _chosen(data: bytes, folder: Path) -> object:
    return read_chosen(_put(data, folder))


def _challenge(data: bytes, folder: Path) -> object:
    written(b"id,used\n", folder / "truth.csv")
    written(data, folder / FACTS)
    return is_there(folder, _OF_CHALLENGE)


def _of_challenges(_made: Made) -> list[bytes]:
    digest = hashlib.sha256(b"id,used\n").hexdigest()
    return [json.dumps({**asdict(_OF_CHALLENGE), "files": {"truth.csv": digest}}).encode()]


PARSERS = (
    Parser("finished runs", _run, _seeds, prepare=_beside, of_run=True),
    Parser("options of runs", _again, _seeds, prepare=_beside, of_run=True),
    Parser("compared runs", _compared, _seeds, prepare=_beside, of_run=True),
    Parser("chosen attacks", _chosen, _seeds, prepare=_beside, of_run=True),
    Parser("challenges", _challenge, _of_challenges),
)
