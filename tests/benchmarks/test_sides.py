"""Jobs done side by side: what is compared, what makes a row hold, what the lines show."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from rich.console import Console

from benchmarks.rows import shown
from benchmarks.sides import Side, limited_threads, shown_sides, side_by_side


def slow(value: float, seconds: float = 0.02):
    def work() -> float:
        time.sleep(seconds)
        return value

    return work


def test_the_fastest_peer_is_the_one_to_beat_and_shares_stand_for_the_whole():
    sides = [Side("slowest", slow(1.0, 0.2)), Side("a tenth of it", slow(1.0, 0.01), share=0.1)]
    row = side_by_side("job", Side("ours", slow(1.0)), sides, 2.0, repeats=1)
    assert row.peer == "a tenth of it"
    assert [side.name for side in row.sides] == ["ours", "slowest", "a tenth of it"]
    assert row.sides[2].seconds == pytest.approx(0.1, rel=0.5)
    assert row.value == min(side.times_ours for side in row.sides[1:])
    assert row.holds == (row.value >= 2.0)


@pytest.mark.parametrize(("theirs", "holds"), [(1.0, True), (1.5, False), (float("nan"), False)])
def test_speed_without_the_same_answer_is_nothing(theirs, holds):
    difference = lambda ours, peer: abs(ours - peer)  # noqa: E731
    row = side_by_side(
        "job", Side("ours", slow(1.0)), [Side("peer", slow(theirs, 0.2))], 2.0, apart=difference, repeats=1
    )
    assert row.value >= 2.0
    assert row.holds is holds


def test_memory_is_what_a_side_took_itself():
    def fill() -> int:
        return int(np.ones(2**25, np.uint8).sum())

    kept = np.ones(2**27, np.uint8)  # lies there before: nobody's
    row = side_by_side("job", Side("ours", slow(0.0)), [Side("hungry", fill)], 0.0, repeats=1)
    assert kept[0] == 1
    assert row.sides[0].peak_mib < 16
    assert 24 < row.sides[1].peak_mib < 64


def test_every_side_has_the_same_threads():
    before = torch.get_num_threads()
    with limited_threads(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_a_line_a_side_at_a_hundred_columns():
    row = side_by_side("k-NN of 200 in 10,000", Side("ours", slow(1.0)), [Side("peer", slow(2.0))], 1e6, repeats=1)
    screen = Console(width=100, record=True)
    screen.print(shown([row], None, None), shown_sides([row]))
    text = screen.export_text()
    assert "ours" in text
    assert "peer" in text
    assert "1e+06, no" in text
