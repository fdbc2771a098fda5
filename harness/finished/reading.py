"""The one reader of a run's folder, as if somebody else had written it: what is not among its types is not read."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from attacks.view import Access
from harness.bounded import digest, read_json, read_text, read_yaml
from harness.errors import InputError
from harness.evaluation.records import SCHEMA, Record
from harness.evaluation.score_rows import MOST_SCORES_BYTES, ScoreRow, score_rows
from harness.finished.manifest_files import MANIFEST
from harness.finished.manifest_shape import Manifest
from harness.finished.results_shape import Results
from harness.places import shown

RESULTS, SCORES, CONFIG = "results.json", "scores.csv", "config.yaml"
_MOST_JSON_BYTES, _MOST_YAML_BYTES = 64_000_000, 1_000_000  # YAML takes 1 kB a byte
_MOST_LETTERS, _MOST_SLICES = 4000, 100_000_000
_HELD = (*(one.value for one in Access), "none")
_OLDER = "Where an older version wrote it, run the same command again; its generators are in the store."
_FAULTS = (OSError, ValueError, KeyError, TypeError, RecursionError, csv.Error)


class _Results(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False, str_max_length=_MOST_LETTERS)
    content: Results


class _Manifest(BaseModel):
    model_config = ConfigDict(strict=True)
    content: Manifest


class _Data(BaseModel):
    name: Annotated[str, Field(strict=True, max_length=1000)]


class _Config(BaseModel):
    """What every reader of the options leans on; the rest of them is as it is."""

    data: _Data
    attack: dict[str, dict[str, Any] | None]
    shadow: dict[str, Any] | None = None
    launch: dict[str, Any] | None = None
    surrogate: dict[str, Any] | None = None
    report: dict[str, Any] | None = None


_Whole = TypeVar("_Whole", _Results, _Manifest)


@dataclass(frozen=True)
class Run:
    """A run's folder.

    folder: where it lies. results: `results.json`. manifest: `manifest.json`, None where there is none. config: every
    option, as resolved, by name.
    """

    folder: Path
    results: Results
    manifest: Manifest | None
    config: Mapping[str, Any]

    @cached_property
    def scores(self) -> list[ScoreRow] | None:
        """The rows of `scores.csv`, None where there is none. InputError as `read_run`."""
        if not os.path.lexists(self.folder / SCORES):
            return None
        try:
            path = unchanged(self, SCORES)
            return score_rows(read_text(path, MOST_SCORES_BYTES, "The scores", links=False))
        except (InputError, *_FAULTS) as error:
            raise no_run(self.folder, error) from error


def read_run(folder: Path) -> Run:
    """Read what `harness.run` wrote, or `harness.share`.

    What older versions did not write has the value that their runs had, or None where that is not known. Raises
    InputError, one sentence or two, for what is no run, of another version, or changed since it was written.
    """
    try:
        told = read_json(folder / RESULTS, _MOST_JSON_BYTES, "The results", links=False)
        _check_schema(told)
        results = _typed(_Results, told)
        _check_records(results.records)
        manifest = _manifest(folder) if os.path.lexists(folder / MANIFEST) else None
        config = read_yaml(folder / CONFIG, _MOST_YAML_BYTES, "The options", links=False)
        _Config.model_validate(config)
        run = Run(folder, results, manifest, config)
        for name in (RESULTS, CONFIG):
            unchanged(run, name)
        return run
    except (InputError, *_FAULTS) as error:
        raise no_run(folder, error) from error


def read_manifest(folder: Path) -> Manifest:
    """What made a run's folder, where nothing else of it is read. InputError as `read_run`."""
    try:
        return _manifest(folder)
    except (InputError, *_FAULTS) as error:
        raise no_run(folder, error) from error


def _manifest(folder: Path) -> Manifest:
    told = read_json(folder / MANIFEST, _MOST_JSON_BYTES, "The manifest", links=False)
    _check_schema(told)
    found: Manifest = _typed(_Manifest, told)
    return found


class Whole(NamedTuple):
    """What a run has, if it is as `harness.run` leaves it."""

    manifest: Manifest
    scores: list[ScoreRow]


def whole(run: Run) -> Whole:
    """The manifest and the scores of a run that lacks neither; InputError as `read_run` for another."""
    manifest, scores = manifest_of(run), run.scores
    if scores is None:
        raise no_run(run.folder, InputError(f"it has no {SCORES}."))
    return Whole(manifest, scores)


def manifest_of(run: Run) -> Manifest:
    """The manifest of a run that has one; InputError as `read_run` for another."""
    if run.manifest is None:
        raise no_run(run.folder, InputError(f"it has no {MANIFEST}."))
    return run.manifest


def unchanged(run: Run, name: str) -> Path:
    """A file of the run, which is as the run wrote it; InputError where it is not.

    Where no manifest lists it, nobody can say.
    """
    path = run.folder / name
    if run.manifest is not None and digest(path, "The file") != run.manifest.files.get(name):
        told = f"{shown(path)} was changed since the run wrote it, or is not its own"
        raise InputError(f"{told}: {MANIFEST} has another digest.")
    return path


def _check_schema(told: Any) -> None:
    schema = told.get("schema") if isinstance(told, dict) else None
    if type(schema) is not int or schema != SCHEMA:
        raise InputError(f"It has schema {shown(str(schema))}, and {SCHEMA} can be read.")


def _typed(model: type[_Whole], told: Any) -> Any:
    """As JSON once more: in Python, strictness would ask for the dataclasses themselves."""
    return model.model_validate_json(json.dumps({"content": told})).content


def _check_records(records: list[Record]) -> None:
    if strange := {one.access for one in records} - set(_HELD):
        raise ValueError(f"{RESULTS} has {len(strange)} kinds of access that are not known")
    counts = [n for one in records for n in (one.n_targets, one.n_members or 0, one.n_nonmembers or 0)]
    if not all(0 <= n <= _MOST_SLICES for n in counts):
        raise ValueError(f"{RESULTS} has counts below 0 or above {_MOST_SLICES:,}")


def no_run(folder: Path, error: Exception) -> InputError:
    """The sentences for a folder that cannot be read, and why."""
    return InputError(f"{shown(folder)} holds no run that can be read: {_why(error)} {_OLDER}")


def _why(error: Exception) -> str:
    """The first fault: where it is and what, without the value."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])).removeprefix("content").removeprefix(".")
        return f"{where or 'its content'} is not as a run writes it ({first['msg']})."
    return f"it is not as a run writes it ({type(error).__name__}: {error})."
