"""Records: one row of a result, in the shape of `results.json`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.evaluation.intervals import Estimate

TargetSet = Literal["shadow", "dev", "test"]
Via = Literal["release", "model", "surrogate", "none"]
Kind = Literal["attack", "baseline", "trivial", "control", "oracle", "planted", "patients"]
SCHEMA = 1
SURROGATE = "@surrogate"
BY_PATIENT = ", by patient"
PLANTED = "planted "  # and a kind of copies: a positive control
SCORE_COLUMNS = ("target", "candidate_id", "patient_id", "attack", "score", "probability", "decision", "member")
"""Of `scores.csv`: score, probability and decision of every candidate of every target."""


@dataclass(frozen=True)
class Record:
    """One attack on one set of targets. What is unknown is None, never a guess.

    access: what the attacker holds; kind: an attack; a published method with a decision rule of its own (baseline); a
    trivial rule that looks at nothing; a control, which must be at chance; an oracle, which peeks at the truth of
    what it judges; planted copies, which must be found; or an attack on patients, whose slices' scores are pooled.
    auc is pooled over the targets, so scores must share a scale; auc_per_target are the targets' own,
    None for one without both classes.
    seconds: compute of the attack itself over the targets, when it was computed; network_calls: a candidate.
    resampled: what the intervals resample.
    control: which one a control is, say `wrong_target`; of: the attack it was made for, by its label, None for one of
    no attack in particular.
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
    skipped: str | None = None
    control: str | None = None
    of: str | None = None

    @property
    def label(self) -> str:
        """What tells its row from others: `loss_cal` on the model itself, `loss_cal@surrogate` via a surrogate."""
        return f"{self.attack}{SURROGATE}" if self.via == "surrogate" else self.attack
