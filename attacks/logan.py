"""`logan` and its calibrated kin: how real the generator's own discriminator finds a candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from attacks.base import Access
from attacks.observing import ObservingAttack
from attacks.registry import calibrated, register
from attacks.view import Observed, View


@register("logan")
@dataclass(frozen=True)
class Logan(ObservingAttack):
    """The output of the discriminator for x: one that learnt its members by heart finds them more real than others.

    LOGAN, Hayes et al. 2019, arXiv 1705.07663, section 4.1, white box. `c2st` is its kin for whoever holds the
    release alone. Network calls a candidate: 1, of every model that the calibration asks.
    """

    observes: ClassVar[Access] = Access.DISCRIMINATOR

    def observe(self, view: View) -> Observed:
        """The score by one discriminator, float64 [n]."""
        return view.discriminator.discriminate(view.candidates)


calibrated(Logan, "cal", "reg", "lira", "lira_t")
