"""What the executor hands over to the evaluator: scores, what they cost, or why there are none."""

from __future__ import annotations

from typing import NamedTuple

from harness.evaluation.metrics import Floats


class AttackScores(NamedTuple):
    """An attack's scores [n] on each of several targets, its compute and calls; or why it was skipped.

    seconds: over all targets, every observation counted once; network_calls: a candidate and target, those of
    the references included, shared or not.
    """

    scores: list[Floats]
    seconds: float
    network_calls: int
    skipped: str | None


class ReleaseScores(NamedTuple):
    """An attack before the dev or test release.

    taught: its scores on the shadows of the same plan; scored: those on the release; real_real: float64 [n], those
    with the other candidates in the release's place, None where it has none.
    """

    taught: AttackScores
    scored: AttackScores
    real_real: Floats | None
