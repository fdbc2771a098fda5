"""The runs that are to be compared; what is no run is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from harness.config.public_options import public_options
from harness.errors import InputError
from harness.evaluation.records import Record
from harness.evaluation.score_rows import ScoreRow
from harness.finished.found import run_folders, task_of
from harness.finished.manifest_shape import GeneratorFacts, SlicesFacts
from harness.finished.reading import RESULTS, read_run
from harness.finished.reading import Run as Finished


class Run(NamedTuple):
    """A run as far as it is compared.

    name: of its folder; options: those that may be told, by group, with `attack` a mapping of names to options;
    attack_options: all of the attacks', by name, to tell attacks apart and never to be shown; made:
    what the generators were made by; pool: the digest of the data, None where it is not told; slices: what took part,
    None where an older version did not tell; releases: by target (`shadow-0`, `test`) the key of what it shows; task:
    of a suite, None outside of one.
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
    slices: SlicesFacts | None
    releases: dict[str, str]
    task: str | None
    scores: list[ScoreRow]


class Found(NamedTuple):
    """Runs in the order of their paths, and a sentence for each folder that could not be read."""

    runs: list[Run]
    refused: list[str]


def find_runs(paths: Sequence[Path]) -> Found:
    """Every run that the paths are or hold, each once.

    InputError where a path is no folder, or where there is no run that can be read in any of them.
    """
    folders = run_folders(paths)
    runs, refused = [], []
    for folder in folders:
        try:
            runs.append(compared_run(read_run(folder)))
        except InputError as error:
            refused.append(str(error))
    if not runs:
        raise InputError(f"None of {len(refused)} folders with a {RESULTS} can be read. The first: {refused[0]}")
    return Found(runs, refused)


def compared_run(run: Finished) -> Run:
    """What is compared of a run; without `scores.csv` its records alone. InputError as `Finished.scores`."""
    folder, results, manifest = run.folder, run.results, run.manifest
    task = task_of(folder)
    return Run(
        name=folder.name if folder.name != "run" else folder.parent.name,
        seed=results.run.seed,
        options=public_options(run.config),
        attack_options=dict(run.config["attack"]),
        made={"family": results.family, "recipe": results.recipe, "start": asdict(results.start)},
        records=results.records,
        alarmed=bool(results.alarms or results.nobody),
        commit=None if manifest is None else manifest.commit,
        pool=None if manifest is None else manifest.pool,
        slices=None if manifest is None else manifest.slices,
        releases={} if manifest is None else _releases(manifest.generators),
        task=None if task is None else f"{task.suite} v{task.version} {task.task}",
        scores=run.scores or [],
    )


def _releases(generators: Iterable[GeneratorFacts]) -> dict[str, str]:
    """By target of `scores.csv`: `shadow 3` is that of `shadow-3`, and what is withheld that of `test`."""
    names = {"withheld": "test"}
    return {names.get(one.name, one.name.replace(" ", "-")): one.release for one in generators}
