"""Numbers as a page shows them, and intervals as bars."""

from __future__ import annotations

from typing import NamedTuple

from harness.evaluation.estimate_text import DIGITS, number
from harness.evaluation.intervals import Estimate


class Cell(NamedTuple):
    """A table cell. sort: what it is ordered by, None last; hint: the whole note, shown on hover."""

    text: str = ""
    interval: str = ""
    sort: float | None = None
    hint: str = ""


class Bar(NamedTuple):
    """An interval on a scale: places from 0 (left end) to 100 (right end) of low, high, the value and a mark."""

    low: float
    high: float
    value: float
    mark: float


def rounded(value: float, signed: bool = False) -> str:
    """Three digits, with a true minus sign; signed: a plus where it is positive."""
    text = f"{value:+,.{DIGITS}f}" if signed else number(value)
    return text.replace("-", "\N{MINUS SIGN}")


def interval(low: float | None, high: float | None, signed: bool = False) -> str:
    """`[low, high]`, nothing where there is none."""
    if low is None or high is None:
        return ""
    return f"[{rounded(low, signed)}, {rounded(high, signed)}]"


def cell(estimate: Estimate | None) -> Cell:
    """An estimate's cell: empty where nothing is known, the short reason where the sample is too small."""
    if estimate is None:
        return Cell()
    note = estimate.note or ""
    if estimate.value is None:
        return Cell(estimate.reason, hint=note)
    return Cell(rounded(estimate.value), interval(estimate.low, estimate.high), estimate.value, note)


def plain(value: float | None, digits: int = 0) -> Cell:
    """A number without an interval: a count, seconds."""
    return (
        Cell() if value is None else Cell(f"{value:,.{digits}f}".replace(",", "\N{NARROW NO-BREAK SPACE}"), "", value)
    )


def p_value(value: float) -> str:
    """Three digits; below a thousandth only that it is below."""
    return "< 0.001" if value < 0.001 else rounded(value)


def bar(estimate: Estimate | None, left: float, right: float, mark: float) -> Bar | None:
    """The interval on the scale left to right, cut off at its ends; None where there is no value."""
    if estimate is None or estimate.value is None:
        return None

    value = estimate.value
    low, high = (value if end is None else end for end in (estimate.low, estimate.high))

    def place(number: float) -> float:
        return round(100.0 * (min(max(number, left), right) - left) / (right - left), 1)

    return Bar(place(low), place(high), place(value), place(mark))
