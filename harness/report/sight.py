"""What an attack would have seen: which copies that were planted into releases it surely finds, and which not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.data.planted_copies import KINDS, Kind
from harness.evaluation.estimate_text import estimate_text
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import PLANTED, Record

FOUND = 0.9  # AUC that the whole interval must reach for planted copies to count as found


class Search(NamedTuple):
    """What came of one kind of copies: the AUC of planted slices against those of patients left alone."""

    kind: Kind
    auc: Estimate

    @property
    def seen(self) -> bool:
        """Whether such copies are surely found: by the lower end, since single shadows have few of them."""
        return self.auc.low is not None and self.auc.low >= FOUND

    def told(self) -> str:
        """The kind and what it reached, in words."""
        return f"{self.kind.title} (AUC {estimate_text(self.auc)})"


def searches(records: Sequence[Record], label: str) -> list[Search]:
    """A search a kind of copies for the attack of that label; empty where no positive control was made for it."""
    kinds = {PLANTED + name: kind for name, kind in KINDS.items()}
    return [
        Search(kinds[row.control], row.auc)
        for row in records
        if row.kind == "planted" and row.of == label and row.control in kinds
        if row.auc is not None and row.auc.value is not None
    ]


def no_control(label: str) -> str:
    """What stands where the positive control would."""
    return f"No positive control was made for {label}: whether it would have found planted copies is not known."


def seen_told(records: Sequence[Record], label: str) -> str:
    """Which planted copies the attack surely finds and which not, as a sentence."""
    found = searches(records, label)
    if not found:
        return no_control(label)
    seen = ", ".join(one.kind.title for one in found if one.seen)
    missed = ", ".join(one.told() for one in found if not one.seen)
    told = [f"finds those {seen}"] * bool(seen) + [f"does not surely find those {missed}"] * bool(missed)
    return f"Of copies planted into releases {label} {' and '.join(told)}."


def all_clear_withheld(records: Sequence[Record], label: str) -> list[str]:
    """Why it is no all-clear that the attack finds nothing: what it should have seen and would not; else empty."""
    found = searches(records, label)
    if not found:
        return [f"That is no all-clear. {no_control(label)}"]
    blind = ", ".join(one.told() for one in found if one.kind.needed and not one.seen)
    if not blind:
        return []
    return [
        "That is no all-clear: of copies that were planted into releases to see whether it could have found any, "
        f"the attack does not surely find those {blind}."
    ]
