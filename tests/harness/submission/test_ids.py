"""Writer and reader judge ids alike, whatever people call their files."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import harness.editions.load
from harness.attribution.files import write_answers
from harness.editions.edition import STANDARD, Submission
from harness.errors import InputError
from harness.planning import make
from harness.submission.files import read_submission, write_submission
from harness.submission.ids import check_ids

FORMS = st.builds(
    Submission,
    separator=st.sampled_from([",", ";", "\t"]),
    header=st.sampled_from([None, "id,score", "id\tscore", "image"]),
    scores=st.sampled_from([(0, 1), (-1, 1), (10, 2)]),
)
ANY_ID = st.text(st.characters(codec=None), max_size=6) | st.text(" \t\"',;=+-@.\n\ra1", max_size=6)


@settings(deadline=None)
@given(st.lists(st.tuples(ANY_ID, st.booleans()), min_size=1, max_size=5), FORMS, st.randoms())
@example([("a b", True), ("c", False)], STANDARD, None)
@example([('"a"', True)], STANDARD, None)
@example([("id", True)], Submission(header="id,score"), None)
@example([("a", True), ("a", True)], STANDARD, None)
@example([("1", True), ("01", False)], STANDARD, None)
def test_what_the_writer_writes_every_reader_takes_and_the_rest_is_refused_before(
    tmp_path_factory, pairs, form, random
):
    path = tmp_path_factory.mktemp("written") / "submission.csv"
    ids, used = [name for name, _ in pairs], np.array([flag for _, flag in pairs])
    refused = ""
    try:
        write_submission(path, ids, used, form)
    except InputError as error:
        refused = str(error)
    assert path.exists() != bool(refused), "nothing half right is left"
    if refused:
        assert "Rename" in refused or "an id of its own" in refused
        assert refused.isprintable()
        return
    order = list(range(len(ids)))
    if random is not None:
        random.shuffle(order)
    reading = read_submission(path, [ids[place] for place in order], form)
    assert reading.forgiven == []
    assert reading.used.tolist() == used[order].tolist(), "by id, never by order"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is empty"),
        ("a,b", "holds the separator ','"),
        ("a\nb", "steers or is not seen"),
        ("a\tb", "steers or is not seen"),
        ("a\u202eb", "steers or is not seen"),
        ("a\udce9", "steers or is not seen"),
        ('a"b', "holds a quote"),
        (" a", "a space at an end"),
        ("a\u00a0", "a space at an end"),
        ("=HYPERLINK(1)", "a formula"),
        ("@x|'y'!z", "a formula"),
    ],
)
def test_an_id_that_no_line_can_carry_is_named(tmp_path, name, words):
    with pytest.raises(InputError, match=words):
        check_ids(["fine", name])
    with pytest.raises(InputError, match=words):
        write_submission(tmp_path / "x.csv", ["fine", name], np.zeros(2, np.bool_))
    with pytest.raises(InputError, match=words):
        write_answers(tmp_path / "x.csv", ["fine", name], np.zeros(2, np.intp))
    assert not list(tmp_path.iterdir())


def test_ids_that_only_look_odd_are_taken():
    check_ids(["a b", "-1", "+x", "=1", "é", "患者", "[bold]", "a'b", "a;b", "x.png", "<b>", "a|b"])


def test_a_run_refuses_them_before_any_work():
    pool = SimpleNamespace(given={}, taken=np.arange(2), ids=["fine", "a,b"])
    settings = SimpleNamespace(data=SimpleNamespace(name="folder"))
    with pytest.raises(InputError, match=r"The test's candidates cannot be answered for: the id 'a,b' holds"):
        make.check_candidates(settings, pool)
    pool.taken = np.arange(1)
    make.check_candidates(settings, pool)
    pool.given = {"test": SimpleNamespace(candidates=np.array([1]))}
    with pytest.raises(InputError, match="'a,b'"):
        make.check_candidates(settings, pool)


PLAIN = "a_1,1\nb_2,0\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PLAIN, []),
        ("id,score\n" + PLAIN, ["Line 1, 'id,score', is a header and was passed over."]),
        ('"id","score"\n' + PLAIN, ['Line 1, \'"id","score"\', is a header and was passed over.']),
        ('"a_1","1"\n"b_2","0"\n', ["2 of 2 lines have quotes round a field."]),
        ('a_1,1\n"b_2",0\n', ["1 of 2 lines have quotes round a field."]),
        ("a_1.png,1\nb_2.png,0\n", ["2 of 2 lines have a file's ending after the id."]),
        ("b_2,0\na_1,1\n", []),
    ],
)
def test_where_nobody_tells_the_format_what_real_runs_did_is_forgiven_and_named(tmp_path, text, told):
    path = tmp_path / "x.csv"
    path.write_text(text)
    reading = read_submission(path, ["a_1", "b_2"], None)
    assert reading.used.tolist() == [True, False]
    assert reading.forgiven == told
    if told:
        with pytest.raises(InputError, match=r"line 1|line 2"):
            read_submission(path, ["a_1", "b_2"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a_1,1\nid,score\nb_2,0\n", "line 2: 'id' is no candidate"),
        ("c_3,1\n" + PLAIN, "line 1: 'c_3' is no candidate"),
        ("a_1,used\nb_2,0\n", "line 1: the score 'used' of a_1"),
        ("a_1.png,1\n" + PLAIN, "line 2: 'a_1' stands there again, after line 1"),
        ("id,score\n", "2 of 2 candidates are missing"),
        ("id,score\nid,score\n" + PLAIN, "line 2: 'id' is no candidate"),
    ],
)
def test_nor_is_anything_else_forgiven_there(tmp_path, text, words):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_submission(path, ["a_1", "b_2"], None)


def test_the_command_reads_both_ways_of_2025_and_says_so(tmp_path, monkeypatch, capsys):
    from harness.submission.__main__ import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "ids.txt").write_text("a_1\nb_2\n")
    (tmp_path / "x.csv").write_text("id,score\n" + PLAIN)
    words = ["check", "x.csv", "--ids", "ids.txt", "--edition"]
    assert main([*words, "imageclef2025"]) == 0
    assert "Line 1, 'id,score', is a header and was passed over." in capsys.readouterr().out
    assert main([*words, "imageclef2023"]) == 2
    assert "looks like a header; the format has none" in capsys.readouterr().out
    (tmp_path / "ids.txt").write_text("a_1\nb,2\n")
    assert main([*words, "imageclef2023"]) == 2
    assert (
        "Those of --ids ids.txt cannot be answered for: the id 'b,2' holds the separator" in capsys.readouterr().err
    )


def test_a_pipe_or_a_device_is_no_submission_and_nothing_waits(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match=r"is a pipe; a regular file is expected"):
        read_submission(tmp_path / "pipe.csv", ["a"])


@pytest.mark.parametrize(
    ("line", "instead", "words"),
    [
        ("separator: ','", "separator: ', '", "the separator is ', '"),
        ("separator: ','", "separator: ''", "the separator is ''"),
        ("scores: [0, 1]", "scores: [1, 1]", "both scores are 1"),
        ("header: null", r'header: "a\nb"', "it must be one line"),
        ("'real_unknown_{:04d}'", "'{:999999999d}'", "one number was expected"),
        ("'real_unknown_{:04d}'", "'{0.__class__}'", "one number was expected"),
        ("'real_unknown_{:04d}'", "'a'", "one number was expected"),
    ],
)
def test_a_format_that_cannot_be_written_is_a_fault_of_the_descriptor(tmp_path, monkeypatch, line, instead, words):
    text = harness.editions.load.files("harness.editions").joinpath("imageclef2023.yaml").read_text("utf-8")
    line = line if line in text else line.strip("'")
    assert line in text
    (tmp_path / "odd.yaml").write_text(text.replace(line, instead))
    monkeypatch.setattr(harness.editions.load, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=words):
        harness.editions.load.load_edition("odd")
