"""A comparison as tables of text: the settings, the wins, the mean ranks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.compare.compared import ComparedRow, ComparedRuns, ComparedTable
from harness.compare.ranks import LEVEL, MeanRanks
from harness.evaluation.comparison import Comparison
from harness.evaluation.estimate_text import estimate_text, number
from harness.report.grid import Grid
from harness.report.numbers import p_value
from harness.report.table import section_title

SIGNIFICANT = 0.05
_MOST_EACH = 3  # seeds whose values stand in a cell; of more the smallest and the largest


def grids(found: ComparedRuns, most: int | None = None) -> list[Grid]:
    """All tables in reading order. most: attacks that the matrix of wins may show, for a terminal."""
    common = common_notes(found)
    shown = [_setting(found, table, common) for table in found.tables]
    if found.by == "attack":
        shown += [_wins(found, access, tables, most) for access, tables in _by_access(found) if _has_wins(tables)]
        shown += [_ranks(found, ranks) for ranks in found.ranks]
    return shown


def closing(found: ComparedRuns) -> list[str]:
    """Sentences of the whole, below all tables."""
    told = [f"Of every setting: {one}" for one in common_notes(found)] + found.notes
    if n := len(found.refused):
        told.append(f"{n} of {n + found.n_runs} folders with results could not be read:")
        told += found.refused
    return told


def common_notes(found: ComparedRuns) -> list[str]:
    """Sentences that hold of every table, where there are several: they stand once, below all."""
    first, *others = found.tables
    return [one for one in first.notes if others and all(one in table.notes for table in others)]


def _setting(found: ComparedRuns, table: ComparedTable, common: Sequence[str]) -> Grid:
    head = f"{found.metric.shown} [95 %]" if found.metric.has_interval else found.metric.shown
    columns = ["rank", "attack"] if table.ranked else ["attack", "setting"]
    rows = [[*_name(row, ranked=table.ranked), estimate_text(row.estimate), str(row.n_seeds), _each(row)]
            for row in table.rows]  # fmt: skip
    return Grid(table.title, [*columns, head, "seeds", "each seed"], 2, rows, _below(table, common))


def _below(table: ComparedTable, common: Sequence[str]) -> list[str]:
    told = [] if table.apart is None else [f"A table apart: {table.apart}."]
    return [*told, *(one for one in table.notes if one not in common)]


def _name(row: ComparedRow, *, ranked: bool) -> list[str]:
    if not ranked:
        return [row.attack, row.setting]
    return ["" if row.rank is None else f"{row.rank:g}", row.attack]


def _each(row: ComparedRow) -> str:
    values = [one.value for one in row.each]
    if len(values) <= _MOST_EACH:
        return ", ".join(number(one) for one in values)
    return f"{number(min(values))} to {number(max(values))}"


def _by_access(found: ComparedRuns) -> Iterator[tuple[str, list[ComparedTable]]]:
    for access in dict.fromkeys(table.access for table in found.settings):
        yield access, [table for table in found.settings if table.access == access]


def _has_wins(tables: Sequence[ComparedTable]) -> bool:
    return any(table.wins for table in tables)


def _order(found: ComparedRuns, access: str, tables: Sequence[ComparedTable]) -> list[str]:
    """The attacks of an access, by their mean rank where they have one, else as their tables have them."""
    ranked = [attack for one in found.ranks if one.access == access for attack in one.ranks]
    return list(dict.fromkeys([*ranked, *(row.attack for table in tables for row in table.rows)]))


def _wins(found: ComparedRuns, access: str, tables: Sequence[ComparedTable], most: int | None) -> Grid:
    attacks = _order(found, access, tables)
    shown = attacks[:most]
    wins = won([one for table in tables for one in table.wins], larger_is_better=found.metric.larger_is_better)
    met = {pair for table in tables for one in table.wins for pair in _both(one)}
    rows = [
        [str(at), attack, *(_cell(wins, met, attack, other) for other in shown)]
        for at, attack in enumerate(shown, start=1)
    ]
    of = "the setting" if len(tables) == 1 else f"{len(tables)} settings"
    below = [
        f"Of {of}, in how many the row is better : worse than the column beyond Holm's correction "
        f"(p < {SIGNIFICANT}, over all pairs of one setting), by paired differences on the generators, seeds and "
        "slices that both met; a dot: undecided."
    ]
    if any((one, other) not in met for one in shown for other in shown if one != other):
        below.append("An empty cell: no setting has scores of both on the same seeds, so they never met.")
    if len(shown) < len(attacks):
        below.append(f"The first {len(shown)} of {len(attacks)} attacks; the other forms have all.")
    title = f"Who beats whom, by {found.metric.shown}. {section_title(found.on, access)}"
    return Grid(title, ["", "attack", *(str(at) for at in range(1, len(shown) + 1))], 2, rows, below)


def won(wins: Sequence[Comparison], *, larger_is_better: bool) -> dict[tuple[str, str], int]:
    """In how many settings the first of a pair is better than the second beyond Holm's correction."""
    found: dict[tuple[str, str], int] = {}
    for one in wins:
        if one.p_holm < SIGNIFICANT and one.difference.value:
            ahead = (one.difference.value > 0) == larger_is_better
            pair = _both(one)[0 if ahead else 1]
            found[pair] = found.get(pair, 0) + 1
    return found


def _both(one: Comparison) -> tuple[tuple[str, str], tuple[str, str]]:
    return (one.attack, one.baseline), (one.baseline, one.attack)


def _cell(wins: dict[tuple[str, str], int], met: set[tuple[str, str]], attack: str, other: str) -> str:
    if (attack, other) not in met:
        return ""
    better, worse = wins.get((attack, other), 0), wins.get((other, attack), 0)
    return f"{better}:{worse}" if better or worse else "\N{MIDDLE DOT}"


def _ranks(found: ComparedRuns, ranks: MeanRanks) -> Grid:
    marks = [chr(ord("a") + at) for at in range(26)]
    stretches = list(zip(marks, ranks.alike, strict=False))
    told = ["not told apart"] if ranks.critical_difference is not None else []

    def letters(attack: str) -> str:
        return "".join(mark if attack in stretch else " " for mark, stretch in stretches).rstrip()

    rows = [[attack, *([letters(attack)] if told else []), number(rank, 2)] for attack, rank in ranks.ranks.items()]
    title = f"Mean ranks over {len(ranks.settings)} settings, by {found.metric.shown}."
    return Grid(
        f"{title} {section_title(found.on, ranks.access)}",
        ["attack", *told, "mean rank"],
        1 + len(told),
        rows,
        _tested(ranks),
    )


def _tested(ranks: MeanRanks) -> list[str]:
    told = []
    if ranks.friedman is not None and ranks.critical_difference is not None:
        found = ranks.friedman
        told.append(
            f"Friedman's test over {ranks.counted}: chi-square {number(found.statistic, 2)}, p "
            f"{p_value(found.p_value)}. Mean ranks that lie less than {number(ranks.critical_difference, 2)} apart "
            f"(Nemenyi's critical difference at {LEVEL:g}) share a letter: they are not told apart."
        )
        if found.p_value >= LEVEL:
            told.append("As Friedman's test finds no difference, no pair should be read as different.")
    if ranks.left_out:
        told.append(f"Not in every setting on the same seeds, so without a mean rank: {', '.join(ranks.left_out)}.")
    return [*told, *ranks.notes]
