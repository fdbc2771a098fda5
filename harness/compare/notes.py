"""What a comparison's figures are worth and do not cover, in sentences that stand below its tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.compare.compared import ComparedRow
from harness.compare.metric import Metric
from harness.compare.rows import Said
from harness.compare.runs import Run
from harness.compare.same_seeds import seed_numbers
from harness.evaluation.estimate_text import number
from harness.evaluation.intervals import Estimate
from harness.evaluation.measure import EVENTS_WANTED

UNRANKED = (
    "Rows beside one another are no ranking: their generators or slices differ, and so do the figures that any "
    "attack could reach there."
)
FEWEST_SEEDS = 3
_SHORT = 7  # letters of a commit


def of_all(runs: Sequence[Run], renamed: Sequence[str], twice: int, metric: Metric) -> list[str]:
    """Of the whole comparison: alarms, other source, other salts, rows that several runs have.

    renamed: names of runs whose ids were changed to another store's.
    """
    told = []
    if alarmed := [run.name for run in runs if run.alarmed]:
        told.append(
            f"{_runs(len(alarmed))} raised an alarm, so that no figure of such is to be trusted: {_few(alarmed)}."
        )
    commits = sorted({"no commit" if run.commit is None else _short(run.commit) for run in runs})
    if len(commits) > 1:
        changed = " (+: with changes)" if any(one.endswith("+") for one in commits) else ""
        told.append(
            f"The runs were made at {', '.join(commits)}{changed}: attacks, generators may have changed in between."
        )
    if renamed:
        told.append(
            f"{_runs(len(renamed))} read the slices of an earlier one into a store of another salt: by the digest of "
            f"their pixels they are the same slices of the same patients, and count as such ({_few(renamed)})."
        )
    if twice:
        told.append(
            f"{twice} row{'s' if twice > 1 else ''} of an attack and seed that another run has, too, "
            f"{'are' if twice > 1 else 'is'} left out: the first by name counts."
        )
    if "decision" in metric.options:
        rules = sorted({str(run.options.get("decision")) for run in runs})
        told.append(f"{metric.shown} is of each run's own decisions, by the rule {', '.join(rules)}.")
    return told


def of_table(seeds: Sequence[Mapping[str, Said]], rows: Sequence[ComparedRow], metric: Metric) -> list[str]:
    """Of one setting: what its intervals resample, and who met whom."""
    told = []
    one = next(iter(seeds[0].values()))
    if all(row.estimate.value is None for row in rows):
        return [*_no_value(rows, metric)]
    if one.candidates is None:
        return ["The runs hold no scores.csv: no interval over seeds, and no paired test."]
    n_pairs, n_patients = len(set(one.candidates.unit.tolist())), len(set(one.candidates.patient))
    numbers = seed_numbers(seeds)
    if not metric.has_interval:
        told.append(f"{metric.shown} has no interval: resampling repeats rows, which alone raises it.")
    elif len(seeds) == 1:
        pairs = f"its {n_pairs} pairs of shadows and " if n_pairs > 1 else ""
        told.append(
            f"One seed alone ({numbers}): intervals resample {pairs}{n_patients} patients, and do not cover how the "
            "generators of another seed would come out."
        )
    else:
        told.append(f"Intervals resample {len(seeds)} seeds ({numbers}) and {n_patients} patients.")
        if len(seeds) == 2:
            told.append(
                "Two seeds say little of how generators of others would come out: the interval is wide, and where "
                "they differ much it still holds less often than it says. Look at each seed's value."
            )
    if len(rows) > 1 and metric.has_interval and len(seeds) < FEWEST_SEEDS:
        told.append(
            f"No attack is said to beat another: that takes {FEWEST_SEEDS} seeds, for fewer show too little of how "
            "they differ."
        )
    if any(0 < row.n_seeds < len(seeds) for row in rows):
        told.append("A row without a value of every seed has no rank: its mean is of fewer generators.")
    if metric.name == "f1" and (used := _all_used(one.run)) is not None:
        told.append(f"Calling everybody used reaches F1 {number(used)} here.")
    return told + _no_value([row for row in rows if row.estimate.value is None], metric)


def without_scores(told: Sequence[Estimate]) -> Estimate:
    """Of a row that only records speak of: one run's own estimate, of several the mean without an interval."""
    values = [one.value for one in told if one.value is not None]
    if len(told) == 1 or not values:
        return told[0]
    return Estimate(sum(values) / len(values), note="no scores")


def _no_value(rows: Sequence[ComparedRow], metric: Metric) -> list[str]:
    """Why rows have none, a sentence a reason."""
    told = []
    for reason in dict.fromkeys(row.estimate.reason for row in rows):
        names = [row.attack for row in rows if row.estimate.reason == reason]
        who = _few(names)
        if reason == "n too small" and metric.fpr is not None:
            wanted = math.ceil(EVENTS_WANTED / metric.fpr)
            have = rows[0].n_nonmembers
            told.append(f"{metric.shown} takes {wanted:,} non-members to tell, and there are {have}: {who}.")
        else:
            told.append(f"No {metric.shown} ({reason or 'not told'}): {who}.")
    return told


def _all_used(run: Run) -> float | None:
    """What the rule that calls everybody used reaches in F1 on the run's shadows."""
    for record in run.records:
        if (record.kind, record.attack, record.target_set) == ("trivial", "all used", "shadow") and record.f1:
            return record.f1.value
    return None


def _runs(n: int) -> str:
    return f"{n} run{'s' if n > 1 else ''}"


def _few(names: Sequence[str], most: int = 5) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _short(commit: str) -> str:
    return commit[:_SHORT] + ("+" if commit.endswith("+") else "")
