"""Files of others: only regular ones are read, only so large and so deep, and nothing is waited for."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
from pathlib import Path

import pytest

from harness.bounded import MOST_DEPTH, read_bytes, read_json, read_text, read_yaml
from harness.errors import InputError


@pytest.fixture(autouse=True)
def _guard():
    """A reader that waits for a pipe fails here, and does not wait for ever."""

    def late(number, frame):
        pytest.fail("it waited")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def made(tmp_path):
    """Makes what is not a regular file, by name."""

    def make(kind):
        path = tmp_path / kind
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "socket":
            socket.socket(socket.AF_UNIX).bind(str(path))
        elif kind == "device":
            return type(path)("/dev/zero")
        elif kind == "loop":
            path.symlink_to(path)
        return path

    return make


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device", "loop", "missing"])
@pytest.mark.parametrize("links", [True, False])
def test_what_is_no_regular_file_is_a_sentence_and_no_waiting(made, kind, links):
    path = made(kind)
    for read in (read_bytes, read_text, read_json, read_yaml):
        with pytest.raises(InputError, match=rf"^--truth {path} .*\.$"):
            read(path, 100, "--truth", links=links)


@pytest.mark.parametrize("target", ["plain", "pipe", "/dev/zero", "/etc/passwd", "nowhere"])
def test_a_link_in_somebodys_folder_is_refused_whatever_it_shows(tmp_path, made, target):
    (tmp_path / "plain").write_text("{}")
    made("pipe")
    link = tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(InputError, match="is a link"):
        read_json(link, 10_000, "results.json", links=False)
    if target == "plain":
        assert read_json(link, 10_000, "results.json", links=True) == {}
    else:
        with pytest.raises(InputError):
            read_json(link, 10_000, "results.json", links=True)


def test_a_name_that_becomes_a_pipe_between_looking_and_opening_is_not_waited_for(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("{}")
    regular = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(type(path), "stat", lambda self, **_: regular)
    assert stat.S_ISREG(regular.st_mode)
    with pytest.raises(InputError, match="is a pipe"):
        read_json(path, 100, "it", links=False)


def test_a_device_is_not_even_opened(monkeypatch):
    """Opening may do something already: a tape is wound back, a watchdog set off."""
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(InputError, match="is a device"):
        read_bytes(Path("/dev/zero"), 100, "--truth", links=True)


def test_only_so_many_bytes_are_read(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a" * 1000)
    assert read_bytes(path, 1000, "it", links=False) == b"a" * 1000
    with pytest.raises(InputError, match="larger than 999 bytes"):
        read_text(path, 999, "it", links=False)
    with path.open("r+b") as file:
        file.truncate(10**12)  # a hole: a terabyte that takes no room, and would take all memory
    with pytest.raises(InputError, match="larger than 1 MB"):
        read_json(path, 10**6, "it", links=False)


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_only_so_deep(tmp_path, read):
    path = tmp_path / "file"
    path.write_text(nested(MOST_DEPTH))
    assert json.dumps(read(path, 10**6, "it", links=False)) == nested(MOST_DEPTH)
    for levels in (MOST_DEPTH + 1, 1200, 300_000):
        path.write_text(nested(levels))
        with pytest.raises(InputError, match="deeper than"):
            read(path, 10**6, "it", links=False)
    path.write_text('{"a":' * 200 + "1" + "}" * 200)
    with pytest.raises(InputError, match="deeper than"):
        read(path, 10**6, "it", links=False)


def test_yaml_that_would_blow_up_or_run_is_refused(tmp_path):
    path = tmp_path / "file.yaml"
    bomb = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    for text, words in (
        ("\n".join(bomb), "holds an alias"),
        ("a: &a\n  b: *a\n", "holds an alias"),
        ("!!python/object/apply:os.system ['true']", "no YAML"),
        ("a: 2020-99-99", "no YAML"),
        ("a: [", "no YAML"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=words) as caught:
            read_yaml(path, 10**6, "the edition", links=True)
        assert "\n" not in str(caught.value)
    path.write_text("a: 1\nb: [x]\n")
    assert read_yaml(path, 10**6, "the edition", links=True) == {"a": 1, "b": ["x"]}


@pytest.mark.parametrize("content", [b"\xff\xfe", b'{"a": "\xe4"}'])
def test_what_is_no_utf8_is_named(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no UTF-8 text"):
        read_json(path, 100, "it", links=False)


@pytest.mark.parametrize("text", ["", "{", "1" * 5000, '{"a": 1} x'])
def test_what_is_no_json_is_named(tmp_path, text):
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(InputError, match="is no JSON"):
        read_json(path, 10**6, "it", links=False)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert read_json(path, 100, "it", links=False) == {}


def test_a_name_that_stands_twice_is_refused(tmp_path):
    """YAML and JSON would silently take the last; what a person reads first may be another."""
    path = tmp_path / "x"
    for text in ('{"a": 1, "b": 2, "a": 3}', '[{"c": {"a": 1, "a": 1}}]'):
        path.write_text(text)
        with pytest.raises(InputError, match="'a' stands there twice"):
            read_json(path, 1000, "It", links=True)
    for text in ("a: 1\nb: 2\na: 3\n", "c:\n- {a: 1, a: 2}\n"):
        path.write_text(text)
        with pytest.raises(InputError, match=r"line [23]: 'a' stands there twice"):
            read_yaml(path, 1000, "It", links=True)
    path.write_text("{" + "".join(f'"k{i}":0,' for i in range(200_000)) + '"k199999":0}')  # by pairs: half an hour
    with pytest.raises(InputError, match="'k199999' stands there twice"):
        read_json(path, 10**7, "It", links=True)
    path.write_text("a: {a: 1}\nb: [{a: 1}, {a: 1}]\n")
    assert read_yaml(path, 1000, "It", links=True) == {"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]}
