"""Kills, stops and runs at once: what counts as met, as survived and as lost, with made-up folders and ended runs."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.faulted.counted import ASKS, BEGINS, HEARS, MADE, TRAINS, Line
from benchmarks.faulted.counts import Count
from benchmarks.faulted.runs import Ended
from benchmarks.faults import kills, stops, together
from benchmarks.faults.stops import Stopped
from harness.store import Store

INT, TERM = signal.SIGINT, signal.SIGTERM
HEARD = Line(HEARS, 7, "-", 1.0)
GO_ON = "Interrupted. What was finished is in the store: the same command goes on from there."


def stored(root: Path, kind: str, key: str) -> None:
    """An artefact."""
    Store(root).get(kind, key, lambda folder: (folder / "x").write_text("x") and None)


def checkpoint(root: Path, key: str, at: float) -> None:
    """A training's, of a moment."""
    path = root / "checkpoint" / key / "step-3" / "state.json"
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(path, (at, at))


@pytest.mark.parametrize(
    ("ended", "wrong"),
    [
        (Ended(-9, "", 1.0), 0),
        (Ended(1, "Error: something", 1.0), 1),
        (Ended(0, "", 1.0), 1),
        (Ended(-9, "Traceback (most ...", 1.0), 1),
        (Ended(1, "Traceback (most ...", 1.0), 2),
    ],
)
def test_only_a_run_that_was_alive_and_well_was_killed(ended: Ended, wrong: int) -> None:
    assert len(kills.wrong_before(ended)) == wrong


def test_work_is_lost_since_the_last_checkpoint_or_since_a_first_step(tmp_path: Path) -> None:
    lines = [Line(BEGINS, 7, "generator/aa", 10.0)]
    assert kills.lost_by(tmp_path, [], 100.0) == (0.0, {})
    assert kills.lost_by(tmp_path, lines, 100.0) == (0.0, {"training that has not begun": 90.0})
    lines += [Line(TRAINS, 7, "generator/aa", 30.0)]
    assert kills.lost_by(tmp_path, lines, 100.0) == (70.0, {})
    checkpoint(tmp_path, "aa", 98.0)
    assert kills.lost_by(tmp_path, lines, 100.0) == (2.0, {})
    lines += [Line(BEGINS, 7, "generator/bb", 20.0), Line(TRAINS, 7, "generator/bb", 97.0)]
    assert kills.lost_by(tmp_path, lines, 100.0) == (3.0, {}), "the one that lost most"
    lines += [Line(MADE, 7, "generator/bb", 99.0)]
    stored(tmp_path, "generator", "aa")
    assert kills.lost_by(tmp_path, lines, 100.0) == (0.0, {}), "neither is lost"


def test_what_has_no_checkpoint_is_told_apart(tmp_path: Path) -> None:
    lines = [
        Line(BEGINS, 7, "release/aa", 90.0),
        Line(BEGINS, 8, "release/bb", 95.0),
        Line(BEGINS, 7, "scores/c", 99.0),
    ]
    lost = kills.lost_by(tmp_path, lines, 100.0)
    assert lost == (0.0, {"release": 10.0, "scores": 1.0})
    met = kills.Met()
    met.add(lost, 0)
    met.add(kills.Lost(2.0, {}), 1)
    met.add(kills.Lost(0.0, {}), 0)
    row = met.row()
    assert (row.value, row.holds) == (10.0, None)
    assert row.detail["kinds"] == {"release": 1, "scores": 1, "training": 1, "nothing of the store": 1}


@pytest.mark.parametrize(
    ("stopped", "wrong"),
    [
        (Stopped(INT, Ended(130, GO_ON, 1.0), [HEARD], False), ""),
        (Stopped(TERM, Ended(143, GO_ON, 1.0), [HEARD], False), ""),
        (Stopped(TERM, Ended(130, GO_ON, 1.0), [HEARD], False), "code 130"),
        (Stopped(INT, Ended(130, "", 1.0), [HEARD], False), "not told how to go on"),
        (Stopped(INT, Ended(130, GO_ON, 11.0), [HEARD], False), "11.0 s later"),
        (Stopped(INT, Ended(130, f"Traceback (most ...\n{GO_ON}", 1.0), [HEARD], False), "a traceback"),
        (Stopped(INT, Ended(0, "", 1.0), [HEARD], True), ""),
        (Stopped(INT, Ended(0, "", 1.0), [HEARD], False), "code 0"),
        (Stopped(INT, Ended(-2, "KeyboardInterrupt", 1.0), [], False), ""),
        (Stopped(INT, Ended(-2, "KeyboardInterrupt", 1.0), [HEARD], False), "code -2"),
        (Stopped(TERM, Ended(-2, "KeyboardInterrupt", 1.0), [], False), "code -2"),
    ],
)
def test_how_a_run_may_end_after_a_signal(tmp_path: Path, stopped: Stopped, wrong: str) -> None:
    found = stops.wrong_with(stopped, tmp_path)
    assert [wrong in one for one in found] == ([True] if wrong else [])


def test_a_training_that_was_stopped_has_kept_its_state_or_has_ended(tmp_path: Path) -> None:
    lines = [HEARD, Line(TRAINS, 7, "generator/aa", 2.0), Line(TRAINS, 7, "generator/bb", 3.0)]
    lines += [Line(TRAINS, 7, "generator/cc", 2.0), Line(MADE, 7, "generator/cc", 2.5)]
    stopped = Stopped(INT, Ended(130, GO_ON, 1.0), lines, False)
    assert stopped.training == {"aa", "bb"}
    assert len(stops.wrong_with(stopped, tmp_path)) == 2
    checkpoint(tmp_path, "aa", 4.0)
    assert stops.wrong_with(stopped, tmp_path) == ["the training of bb kept nothing"]
    stored(tmp_path, "generator", "bb")
    assert stops.wrong_with(stopped, tmp_path) == []


def test_the_first_second_of_a_run_is_tried_too() -> None:
    first, *rest = stops.moments(8, 15.0)
    assert 0 <= first < 1
    assert len(rest) == 7
    assert 1 <= min(rest) < 3
    assert 13 < max(rest) <= 15
    assert len(stops.moments(1, 15.0)) == 1


def test_the_holder_is_the_run_that_trains_what_all_others_ask_for() -> None:
    lines = [Line(ASKS, 7, "generator/aa", 1.0), Line(BEGINS, 7, "generator/aa", 1.0)]
    lines += [Line(ASKS, 8, "generator/aa", 1.5)]
    assert together.held_in(lines, {7, 8}) is None, "it does not train yet"
    lines += [Line(TRAINS, 7, "generator/aa", 2.0)]
    held = together.held_in(lines, {7, 8})
    assert held == ("generator/aa", 7)
    assert together.held_in([line for line in lines if line.group == 7], {7, 8}) is None, "nobody waits"
    assert together.held_in(lines, {7, 8, 9}) is None, "one of the others does not"
    assert together.held_in(lines, {8}) is None, "its maker is none of these runs"
    assert together.held_in([*lines, Line(MADE, 7, "generator/aa", 3.0)], {7, 8}) is None, "it is made"
    assert together.made_by("generator/aa", lines) == set()
    made = [
        Line(BEGINS, 8, "generator/aa", 4.0),
        Line(MADE, 8, "generator/aa", 5.0),
        Line(MADE, 9, "generator/bb", 6),
    ]
    made += [Line(MADE, 9, "generator/aa", 6.0)]
    assert together.made_by("generator/aa", [*lines, *made]) == {8}, "9 was killed before, and did not begin it again"


STOP, CONT, KILL, WAITED = signal.SIGSTOP, signal.SIGCONT, signal.SIGKILL, "waited"


@dataclass
class World:
    """Runs as a killer sees them. looks: the log at each look; ended: the run that a kill ends.

    happened: signals by group, and waiting; clock: seconds, a tenth more at each look at it.
    """

    groups: tuple[int, ...]
    looks: list[list[Line]]
    ended: Ended = field(default_factory=lambda: Ended(-KILL, "", 1.0))
    happened: list[object] = field(default_factory=list)
    clock: float = 0.0

    def kill(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[together.Held | None, Count]:
        """What `kill_the_holder` gives in it, and what it counted."""

        def now() -> float:
            self.clock += 100.0
            return self.clock

        runs = [SimpleNamespace(pid=group, poll=lambda: None) for group in self.groups]
        waits = SimpleNamespace(sleep=lambda _: self.happened.append(WAITED), monotonic=now)
        monkeypatch.setattr(together, "time", waits)
        monkeypatch.setattr(together, "read_log", lambda log: self.looks.pop(0) if self.looks else [])
        monkeypatch.setattr(together, "end", lambda run: self.ended)
        monkeypatch.setattr(os, "killpg", lambda group, one: self.happened.append((group, one)))
        count = Count()
        return together.kill_the_holder(runs, tmp_path / "log", tmp_path / "store", count), count


ASKED = [Line(ASKS, group, f"generator/{key}", 1.0) for key in ("aa", "bb") for group in (8, 9)]
FIRST = [*ASKED, Line(TRAINS, 7, "generator/aa", 2.0)]


def test_the_holder_is_stopped_looked_at_again_and_then_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on where it was done with the generator as it was stopped; the next that all wait for is taken."""
    done = [*FIRST, Line(MADE, 7, "generator/aa", 3.0)]
    next_one = [*done, Line(ASKS, 7, "generator/bb", 3.0), Line(TRAINS, 8, "generator/bb", 4.0)]
    world = World((7, 8, 9), [ASKED, FIRST, done, next_one, next_one])
    held, count = world.kill(tmp_path, monkeypatch)
    assert held == ("generator/bb", 8)
    first, second = [(7, STOP), WAITED, (7, CONT)], [(8, STOP), WAITED, (8, KILL)]
    assert world.happened == [WAITED, WAITED, *first, WAITED, *second]
    assert count.failures == []


def test_a_generator_that_lies_in_the_store_by_now_is_not_killed_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its maker may be stopped between storing it and saying so."""
    (tmp_path / "store" / "generator" / "aa").mkdir(parents=True)
    world = World((7, 8, 9), [FIRST, FIRST])
    held, count = world.kill(tmp_path, monkeypatch)
    assert world.happened[1:4] == [(7, STOP), WAITED, (7, CONT)]
    assert not any(one[1] == KILL for one in world.happened if one != WAITED)
    assert (held, len(count.failures)) == (None, 1), "nobody else came, and it did not wait for ever"


def test_a_holder_that_ended_otherwise_was_not_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World((7, 8, 9), [FIRST, FIRST], ended=Ended(0, "done", 1.0))
    held, count = world.kill(tmp_path, monkeypatch)
    assert held is None
    assert count.failures == ["to be killed: code 0: done"]


def test_a_stopped_run_goes_on_where_whoever_stopped_it_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(lines: list[Line], groups: object) -> together.Held:
        if STOP in [one[1] for one in world.happened if one != WAITED]:
            raise KeyboardInterrupt
        return together.Held("generator/aa", 7)

    world = World((7, 8, 9), [FIRST, FIRST])
    monkeypatch.setattr(together, "held_in", interrupted)
    with pytest.raises(KeyboardInterrupt):
        world.kill(tmp_path, monkeypatch)
    assert world.happened[1:] == [(7, STOP), WAITED, (7, CONT)]


def test_the_store_holds_what_runs_say_that_they_made_whole(tmp_path: Path) -> None:
    stored(tmp_path, "release", "k")
    assert together.wrong_in_store(tmp_path, ["release/k"]) == []
    assert len(together.wrong_in_store(tmp_path, [])) == 1
    assert len(together.wrong_in_store(tmp_path, ["release/k", "scores/k"])) == 1
    (tmp_path / "release" / "k" / "x").write_text("")
    assert together.wrong_in_store(tmp_path, ["release/k"]) == ["damaged: release/k"]
