"""A run's folder as typed values: what is not among them is not read, and so cannot go out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from harness.bounded import digest, read_json, read_text, read_yaml
from harness.errors import InputError
from harness.evaluation.beyond import Beyond
from harness.evaluation.comparison import Comparison
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import SCHEMA, Record
from harness.evaluation.score_rows import MOST_SCORES_BYTES, ScoreRow, score_rows
from harness.report.featured import HOLDS
from harness.report.manifest_files import MANIFEST
from shadow_models.fine_tuning import NOTHING
from shadow_models.recipe import DEFAULT, Recipe, recipe_from_dict
from shadow_models.registry import HERE, built_in, find_family

_MOST_JSON_BYTES, _MOST_YAML_BYTES = 64_000_000, 1_000_000  # YAML takes 1 kB a byte


@dataclass(frozen=True)
class Size:
    """What was looked at, in numbers."""

    n_slices: int
    n_patients: int
    n_shadows: int
    n_images: int
    seed: int | None


@dataclass(frozen=True)
class Chosen:
    """The attack that was applied to the test release, and by which rules."""

    attack: str
    via: str
    rule: str
    decision: str
    remark: str | None


@dataclass(frozen=True)
class Power:
    """One attack's AUC over sizes."""

    attack: str
    over: str
    sizes: list[int]
    auc: list[Estimate]


@dataclass(frozen=True)
class Matched:
    """How far the release of one recipe lies from the test's."""

    steps: int
    distances: dict[str, float]
    family: str = DEFAULT
    outlines: dict[str, list[float]] = field(default_factory=dict)
    realised_fpr: dict[str, float] | None = None


@dataclass(frozen=True)
class Kept:
    """What one attack keeps through surrogates."""

    attack: str
    model_auc: float
    surrogate_auc: float
    kept: float | None


@dataclass(frozen=True)
class Surrogates:
    """What surrogates are worth."""

    loss_follows_distance: float | None
    attacks: list[Kept]


@dataclass(frozen=True)
class StartedFrom:
    """What every training started from, and the dial's name for its steps."""

    name: str
    leak: str | None


@dataclass(frozen=True)
class Results:
    """`results.json`, but for the recipe."""

    run: Size
    chosen: Chosen | None
    choices: dict[str, str]
    alarms: list[str]
    nobody: list[str]
    decisions: dict[str, dict[str, Estimate]]
    comparisons: list[Comparison]
    power: list[Power]
    matches: list[Matched]
    surrogates: Surrogates | None
    records: list[Record]
    start: StartedFrom = StartedFrom(NOTHING, None)  # runs of older versions
    matched_with: dict[str, list[float]] = field(default_factory=dict)
    beyond_slices: Beyond | None = None


@dataclass(frozen=True)
class Generator:
    """A generator of the plan; members: None where they are withheld."""

    name: str
    generator: str
    release: str
    members: int | None


@dataclass(frozen=True)
class Facts:
    """`manifest.json`, as far as it is read."""

    commit: str | None
    versions: dict[str, str]
    hardware: dict[str, str | int]
    pool: str
    generators: list[Generator]
    files: dict[str, str]


class Made(NamedTuple):
    """What the generators were: their recipe, None for one that a plug-in made; options: of the recipe, by name."""

    recipe: Recipe | None
    options: Mapping[str, Any]


class Run(NamedTuple):
    """A run's folder. config: every option, as resolved, by name."""

    results: Results
    made: Made
    facts: Facts
    scores: list[ScoreRow]
    config: Mapping[str, Any]


def read_run(folder: Path) -> Run:
    """Read what `harness.run` wrote. Raises InputError for what is no run, of another version, or changed since."""
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; give one that python -m harness.run wrote, such as runs/NAME.")
    try:
        manifest = read_json(folder / MANIFEST, _MOST_JSON_BYTES, "The manifest", links=False)
        if manifest["schema"] != SCHEMA:
            raise InputError(f"{folder} has schema {manifest['schema']}, and {SCHEMA} can be read; run it again.")
        facts = TypeAdapter(Facts).validate_python(manifest)
        text = read_json(_listed(folder, "results.json", facts), _MOST_JSON_BYTES, "The results", links=False)
        results = TypeAdapter(Results).validate_python(text)
        if strange := {one.access for one in results.records} - set(HOLDS):
            raise ValueError(f"results.json has {len(strange)} kinds of access that are not known")
        return Run(
            results,
            _made(text.get("family", DEFAULT), TypeAdapter(dict[str, Any]).validate_python(text["recipe"])),
            facts,
            score_rows(read_text(_listed(folder, "scores.csv", facts), MOST_SCORES_BYTES, "The scores", links=False)),
            TypeAdapter(dict[str, Any]).validate_python(
                read_yaml(_listed(folder, "config.yaml", facts), _MOST_YAML_BYTES, "The options", links=False)
            ),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        why = _first(error) if isinstance(error, ValidationError) else f"{type(error).__name__}: {error}"
        raise InputError(
            f"{folder} holds no run that can be read ({why}). Where an older version wrote it, run the same command "
            "again; its generators are in the store."
        ) from error


def _made(family: Any, options: dict[str, Any]) -> Made:
    """A recipe of ours; nothing is imported that a file alone names."""
    ours = isinstance(family, str) and family in (*built_in(), *HERE)
    return Made(recipe_from_dict(options, find_family(family)) if ours else None, options)


def _first(error: ValidationError) -> str:
    """The first fault: where it is and what, without the value."""
    one = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, one['loc']))}: {one['msg']}"


def _listed(folder: Path, name: str, facts: Facts) -> Path:
    """A file of the run, which is as the run wrote it."""
    if digest(folder / name, "The file") != facts.files.get(name):
        raise InputError(
            f"{folder / name} was changed since the run wrote it, or is not its own: {MANIFEST} has another digest. "
            "Run the same command again, then share that."
        )
    return folder / name
