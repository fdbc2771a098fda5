"""The runs that are to be compared, read as if somebody else had written them; what is no run is told."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from harness.bounded import digest, listed, read_json, read_text, read_yaml
from harness.config.public_options import public_options
from harness.errors import InputError
from harness.evaluation.records import SCHEMA, Record
from harness.evaluation.score_rows import MOST_SCORES_BYTES, ScoreRow, score_rows
from harness.places import shown

RESULTS, SCORES, CONFIG, MANIFEST, OF_SUITE = (
    "results.json", "scores.csv", "config.yaml", "manifest.json", "suite.json",
)  # fmt: skip
_MOST_JSON_BYTES, _MOST_YAML_BYTES = 64_000_000, 1_000_000


@dataclass(frozen=True)
class _Results:
    """Of `results.json` what is compared; a field that an older version did not write is empty."""

    records: list[Record]
    alarms: list[str] = field(default_factory=list)
    nobody: list[str] = field(default_factory=list)
    family: str | None = None
    recipe: dict[str, Any] = field(default_factory=dict)
    start: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Generator:
    name: str
    release: str


@dataclass(frozen=True)
class Patient:
    """One patient by his id, and his slices' ids in the order of their pixels' digests."""

    patient: str
    slices: list[str]


@dataclass(frozen=True)
class Slices:
    """Of `manifest.json`, what slices took part: a digest without any salt, and where ids are salted those of each
    patient, in an order that pixels alone decide."""

    digest: str
    patients: list[Patient] | None = None


@dataclass(frozen=True)
class _Facts:
    """Of `manifest.json`."""

    pool: str | None = None
    slices: Slices | None = None
    commit: str | None = None
    seed: int | None = None
    generators: list[_Generator] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OfSuite:
    """Of `suite.json`, which lies beside the run of a suite's task."""

    suite: str
    version: int
    task: str


class Run(NamedTuple):
    """A run as far as it is compared.

    name: of its folder; options: those that may be told, by group, with `attack` a mapping of names to options;
    attack_options: all of the attacks', by name, to tell attacks apart and never to be shown; made:
    what the generators were made by; pool: the digest of the data, None where it is not told; slices: what took part,
    None where an older version did not tell; releases: by target
    (`shadow-0`, `test`) the key of what it shows; task: of a suite, None outside of one.
    """

    name: str
    seed: int | None
    options: dict[str, Any]
    attack_options: dict[str, Any]
    made: dict[str, Any]
    records: list[Record]
    alarmed: bool
    commit: str | None
    pool: str | None
    slices: Slices | None
    releases: dict[str, str]
    task: str | None
    scores: list[ScoreRow]


class Found(NamedTuple):
    """Runs in the order of their paths, and a sentence for each folder that could not be read."""

    runs: list[Run]
    refused: list[str]


def run_folders(paths: Sequence[Path]) -> list[Path]:
    """The folders with results that the paths are or hold, hidden ones left out, each once; InputError as below."""
    folders: dict[str, Path] = {}
    for path in paths:
        if not path.is_dir():
            raise InputError(f"{shown(path)} is no folder; give one that harness.run wrote, or one that holds some.")
        names = sorted(listed(path).files)
        files = [path / name for name in names if name == RESULTS or name.endswith(f"/{RESULTS}")]
        here = [one.parent for one in files if not _hidden(one, path)]
        if not here:
            raise InputError(f"No run lies in {shown(path)}: no folder there holds a {RESULTS}.")
        folders |= {os.path.realpath(one): one for one in here}
    return list(folders.values())


def find_runs(paths: Sequence[Path]) -> Found:
    """Every run that the paths are or hold, each once.

    InputError where a path is no folder, or where there is no run that can be read in any of them.
    """
    folders = run_folders(paths)
    runs, refused = [], []
    for folder in folders:
        try:
            runs.append(read_run(folder))
        except InputError as error:
            refused.append(str(error))
    if not runs:
        raise InputError(f"None of {len(refused)} folders with a {RESULTS} can be read. The first: {refused[0]}")
    return Found(runs, refused)


def read_run(folder: Path) -> Run:
    """One run. InputError for what is no run, is of another version, or was changed since it was written.

    What an older version did not write is left empty; without `scores.csv` the records alone are compared.
    """
    try:
        told = read_json(folder / RESULTS, _MOST_JSON_BYTES, "The results", links=False)
        schema = told.get("schema") if isinstance(told, dict) else None
        if type(schema) is not int or schema != SCHEMA:
            raise InputError(f"it has schema {shown(str(schema))}, and {SCHEMA} can be read.")
        results = TypeAdapter(_Results).validate_python(told)
        facts = TypeAdapter(_Facts).validate_python(_there(folder, MANIFEST) or {})
        options = read_yaml(folder / CONFIG, _MOST_YAML_BYTES, "The options", links=False)
        _refuse_changed(folder, facts)
        public = public_options(options)
        scores = _scores(folder)
        task = task_of(folder)
    except (InputError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{shown(folder)} is left out: {_why(error)}") from error
    run = told.get("run") if isinstance(told.get("run"), dict) else {}
    seed = run.get("seed", facts.seed)
    return Run(
        name=folder.name if folder.name != "run" else folder.parent.name,
        seed=seed if type(seed) is int else None,
        options=public,
        attack_options={str(name): own for name, own in options["attack"].items()},
        made={"family": results.family, "recipe": results.recipe, "start": results.start},
        records=results.records,
        alarmed=bool(results.alarms or results.nobody),
        commit=facts.commit,
        pool=facts.pool,
        slices=facts.slices,
        releases=_releases(facts.generators),
        task=None if task is None else f"{task.suite} v{task.version} {task.task}",
        scores=scores,
    )


def task_of(folder: Path) -> OfSuite | None:
    """The task of a suite that a run is of; InputError or ValueError where its file cannot be read."""
    about = _there(folder.parent, OF_SUITE)
    return None if about is None else TypeAdapter(OfSuite).validate_python(about)


def _hidden(path: Path, below: Path) -> bool:
    """Whether it lies in what another run has begun to write, or in another hidden folder."""
    return any(part.startswith(".") for part in path.relative_to(below).parts)


def _there(folder: Path, name: str) -> Any:
    """What a file holds; None where there is none."""
    path = folder / name
    return read_json(path, _MOST_JSON_BYTES, "The file", links=False) if os.path.lexists(path) else None


def _scores(folder: Path) -> list[ScoreRow]:
    path = folder / SCORES
    if not os.path.lexists(path):
        return []
    return score_rows(read_text(path, MOST_SCORES_BYTES, "The scores", links=False))


def _refuse_changed(folder: Path, facts: _Facts) -> None:
    for name in (RESULTS, SCORES, CONFIG):
        if name in facts.files and digest(folder / name, "The file") != facts.files[name]:
            raise InputError(f"{name} was changed since the run wrote it: {MANIFEST} has another digest.")


def _releases(generators: Iterable[_Generator]) -> dict[str, str]:
    """By target of `scores.csv`: `shadow 3` is that of `shadow-3`, and what is withheld that of `test`."""
    names = {"withheld": "test"}
    return {names.get(one.name, one.name.replace(" ", "-")): one.release for one in generators}


def _why(error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'its content'} is not as a run writes it ({first['msg']})."
    return f"it is not as a run writes it ({type(error).__name__}: {error})."
