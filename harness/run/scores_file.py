"""`scores.csv`: score, probability and decision of every candidate of every target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.evaluation.records import SCORE_COLUMNS
from harness.experiment.evaluator import Evaluation
from harness.pipeline import Outcome
from harness.plain import write_csv


def write_scores(path: Path, outcome: Outcome) -> None:
    """Attacks on shadows and dev, then the chosen one on the test; unknown truth stays empty."""
    with path.open("w", newline="", encoding="utf-8") as file:
        write_csv(file, [SCORE_COLUMNS])
        for evaluation in [*outcome.evaluations, *([outcome.test] if outcome.test else [])]:
            write_csv(file, _score_rows(evaluation, outcome))


def _score_rows(evaluation: Evaluation, outcome: Outcome) -> list[list[Any]]:
    predictions, record, pool = evaluation.predictions, evaluation.record, outcome.pool
    if predictions is None:
        return []
    name = {"shadow": "shadow-{}", "dev": "dev", "test": "test"}[record.target_set]
    return [
        [
            name.format(predictions.target[i]),
            pool.ids[place],
            pool.patient_ids[place],
            record.label,
            float(predictions.score[i]),
            float(predictions.probability[i]),
            "" if predictions.decision is None else int(predictions.decision[i]),
            "" if evaluation.member is None else int(evaluation.member[i]),
        ]
        for i, place in enumerate(evaluation.candidates)
    ]
