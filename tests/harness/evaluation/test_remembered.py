"""Remembered functions: the same question has the same answer to the bit and in its types, another is another."""

from __future__ import annotations

import json
import tracemalloc
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from harness.evaluation import comparison, controls, decision_rules, measure, pixels_control
from harness.evaluation import probability_calibration as calibration
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.intervals import Estimate
from harness.evaluation.predictions import predict_held_out
from harness.evaluation.probability_calibration import ScoredTarget
from harness.evaluation.remembered import remembered, remembering


class Pair(NamedTuple):
    one: int
    other: np.ndarray


class Others(NamedTuple):
    one: int
    other: np.ndarray


@dataclass(frozen=True)
class Box:
    held: object


def through_a_file(answers: dict) -> dict:
    return json.loads(json.dumps(answers))


def asked_twice(function, *args, **kwargs):
    """Computed without memory, computed with one, and looked up: (plain, first, again)."""
    plain = function(*args, **kwargs)
    with remembering({}) as first_run:
        first = function(*args, **kwargs)
    known = through_a_file(first_run.asked)
    assert len(known) >= 1
    with remembering(known) as second_run:
        again = function(*args, **kwargs)
    assert list(second_run.asked) == list(known), "nothing else was asked"
    # What is looked up is handed on as it is; what is computed is told anew.
    assert all(second_run.asked[question] is known[question] for question in known), "and nothing was computed"
    return plain, first, again


def same(one, other) -> bool:
    """To the bit, and in type but for numpy's numbers in Python's place."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, "__dataclass_fields__"):
        return type(one) is type(other) and same(list(vars(one).values()), list(vars(other).values()))
    if isinstance(one, float):
        return np.float64(one).tobytes() == np.float64(other).tobytes()
    return one == other


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(5)
    member = np.tile(np.repeat([True, False], 20), 2)
    halves = [member[:40], ~member[:40], member[:40][::-1], ~member[:40][::-1]]
    targets = [ScoredTarget(rng.normal(size=40) + one, one, number // 2) for number, one in enumerate(halves)]
    return predict_held_out(targets, [np.arange(40)] * 4, DECISIONS["probability"]), np.concatenate(halves)


def cases(rows):
    predictions, member = rows
    rng = np.random.default_rng(6)
    score, soft = rng.normal(size=60), np.where(rng.random(60) < 0.5, 0.9, 0.1)
    images = rng.integers(256, size=(40, 8, 8), dtype=np.uint8)
    labels = controls.redrawn_labels(predictions, np.random.default_rng(7), n=20)
    return {
        "measure": (measure.measure, (predictions, member, 3)),
        "measure_rules": (measure.measure_rules, (predictions, member, 3)),
        "compare": (comparison.compare, ({"knn": predictions, "other": predictions}, member, 3)),
        "platt": (calibration._platt, (score, soft)),
        "isotonic": (calibration._isotonic, (score, soft)),
        "proportion": (decision_rules.proportion, (predictions.probability, 0.5)),
        "shuffled": (controls.shuffled_labels, (predictions, labels)),
        "pixels": (pixels_control.pixels_controls, (images, [member[:40]], [np.arange(40)])),
    }


@pytest.mark.parametrize(
    "name", ["measure", "measure_rules", "compare", "platt", "isotonic", "proportion", "shuffled", "pixels"]
)
def test_what_the_evaluation_remembers_is_what_it_computes(rows, name):
    function, arguments = cases(rows)[name]
    plain, first, again = asked_twice(function, *arguments)
    assert same(plain, first)
    assert same(first, again)
    assert type(first) is type(again)


def test_strange_numbers_come_back_to_the_bit():
    values = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 0.1 + 0.2, 1 / 3])

    @remembered(Estimate)
    def strange() -> list:
        return [values, float("nan"), Estimate(None, note="why"), Estimate(-0.0, float("inf"), 1e-300), None, "x"]

    plain, first, again = asked_twice(strange)
    assert same(plain, first)
    assert same(first, again)


QUESTIONS = [
    1,
    1.0,
    True,
    "1",
    None,
    0.0,
    -0.0,
    [1],
    [[1]],
    [1, 1],
    {"a": 1},
    {"b": 1},
    {"a": 1, "b": 1},
    {"b": 1, "a": 1},
    np.array([1]),
    np.array([1.0]),
    np.array([1], np.uint8),
    np.array([[1]]),
    np.array([], np.uint8),
    np.zeros((2, 3)),
    np.zeros((3, 2)),
    np.zeros(6),
    np.array([[1, 2], [3, 4]]),
    np.array([[1, 2], [3, 4]]).T,
    Box(1),
    Box([1]),
    Pair(1, np.array([1])),
    Others(1, np.array([1])),
    [1, np.array([1])],
    (1, np.array([1])),
    (1,),
    (1, 1),
    OrderedDict(a=1),
    np.float64(1.0),
    ["a", "b"],
    ["ab", ""],
]


def test_every_question_is_another():
    asked = []

    @remembered()
    def answer(question: object) -> int:
        asked.append(question)
        return len(asked)

    with remembering({}) as answers:
        found = [answer(question) for question in QUESTIONS]
        assert [answer(question) for question in QUESTIONS] == found
    assert found == list(range(1, len(QUESTIONS) + 1))
    assert len(answers.asked) == len(QUESTIONS)


def test_to_ask_about_pixels_copies_none():
    @remembered()
    def answer(pixels: np.ndarray) -> int:
        return len(pixels)

    pixels = np.zeros((64, 128, 128), np.uint8)
    with remembering({}):
        tracemalloc.start()
        answer(pixels)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < pixels.nbytes / 8


def test_functions_do_not_answer_for_each_other():
    @remembered()
    def one(number: int) -> int:
        return number

    @remembered()
    def other(number: int) -> int:
        return -number

    with remembering({}):
        assert (one(1), other(1), one(number=1)) == (1, -1, 1)


def test_outside_everything_is_computed_and_inside_what_was_changed_afterwards_is_not_kept():
    times = []

    @remembered()
    def answer() -> list:
        times.append(1)
        return [1.0]

    answer()
    answer()
    assert len(times) == 2
    with remembering({}):
        answer().append(2.0)
        assert answer() == [1.0]
    assert len(times) == 3


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()])])
def test_what_cannot_be_told_apart_or_kept_is_an_error(value):
    @remembered()
    def give(question: object) -> object:
        return value

    with remembering({}):
        with pytest.raises(TypeError, match="no part of a question"):
            give(value)
        with pytest.raises(TypeError, match="no part of an answer"):
            give(1)


@pytest.mark.parametrize(
    "held", [{}, {"Other": [1]}, {"a": 1, "b": 2}, {"an array": ["x"]}, {"Estimate": [1] * 9}, {"Estimate": 3}]
)
def test_an_answer_that_we_did_not_write_is_computed(held):
    @remembered(Estimate)
    def answer() -> Estimate:
        return Estimate(0.5)

    with remembering({}) as answers:
        answer()
    (question,) = answers.asked
    with remembering({question: held}) as answers:
        assert answer() == Estimate(0.5)
    assert answers.asked[question] != held
