"""Records: one row of a result, in the shape of `results.json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.evaluation.intervals import Estimate

TargetSet = Literal["shadow", "dev", "test"]
Via = Literal["release", "model", "surrogate", "none"]
Kind = Literal["attack", "baseline", "trivial", "control", "oracle", "planted", "patients"]
SCHEMA: Literal[1] = 1
SURROGATE = "@surrogate"
BY_PATIENT = ", by patient"
PLANTED = "planted "  # and a kind of copies: a positive control
SCORE_COLUMNS = ("target", "candidate_id", "patient_id", "attack", "score", "probability", "decision", "member")
"""Of `scores.csv`: score, probability and decision of every candidate of every target."""


@dataclass(frozen=True)
class Record:
    """One attack on one set of targets. What is unknown is None, never a guess.

    attack: its name, or that of a rule. via: the road: `release`, `model`, `surrogate`, or `none` where nothing is
    asked of a generator. target_set: `shadow` (held out), `dev` (an edition's labelled release), `test`. access: what
    the attacker holds. kind: an `attack`; a published method with a decision rule of its own (`baseline`); a
    `trivial` rule that looks at nothing; a `control`, which must be at chance; an `oracle`, chosen by the truth of
    what it judges, and beside it the same choice made on the other pairs alone; `planted` copies, which must be
    found; or an attack on `patients`, whose slices' scores are pooled. n_targets, n_members, n_nonmembers: counts
    over all targets. auc: area under the exact step ROC, pooled over the targets, so their scores must share a scale.
    auc_per_target: the targets' own, None for one without both classes. tpr_at_fpr: true positive rate at false
    positive rate 0.1, 0.01 and 0.001, or "n too small". f1, accuracy, balanced_accuracy, recall, specificity,
    precision, kappa: of the decisions. brier: Brier score of the probabilities. log_loss: of the probabilities,
    natural log. ece: calibration error, 10 equal bins (no interval: resampling alone raises it). realised_fpr: false
    positive rate on the target at the threshold learnt elsewhere for 0.01, 0.05, 0.1. seconds: compute of the attack
    itself over the targets, when it was computed; an observation counts in each row that uses it, what attacks share
    within one generator in the first to ask. network_calls: a candidate and target, references' models included.
    labels_used: `none`; `shadow` for an attack that is fitted; `own` for the control `pictures alone`, cross-fitted
    on the target's own labels. resampled: what the intervals resample: pairs of shadows, then patients; never single
    slices. low_resampled: the lower ends of `auc` and `tpr_at_0.1` by the resamples alone, where the interval is
    another: whether an attack is above chance, of which these are seldom wrong. skipped: why the attack could not run
    here. control: which one a control is, say `wrong_target`; of planted copies `planted noise` and the like. of: the
    attack it was made for, by its label, None for one of no attack in particular.
    """

    attack: str
    via: Via
    target_set: TargetSet
    access: str
    kind: Kind = "attack"
    n_targets: int = 0
    n_members: int | None = None
    n_nonmembers: int | None = None
    auc: Estimate | None = None
    auc_per_target: list[float | None] = field(default_factory=list)
    tpr_at_fpr: dict[str, Estimate] | None = None
    f1: Estimate | None = None
    accuracy: Estimate | None = None
    balanced_accuracy: Estimate | None = None
    recall: Estimate | None = None
    specificity: Estimate | None = None
    precision: Estimate | None = None
    kappa: Estimate | None = None
    brier: Estimate | None = None
    log_loss: Estimate | None = None
    ece: Estimate | None = None
    realised_fpr: dict[str, Estimate] | None = None
    seconds: float = 0.0
    network_calls: int = 0
    labels_used: Literal["none", "shadow", "own"] = "none"
    resampled: str | None = None
    low_resampled: dict[str, float] | None = None
    skipped: str | None = None
    control: str | None = None
    of: str | None = None

    def above_chance(self, name: Literal["auc", "tpr_at_0.1"], chance: float) -> bool:
        """Whether it tells more than chance, by the resamples alone, which err to the wide side where it does not."""
        told = self.auc if name == "auc" else (self.tpr_at_fpr or {}).get("0.1")
        low = (self.low_resampled or {}).get(name, None if told is None else told.low)
        return low is not None and low > chance

    @property
    def label(self) -> str:
        """What tells its row from others: `loss_cal` on the model itself, `loss_cal@surrogate` via a surrogate."""
        return f"{self.attack}{SURROGATE}" if self.via == "surrogate" else self.attack
