"""When a checkpoint is due: by the clock, without what writing the last one took."""

from __future__ import annotations

from itertools import pairwise

import pytest

from shadow_models import one_training
from shadow_models.one_training import Due


def kept_after(every_sec: float, step_sec: float, write_sec: float, n_steps: int, monkeypatch) -> list[int]:
    """The steps after which a checkpoint is written, where a step and writing take so long."""
    now, kept = [100.0], []
    monkeypatch.setattr(one_training.time, "monotonic", lambda: now[0])
    due = Due(every_sec)
    for step in range(1, n_steps + 1):
        now[0] += step_sec
        if due():
            kept.append(step)
            now[0] += write_sec
    return kept


@pytest.mark.parametrize(
    ("every", "step", "write", "kept"),
    [
        (60, 1, 0, [60, 120, 180]),
        (60, 1, 10, [60, 120, 180]),
        (60, 1, 300, [60, 120, 180]),  # it would be due after each step, did writing count
        (60, 25, 0, [3, 6, 9]),
        (60, 100, 0, [1, 2, 3]),  # a step that is longer than the interval
        (60, 100, 50, [1, 2, 3]),
        (0, 1, 5, [1, 2, 3]),
    ],
)
def test_between_two_checkpoints_is_so_much_training_whatever_writing_takes(every, step, write, kept, monkeypatch):
    assert kept_after(every, step, write, 200, monkeypatch)[:3] == kept


def test_a_slow_store_leaves_time_to_train(monkeypatch):
    kept = kept_after(60, 0.5, 240, 4000, monkeypatch)
    assert {after - before for before, after in pairwise(kept)} == {120}
