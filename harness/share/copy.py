"""What goes out of a run: its results with every text looked at, ids as keyed names, and facts that say not whose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.config.edition_options import membership_editions
from harness.config.public_options import ATTACK_NAME, public_options
from harness.data.options import SOURCES, FolderData
from harness.evaluation.records import SCHEMA
from harness.evaluation.score_rows import ScoreRow
from harness.report.leaderboard_page import Scope
from harness.share.allowed import WITHHELD, Allowed
from harness.share.key import KeyedNames
from harness.share.reading import Facts, Made, Results, Run
from shadow_models.recipe import Recipe

LEFT_OUT = (
    "submission.csv and the baselines' answers, which hold ids of slices",
    "contact_sheet.png and every picture of a slice or a released image",
    "the command, folders, the store, remarks, and the names of files",
)
_PACKAGES = "python|accelerate|diffusers|hydra-core|numpy|pillow|scikit-learn|scipy|torch"
_VERSION = re.compile(r"\d+(?:\.\d+){1,3}(?:(?:a|b|rc|\.dev|\.post)\d+)?(?:\+(?:cpu|cu\d+|rocm[\d.]+))?")


@dataclass(frozen=True)
class Copy:
    """All that is written of a run. family, options: of the recipe, as far as they may be told;
    facts: the manifest but for its files; config: the options that may be told."""

    results: Results
    recipe: Recipe | None
    family: str
    options: Mapping[str, Any]
    scope: Scope
    facts: Mapping[str, Any]
    config: Mapping[str, Any]
    scores: list[ScoreRow]


def copied(run: Run, names: KeyedNames) -> Copy:
    """The copy of a run, with the names that a key gives its slices, patients and generators."""
    attacks = [str(name) for name in run.config["attack"] if re.fullmatch(ATTACK_NAME, str(name))]
    allowed = Allowed(attacks)
    results, config = allowed.of(run.results), public_options(run.config)
    if getattr(run.made.recipe, "epsilon", None) is not None:  # who knows the seed can draw the noise again
        results, config = replace(results, run=replace(results.run, seed=None)), _without_seed(config)
    size = results.run
    scope = Scope(
        data=_data(run.config),
        n_slices=size.n_slices,
        n_patients=size.n_patients,
        n_shadows=size.n_shadows,
        n_images=size.n_images,
        preset=config.get("preset", WITHHELD),
        steps=0 if run.made.recipe is None else run.made.recipe.n_steps,
        rule=config.get("rule", WITHHELD),
        decision=config.get("decision", WITHHELD),
    )
    recipe = run.made.recipe
    return Copy(
        results,
        recipe,
        recipe.name if recipe is not None else WITHHELD,
        _options(run.made),
        scope,
        _facts(run.facts, results, names),
        config,
        _scores(run, allowed, names),
    )


def _without_seed(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != "seed"}


def _options(made: Made) -> dict[str, Any]:
    """Those of the recipe: of a plug-in none, and no command or file of anybody's."""
    if made.recipe is None:
        return {}
    return {name: value for name, value in made.options.items() if name not in made.recipe.private}


def _data(config: Mapping[str, Any]) -> str:
    name = config["data"]["name"]
    return name if name in (*SOURCES, *membership_editions()) else FolderData.name


def _facts(facts: Facts, results: Results, names: KeyedNames) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "copy": True,
        "left_out": list(LEFT_OUT),
        "commit": facts.commit if re.fullmatch(r"[0-9a-f]{40}\+?", facts.commit or "") else None,
        "versions": {
            name: version
            for name, version in facts.versions.items()
            if re.fullmatch(_PACKAGES, name) and _VERSION.fullmatch(version)
        },
        "hardware": {
            name: one
            for name, one in facts.hardware.items()
            if name in ("machine", "system") and re.fullmatch(r"[A-Za-z0-9_]{1,16}", str(one))
        },
        "seed": results.run.seed,
        "pool": names("pool", facts.pool),
        "generators": [
            {
                "name": one.name if re.fullmatch(r"shadow \d+|withheld", one.name) else WITHHELD,
                "generator": names("generator", one.generator),
                "release": names("release", one.release),
                "members": one.members,
            }
            for one in facts.generators
        ],
    }


def _scores(run: Run, allowed: Allowed, names: KeyedNames) -> list[ScoreRow]:
    """Every row under keyed names, sorted by them: the order of files says nothing any more."""
    rows = [
        row._replace(
            candidate_id=names("slice", row.candidate_id),
            patient_id=names("patient", row.patient_id),
            attack=allowed.text(row.attack),
        )
        for row in run.scores
    ]
    return sorted(rows, key=lambda row: (row.attack, row.target, row.candidate_id))
