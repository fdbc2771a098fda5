"""`--run DIR` of somebody else: a row or a sentence, whatever it holds; nothing outside it, nothing waited for."""

from __future__ import annotations

import json
import os
import signal
import socket

import pytest
from bare_runs import results_of

from harness.errors import InputError
from harness.leaderboard.chosen_record import read_chosen

F1 = {"value": 0.7, "low": 0.6, "high": 0.8, "note": None}
ROW = {
    "target_set": "test", "kind": "attack", "attack": "knn", "via": "release", "access": "release", "skipped": None,
    "n_members": 20, "n_nonmembers": 20, "resampled": "patients", "f1": F1, "recall": F1, "specificity": F1,
}  # fmt: skip
CHOSEN = {"attack": "knn", "via": "release", "rule": "best_calibrated", "decision": "probability"}
RESULTS = results_of([ROW], chosen=CHOSEN)


@pytest.fixture(autouse=True)
def _guard():
    def late(number, frame):
        pytest.fail("it waited")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps(RESULTS))
    (folder / "config.yaml").write_text("attack: {knn: {}}\ndata:\n  name: phantom\n")
    return folder


def refused(run, *words):
    with pytest.raises(InputError, match="holds no run that can be read: ") as caught:
        read_chosen(run)
    sentence = str(caught.value)
    assert all(word in sentence for word in words), sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 700


def test_a_run_of_ours_is_read(run):
    found = read_chosen(run)
    assert found.record.f1.value == 0.7
    assert (found.data, found.rule, found.record.n_members) == ("phantom", "best_calibrated", 20)


@pytest.mark.parametrize("name", ["results.json", "config.yaml"])
@pytest.mark.parametrize("how", ["link", "link outside", "pipe", "socket", "folder", "missing", "endless"])
def test_what_is_no_plain_file_is_not_opened(run, tmp_path, monkeypatch, name, how):
    monkeypatch.chdir(run)
    path = run / name
    path.rename(tmp_path / "kept")
    if how == "link":
        path.symlink_to(tmp_path / "kept")
    elif how == "link outside":
        path.symlink_to("/etc/passwd")
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "socket":
        socket.socket(socket.AF_UNIX).bind(name)
    elif how == "folder":
        path.mkdir()
    elif how == "endless":
        path.symlink_to("/dev/zero")
    refused(run, name)


@pytest.mark.parametrize("name", ["results.json", "config.yaml"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"[" * 100_000, b"{" * 5000, b'{"a":' * 500, b"null", b"[]", b"3", b'"x"', b"\x00"],
)
def test_what_is_no_run_is_a_sentence(run, name, content):
    (run / name).write_bytes(content)
    refused(run)


@pytest.mark.parametrize("name", ["results.json", "config.yaml"])
def test_a_file_of_a_terabyte_is_not_read(run, name):
    with (run / name).open("r+b") as file:
        file.truncate(10**12)
    refused(run, "larger than")


def test_a_configuration_that_blows_up_is_refused(run):
    lines = ["a: &a [x, x]", *(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, *a]" for n in range(30))]
    (run / "config.yaml").write_text("\n".join([*lines, "data: {name: *b29}"]))
    refused(run, "alias")
    (run / "config.yaml").write_text("data: !!python/object/apply:os.system [true]")
    refused(run)


def changed(**changes):
    return {**RESULTS, **changes}


@pytest.mark.parametrize(
    "results",
    [
        changed(alarms="x"),
        changed(alarms=[1]),
        changed(alarms=None),
        changed(chosen=[]),
        changed(chosen={"attack": ["knn"], "via": "release", "rule": "r", "decision": "d"}),
        changed(chosen={**RESULTS["chosen"], "rule": {"a": 1}}),
        changed(chosen={**RESULTS["chosen"], "via": "by hand"}),
        changed(records={"knn": ROW}),
        changed(records=[[ROW]]),
        changed(records=["knn"]),
        changed(records=[{**ROW, "f1": 0.7}]),
        changed(records=[{**ROW, "f1": {**F1, "value": "0.7"}}]),
        changed(records=[{**ROW, "recall": {**F1, "value": float("nan")}}]),
        changed(records=[{**ROW, "specificity": {**F1, "low": float("inf")}}]),
        changed(records=[{**ROW, "n_members": -1}]),
        changed(records=[{**ROW, "n_members": 10**300}]),
        changed(records=[{**ROW, "n_members": 20.5}]),
        changed(records=[{**ROW, "n_members": True}]),
        changed(records=[{**ROW, "attack": "x" * 10_000}]),
        changed(records=[{name: value for name, value in ROW.items() if name != "access"}]),
        changed(schema=99),
        changed(schema=None),
        changed(schema=True),
    ],
)
def test_values_of_another_type_are_refused(run, results):
    (run / "results.json").write_text(json.dumps(results))
    refused(run)


@pytest.mark.parametrize("name", ["x" * 5000, "[a]", "{}", "1", "null", "!!binary aGFsbG8="])
def test_a_name_of_data_that_is_none_is_refused(run, name):
    (run / "config.yaml").write_text(f"attack: {{knn: {{}}}}\ndata:\n  name: {name}\n")
    refused(run)
