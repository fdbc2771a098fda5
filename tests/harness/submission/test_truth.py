"""Truth files as people save them: the same ids as in a submission, every fault with its line, and large ones too."""

from __future__ import annotations

import os
import tracemalloc

import numpy as np
import pytest

from harness.errors import InputError
from harness.evaluation.intervals import resample
from harness.evaluation.measure import measure_decision, measure_many
from harness.evaluation.trivial import trivial_records
from harness.submission import score
from harness.submission.truth import read_columns, read_used

STRICT = "id,used,patient_id\na 1,1,p\nb,0,q\nc,1,q\n"


@pytest.mark.parametrize(
    "content",
    [
        STRICT,
        STRICT.replace("\n", "\r\n"),
        "\ufeff" + STRICT,
        STRICT.removesuffix("\n"),
        STRICT.replace("a 1", '"a 1"').replace("id,used", '"id","used"'),
        STRICT.replace(",", " , "),
        "\n" + STRICT.replace("b,0", "\nb,0"),
        "patient_id,id,used,more\np,a 1,1,x\nq,b,0,\nq,c,1,y\n",
    ],
    ids=["strict", "crlf", "bom", "no newline", "quoted", "spaces", "empty lines", "other order"],
)
def test_the_same_truth_however_it_was_saved(tmp_path, content):
    path = tmp_path / "truth.csv"
    path.write_bytes(content.encode())
    truth = read_used(path)
    assert truth.ids == ("a 1", "b", "c")
    assert truth.used.tolist() == [True, False, True]
    assert truth.unit.tolist() == [0, 1, 1]
    assert truth.of == "patients"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,used\na,1\nb,0,1\n", "line 3 has 3 fields; the header names 2"),
        ("id,used,used\na,1,0\n", "has the column 'used' more than once"),
        ("id,used\na,1\n\n\nb\n", "line 5: 'b' has no used"),
        ('id,used\n"a\nx",1\nb,\n', "line 4: 'b' has no used"),
        ("id;used\na;1\nb;0\n", "has the columns id;used; its header must be id,used"),
        ('id,used\n"a,1\nb,0\n', "line 3: .* has no used"),
    ],
)
def test_a_row_that_says_something_else_is_told_with_its_line(tmp_path, content, words):
    path = tmp_path / "truth.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=words):
        read_used(path)


def test_a_pipe_is_no_truth(tmp_path):
    os.mkfifo(tmp_path / "truth.csv")
    with pytest.raises(InputError, match="is a pipe"):
        read_columns(tmp_path / "truth.csv", ("id",))


def test_ids_that_no_submission_could_answer_are_told(tmp_path):
    truth, answers = tmp_path / "truth.csv", tmp_path / "x.csv"
    truth.write_text('id,used\n"a,b",1\nc,0\n')
    answers.write_text("c,0\n")
    with pytest.raises(InputError, match=r"The ids of .*truth.csv cannot be answered for: the id 'a,b' holds"):
        score.show_scores([answers], truth, "imageclef2023", None, None)


@pytest.mark.parametrize("per_patient", [1, 4])
def test_many_ids_are_scored_by_the_same_law_as_few(per_patient, monkeypatch):
    rng = np.random.default_rng(5)
    member = rng.random(800) < 0.4
    decision = member ^ (rng.random(800) < 0.3)
    patient = rng.permutation(800) // per_patient
    one = measure_decision(decision, member, resample(np.zeros_like(patient), patient, np.random.default_rng(1)))
    other = measure_many(decision, member, patient, np.random.default_rng(2))
    assert one.keys() == other.keys()
    for name, estimate in one.items():
        width = estimate.high - estimate.low
        assert other[name].value == pytest.approx(estimate.value)
        assert other[name].low == pytest.approx(estimate.low, abs=0.1 * width)
        assert other[name].high == pytest.approx(estimate.high, abs=0.1 * width)


def test_the_coin_keeps_its_law_where_it_is_no_longer_thrown_for_each(monkeypatch):
    member = np.arange(500) < 180
    (*_, thrown) = trivial_records(member, "test", 0)
    monkeypatch.setattr("harness.evaluation.trivial.MANY", 0)
    (*_, drawn) = trivial_records(member, "test", 0)
    assert thrown.recall != drawn.recall
    for name in ("f1", "accuracy", "recall", "kappa"):
        one, other = getattr(thrown, name), getattr(drawn, name)
        assert other.value == pytest.approx(one.value, abs=0.01)
        assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=0.015)


def test_a_large_challenge_is_scored_within_bounds(tmp_path):
    """Ids alone decide the memory: a number for each id and resample would be 400 MB here."""
    n = 50_000
    truth = score.Truth(tuple(map(str, range(n))), np.arange(n) % 2 == 0, np.arange(n), "candidates")
    tracemalloc.start()
    scored = score.score_submission("x", np.arange(n) % 3 == 0, truth)
    trivial_records(truth.used, "test", 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6
    assert sum(scored.counts) == n
    assert scored.record.f1.low < scored.record.f1.value < scored.record.f1.high
