"""Who takes part: an attack on the plan it is tried on, by the generators' own models or by surrogates of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from attacks.base import Access, Attack
from harness.evaluation.records import SURROGATE, Via
from harness.planning.plan import Plan
from shadow_models.recipe import Gives


@dataclass(frozen=True)
class PlannedAttack:
    """One attack by one road. plan: names what it meets; surrogate: whether the models there are surrogates."""

    attack: Attack
    plan: Plan
    surrogate: bool = False

    @property
    def label(self) -> str:
        """What tells it from the others: `loss_cal` on the model itself, `loss_cal@surrogate` by the other road."""
        return self.attack.name + (SURROGATE if self.surrogate else "")

    @property
    def via(self) -> Via:
        """What is asked of the generator."""
        if self.surrogate:
            return "surrogate"
        return "model" if self.attack.needs.of_model else "release"

    @property
    def access(self) -> Access:
        """What the attacker holds: a surrogate he makes himself, of a release, and of his own shadows' releases."""
        if not self.surrogate:
            return self.attack.needs
        uses_references = any(one.observes_references for one in self.attack.observers())
        return Access.REFERENCES if uses_references else Access.RELEASE

    def on(self, plan: Plan) -> PlannedAttack:
        """The same on another plan."""
        return replace(self, plan=plan)


def asks_model(attack: Attack) -> bool:
    """Whether an attack reaches a target that gives only images through a surrogate, which is a denoiser."""
    return attack.needs.asks is Gives.DENOISER
