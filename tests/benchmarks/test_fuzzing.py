"""The benchmark of fuzzing: its parsers take their own seeds, what is unhandled is told, and one runs."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from benchmarks.faults import fuzzing
from benchmarks.faults.fuzzing import Fuzzed, fuzzed, rows_of
from benchmarks.fuzzed.all import all_parsers
from benchmarks.fuzzed.parser import Parser
from harness.errors import InputError

PARSERS = {name: parser for name, (_, parser) in all_parsers().items()}
OF_FILES = [name for name, one in PARSERS.items() if not one.of_run]


@pytest.mark.parametrize("name", OF_FILES)
def test_every_parser_answers_its_seeds(name, tmp_path):
    """Else the fuzzer would begin at the door."""
    parser, refused = PARSERS[name], 0
    seeds = parser.seeds(None)
    assert seeds
    if parser.prepare is not None:
        parser.prepare(tmp_path, None)
    for seed in seeds:
        try:
            parser.read(seed, tmp_path)
        except (InputError, *parser.ends):
            refused += 1
    assert refused < len(seeds)


def test_what_no_docstring_allows_is_an_end_that_is_told(tmp_path):
    def read(data, _folder):
        raise {b"r": InputError("No."), b"v": ValueError("v"), b"k": KeyError("k")}[data]

    parser = Parser("some", read, lambda _: [], (ValueError,))
    assert parser.ended(b"r", tmp_path) is None
    assert parser.ended(b"v", tmp_path) is None
    assert isinstance(parser.ended(b"k", tmp_path), KeyError)
    assert isinstance(replace(parser, ends=()).ended(b"v", tmp_path), ValueError)


def test_rows_count_and_tell_what_was_unhandled():
    first, one, told, other = rows_of({"a": Fuzzed(5, ["KeyError in x, line 3: 'k'"]), "b": Fuzzed(7, [])})
    assert (first.value, first.holds, first.detail["inputs"]) == (1, False, 12)
    assert (one.holds, other.holds) == (False, True)
    assert "KeyError in x" in told.name


def test_a_process_that_dies_is_no_end_of_the_benchmark(tmp_path):
    pytest.importorskip("atheris")
    ended = fuzzed("nowhere", "nothing", tmp_path / "x", 1, None)
    assert ended.tried == 0
    assert "code 1" in ended.unhandled[0]


def test_a_parser_that_is_not_there_is_told():
    pytest.importorskip("atheris")
    with pytest.raises(InputError, match="submissions"):
        fuzzing.measure(argparse.Namespace(parsers=["submission"], seconds=1, found=None))


def test_one_parser_for_a_second():
    pytest.importorskip("atheris")
    first, one = fuzzing.measure(argparse.Namespace(parsers=["codestreams"], seconds=1, found=None))
    assert first.detail["inputs"] == one.detail["inputs"] > 100
    assert first.holds


def test_without_atheris_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(fuzzing, "find_spec", lambda _: None)
    (row,) = fuzzing.measure(argparse.Namespace(parsers=None, seconds=1, found=None))
    assert "[fuzz]" in row.skipped
