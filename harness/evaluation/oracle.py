"""What peeking is worth: the attack picked on each shadow's own truth, beside one picked without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from harness.evaluation.decision_rules import Rule
from harness.evaluation.measure import auc_per_target, measure
from harness.evaluation.metrics import Flags
from harness.evaluation.predictions import Predictions, joined, predict_held_out
from harness.evaluation.probability_calibration import CalibratorName, ScoredTarget
from harness.evaluation.records import Record
from harness.evaluation.selection_rules import Choice

MIN_PAIRS = 3  # one to judge, and two for the choice, so that each of them is calibrated by the other
_CHOICE_RESAMPLES = 400  # a rule asks of an interval only on which side of chance it ends


def oracle_picks(rows: Mapping[str, Predictions], member: Flags) -> list[str]:
    """For each shadow the attack with the largest AUC on that very shadow, by the truth it should not see."""
    names, aucs = list(rows), np.array([auc_per_target(one, member) for one in rows.values()], np.float64)
    return [names[best] for best in np.nan_to_num(aucs, nan=-np.inf).argmax(axis=0)]


def honest_picks(
    rows: Mapping[str, Predictions],
    member: Flags,
    select: Callable[[Sequence[Record]], Choice],
    decision: Rule,
    *,
    seed: int,
    method: CalibratorName = "platt",
) -> list[str]:
    """For each shadow the attack that a selection rule chooses on the other pairs alone.

    rows: by attack, of all shadows in complementary pairs, the same candidates in the same order; select: one of
    `choose.RULES`. The pair left out takes part in nothing: the others are calibrated anew without it. (What an
    attack itself was fitted on lies below this.) Raises ValueError with fewer than three pairs.
    """
    unit = next(iter(rows.values())).unit
    pairs = np.unique(unit)
    if len(pairs) < MIN_PAIRS:
        raise ValueError(
            f"A choice without the judged pair needs {MIN_PAIRS} pairs of shadows, two of them to choose on; "
            f"there are {len(pairs)}. Give shadow.count={2 * MIN_PAIRS} or more."
        )

    def without(pair: int, one: Predictions) -> Mapping[str, Any]:
        """What would have been measured of one attack had the pair never been made."""
        places = [one.target == t for t in np.unique(one.target[one.unit != pair])]
        targets = [ScoredTarget(one.score[at], member[at], int(one.unit[at][0])) for at in places]
        real_real = None if one.real_real is None else [one.real_real[at] for at in places]
        patients = [one.patient[at] for at in places]
        judged = predict_held_out(targets, patients, decision, method=method, real_real=real_real)
        return measure(judged, np.concatenate([target.member for target in targets]), seed, _CHOICE_RESAMPLES)

    chosen = {
        pair: select(
            [Record(name, "none", "shadow", "none", **without(int(pair), one)) for name, one in rows.items()]
        )
        for pair in pairs
    }
    target = next(iter(rows.values())).target
    return [chosen[unit[target == t][0]].attack for t in range(int(target.max()) + 1)]


def picked_rows(rows: Mapping[str, Predictions], picks: Sequence[str]) -> Predictions:
    """The rows of the attack picked for each target, one after another.

    The score is the probability: the attacks' own scores share no scale.
    """
    parts = [_taken(rows[name], rows[name].target == t) for t, name in enumerate(picks)]
    probability = np.concatenate([part.probability for part in parts])
    return Predictions(
        target=np.concatenate([part.target for part in parts]),
        unit=np.concatenate([part.unit for part in parts]),
        patient=np.concatenate([part.patient for part in parts]),
        score=probability,
        probability=probability,
        real_real=None,
        decision=joined([part.decision for part in parts]),
        by_rule={rule: joined([part.by_rule[rule] for part in parts]) for rule in parts[0].by_rule},
        alarms={a: np.concatenate([part.alarms[a] for part in parts]) for a in parts[0].alarms},
    )


def oracle_rows(rows: Mapping[str, Predictions], member: Flags) -> Predictions:
    """The row "oracle (peeks)": every shadow by the attack that its own truth favours. Nobody can have this."""
    return picked_rows(rows, oracle_picks(rows, member))


def _taken(rows: Predictions, at: Flags) -> Predictions:
    """The rows at some places, bool [n]."""

    def of(values: Flags | None) -> Flags | None:
        return None if values is None else values[at]

    return Predictions(
        target=rows.target[at],
        unit=rows.unit[at],
        patient=rows.patient[at],
        score=rows.score[at],
        probability=rows.probability[at],
        real_real=None if rows.real_real is None else rows.real_real[at],
        decision=of(rows.decision),
        by_rule={rule: of(decision) for rule, decision in rows.by_rule.items()},
        alarms={a: alarm[at] for a, alarm in rows.alarms.items()},
    )
