"""Numbers as text, one way for every table: `0.802 [0.735, 0.860]`, or the short reason for no value; `1 patient`."""

from __future__ import annotations

from harness.evaluation.intervals import Estimate

DIGITS = 3


def number(value: float | None, digits: int = DIGITS) -> str:
    """So many digits behind the point, thousands parted by commas; empty for None."""
    return "" if value is None else f"{value:,.{digits}f}"


def counted(n: int, what: str) -> str:
    """`1 patient`, `2 patients`; what: one of them."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def value_text(estimate: Estimate | None, digits: int = DIGITS) -> str:
    """The value alone, or the short reason why there is none; empty for None."""
    if estimate is None:
        return ""
    return estimate.reason if estimate.value is None else number(estimate.value, digits)


def estimate_text(estimate: Estimate | None, digits: int = DIGITS, between: str = " ") -> str:
    """The value and its interval, where it has one; between: what stands between them."""
    text = value_text(estimate, digits)
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return text
    return f"{text}{between}[{number(estimate.low, digits)}, {number(estimate.high, digits)}]"
