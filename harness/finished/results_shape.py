"""The shape of `results.json`: what its writer fills in, its reader reads, and its JSON Schema is made of.

A field that older versions did not write has what their runs had as its default, or None where that is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from harness.evaluation.beyond import Beyond
from harness.evaluation.comparison import Comparison
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record, Via
from shadow_models.fine_tuning import NOTHING
from shadow_models.recipe import DEFAULT


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """How large the run was.

    n_slices: in the pool. n_patients: whose slices were taken, null where an older version did not say. n_shadows:
    trained, null likewise. n_images: that each shadow releases. seed: of the run; null in a copy to pass on of a
    private training.
    """

    n_slices: int
    n_patients: int | None = None
    n_shadows: int | None = None
    n_images: int
    seed: int | None


@dataclass(frozen=True)
class Chosen:
    """The attack that was applied to the test release.

    attack: its name. via: the road. rule: by which it was chosen. decision: the decision rule. remark: why the rule
    took it where none was calibrated well enough, else null.
    """

    attack: str
    via: Via
    rule: str
    decision: str
    remark: str | None = None


@dataclass(frozen=True)
class Power:
    """How an attack's AUC grows.

    attack: its label. over: what grows, `released images` or `references`. sizes: how many, ascending. auc: at each.
    """

    attack: str
    over: str
    sizes: list[int]
    auc: list[Estimate]


@dataclass(frozen=True)
class StartFacts:
    """What every generator started from.

    name: `nothing`, `phantom-64`, `extra` or `a folder`. leak: the dial's name for the recipe, where it is one of the
    dial's as it was measured, else null.
    """

    name: str
    leak: str | None


@dataclass(frozen=True, kw_only=True)
class MatchFacts:
    """One recipe that was tried before the test's release.

    family, steps: which one. distances: of its release's laws to those of the test's, by statistic; their mean
    decides. outlines: quantiles 0.05 to 0.95 of its own laws. realised_fpr: of the chosen attack before it, by
    nominal rate, at the thresholds of the recipe taken; null of that one, and where it was not measured.
    """

    family: str = DEFAULT
    steps: int
    distances: dict[str, float]
    outlines: dict[str, list[float]] = field(default_factory=dict)
    realised_fpr: dict[str, float] | None = None


@dataclass(frozen=True)
class Kept:
    """What a model attack keeps through surrogates, on the shadows.

    attack: its name. model_auc, surrogate_auc: on the models themselves, on their surrogates. kept: (surrogate - 0.5)
    / (model - 0.5), null where the model itself gives nothing away.
    """

    attack: str
    model_auc: float
    surrogate_auc: float
    kept: float | None


@dataclass(frozen=True)
class Surrogates:
    """What surrogates are worth.

    loss_follows_distance: rank correlation of the loss on a surrogate with the distance to the release, null where it
    was not measured. attacks: what each keeps.
    """

    loss_follows_distance: float | None
    attacks: list[Kept]


@dataclass(frozen=True, kw_only=True)
class Results:
    """`results.json`: a run's outcome for programs. What is unknown is null, never a guess.

    schema: version of this shape. run: how large it was. chosen: the attack applied to the test, null where the rule
    could choose none. choices: what each selection rule picks, a label. alarms: a sentence for every control outside
    chance and every leak found in the plan; empty in a sound report. nobody: why nobody can be called; these are
    alarms, too. decisions: what each decision rule reaches with the chosen attack on the shadows, by rule and metric.
    comparisons: paired differences on the same resamples. power: how AUC grows with release and references. family:
    of the shadows. recipe: of the shadows, every number of it. start: what every generator started from. matches:
    recipes tried, empty where one was tried alone. matched_with: outlines of the test's laws. surrogates: null where
    none were trained. beyond_slices: what is told above single slices, null where an older version told nothing.
    records: the rows of the table.
    """

    schema: Literal[1]
    run: RunFacts
    chosen: Chosen | None
    choices: dict[str, str]
    alarms: list[str]
    nobody: list[str] = field(default_factory=list)
    decisions: dict[str, dict[str, Estimate]] = field(default_factory=dict)
    comparisons: list[Comparison] = field(default_factory=list)
    power: list[Power] = field(default_factory=list)
    family: str = DEFAULT
    recipe: dict[str, Any] = field(default_factory=dict)
    start: StartFacts = StartFacts(NOTHING, None)
    matches: list[MatchFacts] = field(default_factory=list)
    matched_with: dict[str, list[float]] = field(default_factory=dict)
    surrogates: Surrogates | None = None
    beyond_slices: Beyond | None = None
    records: list[Record]
