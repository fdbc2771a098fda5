"""The texts of a result that may go out: names of attacks, and sentences of ours. Every other one stays here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from harness.config.recipe_options import A_FOLDER, STARTS
from harness.data.planted_copies import KINDS
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.records import BY_PATIENT, PLANTED
from harness.evaluation.release_statistics import STATISTICS
from harness.evaluation.selection_rules import RULES
from harness.experiment.power_curves import IMAGES, REFERENCES
from harness.planning.baselines import BASELINES
from harness.share.sentences import SENTENCES
from shadow_models.fine_tuning import LEAKS
from shadow_models.registry import HERE, built_in

WITHHELD = "not passed on"
_T = TypeVar("_T")
OF_ATTACKS = ("wrong_target", "member_only", "shuffled labels")  # controls that are made for an attack
_COPIES = tuple(PLANTED + kind for kind in KINDS)
_ROWS = ("pictures alone", "oracle (peeks)", "all used", "none used", "coin", *OF_ATTACKS, *_COPIES)
_WORDS = (
    *("release", "references", "discriminator", "model", "gradient", "surrogate", "none"),
    *("attack", "baseline", "trivial", "control", "oracle", "planted", "patients", "shadow", "dev", "test", "own"),
    *(*STARTS, A_FOLDER, *LEAKS, *built_in(), *HERE),
    *("value", "low", "high", "note", "auc", "tpr_at_0.1", "f1", "accuracy", "balanced_accuracy", "recall"),
    *("specificity", "precision", "kappa", "brier", "log_loss", "ece", "fpr", "0.1", "0.01", "0.05", "0.001"),
)


class Allowed:
    """Lets known texts pass. attacks: the names of those that took part."""

    def __init__(self, attacks: Iterable[str]) -> None:
        names = "|".join(map(re.escape, sorted({*attacks, "blind"})))
        label = rf"(?:{names})(?:@surrogate)?"
        methods = (one.name for one in BASELINES)
        fixed = (*_ROWS, *_WORDS, *RULES, *DECISIONS, *STATISTICS, IMAGES, REFERENCES, *methods)
        rows = (f"{re.escape(rule)}, held out" for rule in RULES)
        sentences = (one.replace("<label>", label) for one in SENTENCES)
        of_attacks = rf"(?:{'|'.join((*OF_ATTACKS, *_COPIES))}): {label}"
        patterns = [label, rf"{label}{BY_PATIENT}", of_attacks, *map(re.escape, fixed), *rows, *sentences]
        self._known = re.compile("|".join(f"(?:{one})" for one in patterns))

    def text(self, text: str) -> str:
        """The text, or a word that one stood here."""
        return text if self._known.fullmatch(text) else WITHHELD

    def of(self, value: _T) -> _T:
        """A value with every text in it looked at: of dataclasses, mappings, lists and tuples, keys included."""
        found: Any = self._of(value)
        return found

    def _of(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self._of(key): self._of(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._of(one) for one in value]
        if is_dataclass(value) and not isinstance(value, type):
            return type(value)(**{one.name: self._of(getattr(value, one.name)) for one in fields(value)})
        raise TypeError(f"{type(value).__name__} is nothing that is passed on.")
