"""What goes out of a run: its results with every text looked at, ids as keyed names, and facts that say not whose."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.config.edition_options import membership_editions
from harness.config.public_options import ATTACK_NAME, public_options
from harness.data.options import SOURCES, FolderData
from harness.errors import InputError
from harness.evaluation.records import SCHEMA
from harness.evaluation.score_rows import ScoreRow
from harness.finished.made import Made, made_by
from harness.finished.manifest_shape import Manifest
from harness.finished.reading import Run, whole
from harness.finished.results_shape import Results
from harness.places import shown
from harness.report.leaderboard_page import Scope
from harness.share.allowed import WITHHELD, Allowed
from harness.share.key import KeyedNames
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
    """All that is written of a run. results: with family and recipe as far as they may be told; recipe: None for that
    of a plug-in; facts: the manifest but for its files; config: the options that may be told."""

    results: Results
    recipe: Recipe | None
    scope: Scope
    facts: Mapping[str, Any]
    config: Mapping[str, Any]
    scores: list[ScoreRow]


def copied(run: Run, names: KeyedNames) -> Copy:
    """The copy of a run, with the names that a key gives its slices, patients and generators."""
    attacks = [str(name) for name in run.config["attack"] if re.fullmatch(ATTACK_NAME, str(name))]
    allowed = Allowed(attacks)
    manifest, scores = whole(run)
    made = made_by(run)
    results, config = _results(run.results, made, allowed), _config(run.config, names)
    if getattr(made.recipe, "epsilon", None) is not None:  # who knows the seed can draw the noise again
        results, config = replace(results, run=replace(results.run, seed=None)), _without_seed(config)
    return Copy(
        results,
        made.recipe,
        scope_of(run, made, config, _data(run.config)),
        _facts(manifest, results, names),
        config,
        _scores(scores, allowed, names),
    )


def scope_of(run: Run, made: Made, told: Mapping[str, Any], data: str) -> Scope:
    """What a run looked at. told: the options that may be told; data: what its source may be called.

    InputError for a run of an older version, which does not say how much that was.
    """
    size = run.results.run
    if size.n_patients is None or size.n_shadows is None:
        raise InputError(
            f"{shown(run.folder)} does not say how many patients and shadows it had, as an older version wrote it. "
            "Run the same command again; its generators are in the store."
        )
    return Scope(
        data=data,
        n_slices=size.n_slices,
        n_patients=size.n_patients,
        n_shadows=size.n_shadows,
        n_images=size.n_images,
        preset=told.get("preset", WITHHELD),
        steps=0 if made.recipe is None else made.recipe.n_steps,
        rule=told.get("rule", WITHHELD),
        decision=told.get("decision", WITHHELD),
    )


def _results(results: Results, made: Made, allowed: Allowed) -> Results:
    """With every text looked at; of the recipe of a plug-in nothing, and no command or file of anybody's."""
    family, options = WITHHELD, {}
    if made.recipe is not None:
        private = made.recipe.private
        family, options = made.recipe.name, {name: of for name, of in made.options.items() if name not in private}
    return replace(allowed.of(replace(results, family="", recipe={})), family=family, recipe=options)


def _config(options: Mapping[str, Any], names: KeyedNames) -> dict[str, Any]:
    """The options that may be told, and of each attack that has others one word, which is equal where these are.

    Without it two attacks that differ in a text alone would be one in a table.
    """
    told = public_options(options)
    for name, own in told["attack"].items():
        if rest := _untold(options["attack"][name] or {}, own):
            own["not_told"] = names("options", json.dumps(rest, sort_keys=True, default=str))
    return told


def _untold(options: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What stays of options without those that are told, and those that say nothing."""
    rest = {}
    for name, value in options.items():
        kept = _untold(value, told.get(name) or {}) if isinstance(value, Mapping) else value
        if kept not in (None, "", {}) and (isinstance(value, Mapping) or name not in told):
            rest[str(name)] = kept
    return rest


def _without_seed(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name != "seed"}


def _data(config: Mapping[str, Any]) -> str:
    name = config["data"]["name"]
    return name if name in (*SOURCES, *membership_editions()) else FolderData.name


def _facts(facts: Manifest, results: Results, names: KeyedNames) -> dict[str, Any]:
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
            for name, one in asdict(facts.hardware).items()
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


def _scores(scores: Sequence[ScoreRow], allowed: Allowed, names: KeyedNames) -> list[ScoreRow]:
    """Every row under keyed names, sorted by them: the order of files says nothing any more."""
    rows = [
        row._replace(
            candidate_id=names("slice", row.candidate_id),
            patient_id=names("patient", row.patient_id),
            attack=allowed.text(row.attack),
        )
        for row in scores
    ]
    return sorted(rows, key=lambda row: (row.attack, row.target, row.candidate_id))
