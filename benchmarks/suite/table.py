"""The tables of a suite: what every attack found at every level, and whether two suites rank attacks alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.pages import markdown_table
from benchmarks.suite.definition import Suite
from benchmarks.suite.pooled import FIELDS, OfAttacks, Rates
from benchmarks.suite.results import NOTHING, PLAIN, Board, Figure, Found, by_level, families_of, leads, over_tasks
from harness.errors import InputError
from harness.evaluation.estimate_text import number

METRICS = {"AUC": "auc", "TPR at 1 % FPR": "tpr_at_1_percent", "TPR at 0.1 % FPR": "tpr_at_1_permille", "ECE": "ece"}
_DRAWS = 2_000


class Lines(NamedTuple):
    """A table as text. head: names of the columns; rows: as many cells each."""

    title: str
    head: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        """As a page holds it."""
        return markdown_table(self.title, self.head, self.rows)


class Agreement(NamedTuple):
    """Kendall's tau-b of two orders of the same attacks, and its 95 % interval when attacks are resampled."""

    attacks: int
    tau: float
    low: float
    high: float


def tables(suite: Suite, board: Board, rates: Rates, *, intervals: bool = True) -> list[Lines]:
    """How much each level gives away; then a table a family and metric: a line an attack, by its lead on it.

    A metric that no task has enough slices for is left out. rates: over the tasks of a level together, where it has
    several. intervals: of the attacks' AUCs, too, which makes a table wider than a terminal.
    """
    families = families_of(suite, board)
    given = [
        _given(suite, board, family, level, names)
        for family in families
        for level, names in by_level(suite, board, family).items()
    ]
    title = (
        f"{suite.name}, version {suite.version}, {len(board)} of {len(suite.tasks)} tasks: what plain {PLAIN} finds"
    )
    shown = [Lines(title, _GIVEN_HEAD, given)]
    for family in families:
        order = leads(suite, board, [family])
        levels = by_level(suite, board, family)
        of_level = [[board[name] for name in names] for names in levels.values()]
        together = [rates.get((family, level)) for level in levels]
        access = {attack: one.access for runs in of_level for found in runs for attack, one in found.items()}
        for metric, field in METRICS.items():
            rows = [
                [attack, access[attack]]
                + [
                    _shown(_figure(runs, pooled, attack, field), intervals=intervals and metric == "AUC")
                    for runs, pooled in zip(of_level, together, strict=True)
                ]
                + ([f"{order[attack]:+.3f}" if attack in order else ""] if metric == "AUC" else [])
                for attack in sorted(access, key=lambda one: (-order.get(one, -np.inf), one))
            ]
            if not any(cell for row in rows for cell in row[2:]):
                continue  # too few non-members for it, on every task
            head = ["attack", "access", *levels]
            lead = [f"lead over {PLAIN}"] if metric == "AUC" else []
            shown.append(Lines(f"{suite.name}, {family}: {metric}", head + lead, rows))
    return shown


_GIVEN_HEAD = ["family", "level", "tasks", "meant", "AUC", "holds"]


def _given(suite: Suite, board: Board, family: str, level: str, names: Sequence[str]) -> list[str]:
    low, high = suite.levels[level]
    figures = [board[name][PLAIN].auc for name in names if PLAIN in board[name]]
    auc = over_tasks(figures) if figures else NOTHING
    holds = "" if auc.value is None else "yes" if low <= auc.value <= high else "no"
    of = sum(task.family == family and task.level == level for task in suite.tasks.values())
    return [family, level, f"{len(figures)} of {of}", f"{low:g} to {high:g}", _shown(auc, intervals=True), holds]


def _figure(of_level: Sequence[Mapping[str, Found]], pooled: OfAttacks | None, attack: str, field: str) -> Figure:
    """The mean over the level's tasks that met the attack; a rate at a small FPR is of several tasks together."""
    if pooled is not None and field in FIELDS.values():
        return pooled.get(attack, {}).get(field, NOTHING)
    met = [getattr(found[attack], field) for found in of_level if attack in found]
    return over_tasks(met) if met else NOTHING


def _shown(figure: Figure, *, intervals: bool) -> str:
    if figure.value is None:
        return ""
    if not intervals or figure.low is None or figure.high is None:
        return number(figure.value)
    return f"{number(figure.value)} [{number(figure.low)}, {number(figure.high)}]"


def agreement(one: Mapping[str, float], other: Mapping[str, float]) -> Agreement:
    """Whether two suites rank the attacks that both met alike. InputError for fewer than three of them."""
    both = sorted(one.keys() & other.keys())
    if len(both) < 3:
        raise InputError(f"Two orders of {len(both)} attacks cannot be compared; three are the fewest.")
    first, second = np.array([one[name] for name in both]), np.array([other[name] for name in both])
    rng = np.random.default_rng(0)
    drawn = [_tau(first[rows], second[rows]) for rows in rng.integers(len(both), size=(_DRAWS, len(both)))]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Agreement(len(both), _tau(first, second), float(low), float(high))


def _tau(first: Sequence[float] | np.ndarray, second: Sequence[float] | np.ndarray) -> float:
    from scipy.stats import kendalltau  # half a second

    return float(kendalltau(first, second).statistic)
