"""The leaderboard as tables: one a set of targets and an access, never one ranking across them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from harness.evaluation.estimate_text import counted
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.report.numbers import Bar, Cell, bar, cell, interval, plain
from harness.report.table import sections

CHANCE_AUC = 0.5
_SCALE = (0.4, 1.0)  # of the bars: nearly every AUC lies there


class Column(NamedTuple):
    """A column of numbers. main: shown at once, not only among all metrics; falling: a larger value is better."""

    title: str
    meaning: str
    of: Callable[[Record], Cell]
    main: bool = True
    falling: bool = True


class BoardRow(NamedTuple):
    """A row: the attack, words that qualify it, its numbers column by column, the AUC's interval as a bar."""

    name: str
    tags: list[str]
    chosen: bool
    attack: bool
    cells: list[Cell]
    auc: Bar | None


class Skipped(NamedTuple):
    """Attacks that could not run, for one reason."""

    reason: str
    names: list[str]


class Board(NamedTuple):
    """One table: its title, what was counted, its rows and what was left out."""

    title: str
    counted: str
    rows: list[BoardRow]
    skipped: list[Skipped]
    known: bool


def _metric(name: str) -> Callable[[Record], Cell]:
    def of(record: Record) -> Cell:
        estimate: Estimate | None = getattr(record, name, None)
        return cell(estimate)

    return of


def _rate(name: str, fpr: str) -> Callable[[Record], Cell]:
    def of(record: Record) -> Cell:
        rates: dict[str, Estimate] | None = getattr(record, name)
        return cell((rates or {}).get(fpr))

    return of


def _auc_range(record: Record) -> Cell:
    aucs = [auc for auc in record.auc_per_target if auc is not None]
    if not aucs:
        return Cell()
    low, high = min(aucs), max(aucs)
    return Cell(interval(low, high).strip("[]").replace(", ", " \N{EN DASH} "), "", low)


def _seconds(record: Record) -> Cell:
    return plain(record.seconds, 1) if _ran(record) else Cell()


def _calls(record: Record) -> Cell:
    return plain(record.network_calls) if _ran(record) else Cell()


def _ran(record: Record) -> bool:
    return record.kind == "attack" and record.skipped is None


_TPR = "Of the slices that were used, the fraction found while at most {} of the unused ones {} accused."
COLUMNS = (
    Column(
        "AUC",
        "The chance that a used slice gets a larger score than an unused one. 0.5 is guessing, 1 never errs.",
        _metric("auc"),
    ),
    Column("TPR@10 %", _TPR.format("one in ten", "is"), _rate("tpr_at_fpr", "0.1")),
    Column("TPR@1 %", _TPR.format("one in a hundred", "is"), _rate("tpr_at_fpr", "0.01")),
    Column("F1", "Agreement of the used / not used decisions with the truth, counting hits.", _metric("f1")),
    Column("accuracy", "The fraction of right decisions.", _metric("accuracy")),
    Column("recall", "Of the used slices, the fraction called used.", _metric("recall")),
    Column("Brier", "Mean squared error of the probabilities. 0 is perfect.", _metric("brier"), falling=False),
    Column(
        "ECE",
        "How far the stated probabilities lie from what then happened, on average.",
        _metric("ece"),
        falling=False,
    ),
    Column(
        "FPR@10 %",
        "The false alarms that came of a threshold meant for one in ten.",
        _rate("realised_fpr", "0.1"),
        falling=False,
    ),
    Column("seconds", "Compute of the attack itself, over all targets.", _seconds, falling=False),
    Column("TPR@0.1 %", _TPR.format("one in a thousand", "is"), _rate("tpr_at_fpr", "0.001"), main=False),
    Column("precision", "Of the slices called used, the fraction that was.", _metric("precision"), main=False),
    Column("specificity", "Of the unused slices, the fraction left alone.", _metric("specificity"), main=False),
    Column("bal. accuracy", "Mean of recall and specificity.", _metric("balanced_accuracy"), main=False),
    Column("kappa", "Agreement beyond that of chance.", _metric("kappa"), main=False),
    Column("log loss", "Mean surprise at the truth, in nats.", _metric("log_loss"), main=False, falling=False),
    Column("FPR@1 %", "As FPR@10 %, for one in a hundred.", _rate("realised_fpr", "0.01"), main=False, falling=False),
    Column("FPR@5 %", "As FPR@10 %, for one in twenty.", _rate("realised_fpr", "0.05"), main=False, falling=False),
    Column("AUC by target", "Smallest and largest AUC of single targets.", _auc_range, main=False),
    Column("calls", "Evaluations of a network for each candidate.", _calls, main=False, falling=False),
)


def boards(records: Sequence[Record], chosen: str | None) -> list[Board]:
    """The tables in reading order; rows best AUC first."""
    return [_board(title, rows, chosen) for title, rows in sections(records)]


def _board(title: str, records: list[Record], chosen: str | None) -> Board:
    rows = [board_row(record, chosen) for record in records if record.skipped is None]
    reasons = list(dict.fromkeys(record.skipped for record in records if record.skipped is not None))
    left_out = [Skipped(reason, [r.label for r in records if r.skipped == reason]) for reason in reasons]
    known = any(record.n_members is not None for record in records if record.skipped is None)
    return Board(title, _counted(records), rows, left_out, known)


def board_row(record: Record, chosen: str | None) -> BoardRow:
    """A record as a row; chosen: the label of the attack that was chosen."""
    tags = ["through a surrogate"] if record.via == "surrogate" else []
    if record.labels_used != "none":
        tags.append(f"learns from {record.labels_used} labels")
    is_attack = record.kind == "attack"
    return BoardRow(
        record.label,
        tags,
        is_attack and record.label == chosen,
        is_attack,
        [column.of(record) for column in COLUMNS],
        bar(record.auc, *_SCALE, CHANCE_AUC),
    )


def _counted(records: list[Record]) -> str:
    """What the section's numbers are counted over, and what its intervals resample."""
    counts = [r for r in records if r.skipped is None and r.n_members is not None]
    if not counts:
        return ""
    of = max(counts, key=lambda record: record.n_targets)
    units = sorted({r.resampled for r in counts if r.resampled})
    targets = f"{counted(of.n_targets, 'target')}: " if of.n_targets else ""
    members, others = counted(of.n_members or 0, "member"), counted(of.n_nonmembers or 0, "non-member")
    return f"{targets}{members} and {others}." + (f" 95 % intervals resample {'; '.join(units)}." if units else "")


class ControlRow(NamedTuple):
    """A control: what it is and where, its AUC as number and bar, and whether that one interval covers chance."""

    record: Record
    auc: Cell
    bar: Bar | None
    covers: bool | None


def controls(records: Sequence[Record]) -> list[ControlRow]:
    """Every control that ran, the farthest from chance first."""
    ran = [record for record in records if record.kind == "control" and record.skipped is None]
    rows = []
    for record in ran:
        auc = record.auc or Estimate(None)
        covers = None if auc.low is None or auc.high is None else auc.low <= CHANCE_AUC <= auc.high
        rows.append(ControlRow(record, cell(auc), bar(auc, 0.2, 0.8, CHANCE_AUC), covers))
    return sorted(rows, key=lambda row: 0.0 if row.auc.sort is None else -abs(row.auc.sort - CHANCE_AUC))
