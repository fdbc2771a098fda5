"""What may be replaced: files of ours by name and digest, of our schema, and nothing that could be the user's."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.ours import refuse_others

FILES = {"results.json": "{}", "deep/er/a.png": "pixels", "report.html": "<p>"}


def write(folder: Path, **facts) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in FILES.items()}
    (folder / "manifest.json").write_text(json.dumps({"schema": 3, "files": digests} | facts))
    return folder


def look(folder: Path) -> None:
    refuse_others(f"out={folder}", folder, "manifest.json", 3, "a run")


@pytest.fixture(autouse=True)
def _guard():
    def late(number, frame):
        pytest.fail("it waited")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_what_is_missing_empty_or_ours_is_free(tmp_path):
    look(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    look(tmp_path / "empty")
    look(write(tmp_path / "ours"))
    (tmp_path / "ours" / "report.html").unlink()
    look(tmp_path / "ours")  # what was taken away is nobody's loss


CHANGES = {
    "an edited file": (lambda run: (run / "report.html").write_text("<p>my notes"), "report.html was edited"),
    "an edited file, deep": (lambda run: (run / "deep/er/a.png").write_bytes(b""), "deep/er/a.png was edited"),
    "a file more": (lambda run: (run / "notes.txt").write_text("mine"), "notes.txt is not named"),
    "a file more, deep": (lambda run: (run / "deep/notes.txt").write_text("mine"), "deep/notes.txt is not named"),
    "a hidden file": (lambda run: (run / ".git").write_text("mine"), ".git is not named"),
    "an empty folder": (lambda run: (run / "mine").mkdir(), "mine/ is an empty folder"),
    "a link": (lambda run: (run / "mine").symlink_to("/etc"), "mine is a link"),
    "a link that shows nowhere": (lambda run: (run / "mine").symlink_to("nowhere"), "mine is a link"),
    "a pipe": (lambda run: os.mkfifo(run / "mine"), "mine is a link or no file"),
    "no manifest": (lambda run: (run / "manifest.json").unlink(), "there is no manifest.json"),
    "a manifest that is none": (lambda run: (run / "manifest.json").write_text("[]"), "names no files"),
    "a manifest that is no JSON": (lambda run: (run / "manifest.json").write_text("{"), "cannot be read"),
    "a manifest too deep": (lambda run: (run / "manifest.json").write_text("[" * 9999), "cannot be read"),
    "another schema": (lambda run: write(run, schema=2), "has schema 2, and this version writes 3"),
    "a schema that is none": (lambda run: write(run, schema=["x\n"]), "has schema"),
    "files that are none": (lambda run: write(run, files=["results.json"]), "names no files"),
    "digests that are none": (lambda run: write(run, files=dict.fromkeys(FILES, 1)), "was edited"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_could_be_the_users_is_refused_and_named(tmp_path, change):
    run = write(tmp_path / "run")
    change, words = CHANGES[change]
    change(run)
    with pytest.raises(InputError) as caught:
        look(run)
    sentence = str(caught.value)
    assert words in sentence
    assert "holds something that is not a run" in sentence
    assert sentence.endswith("give a new or empty folder.") or sentence.endswith("an empty folder.")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", ["report.html", "manifest.json"])
@pytest.mark.parametrize("how", ["link", "pipe"])
def test_a_file_of_ours_that_became_something_else_is_not_opened(tmp_path, name, how):
    run = write(tmp_path / "run")
    (run / name).rename(tmp_path / "kept")
    if how == "link":
        (run / name).symlink_to(tmp_path / "kept")  # the very content: yet not our file
    else:
        os.mkfifo(run / name)
    with pytest.raises(InputError, match="is a link or no file"):
        look(run)


def test_a_folder_that_is_a_link_or_a_file_is_refused(tmp_path):
    write(tmp_path / "run")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    (tmp_path / "file").write_text("x")
    (tmp_path / "broken").symlink_to("nowhere")
    for name in ("link", "file", "broken"):
        with pytest.raises(InputError, match=r"is a link|is a file"):
            look(tmp_path / name)
