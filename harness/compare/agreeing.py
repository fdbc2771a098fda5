"""Runs of the same generators that call others members: one of them was changed, and it is not known which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.compare.metric import Metric
from harness.compare.rows import Said
from harness.compare.settings import Setting, setting_of


def agreeing(everything: Sequence[Said], metric: Metric) -> tuple[list[Said], list[str]]:
    """Without runs that call other candidates members than an earlier one does of the same generators, and which."""
    first: dict[tuple[Setting, tuple[str, ...]], Said] = {}
    against: dict[int, str] = {}
    for one in everything:
        if one.candidates is not None:
            place = setting_of(one, metric)._replace(access="")
            other = first.setdefault((place, one.drawn), one)
            if not _same_members(one, other):
                against[id(one.run)] = (
                    f"{one.run.name} is left out: of the same generators and candidates it calls others members "
                    f"than {other.run.name} does; one of the two was changed."
                )
    return [one for one in everything if id(one.run) not in against], list(against.values())


def _same_members(one: Said, other: Said) -> bool:
    mine, others = (None if of.candidates is None else of.candidates.member for of in (one, other))
    return (mine is None) == (others is None) and (mine is None or others is None or np.array_equal(mine, others))
