"""Where a run and a challenge may write: told before any work, nothing of the user's lost, the store private."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from tiny import TINY, TINY_PHANTOM, WHOLE, only_run, write_slices

from harness.challenge import __main__ as challenge
from harness.experiment.executor import Executor

CHALLENGE = [option.replace("shadow.", "target.") for option in TINY if "n_images" not in option] + [
    "dev.patients=2", "dev.n_images=6", "test.patients=3", "test.n_images=12", "data.patients=14", "data.slices=2",
]  # fmt: skip


@pytest.fixture
def make(tmp_path, monkeypatch, capsys):
    """`make("out=x")` makes a challenge and returns exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        code = challenge.main(["make", *CHALLENGE, *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def home(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


PLACES = [
    "out=",
    "out=.",
    "out=..",
    "out=/",
    "out=~",
    "out=~nobody_of_this_name/x",
    "out=taken",
    "out=taken/notes.txt",
    "out=taken/notes.txt/x",
    "out=link",
    "out=broken",
    "out=pipe",
    "out=store",
    "out=store/pool",
    "out=/proc/x",
    "out=/dev/null",
    "out=[a]",
    "out=[",
    "out=a[1]",
    'out="a\nb"',
    "out=" + "n" * 300,
    "out=" + "n/" * 3000,
    "store.root=",
    "store.root=~nobody_of_this_name",
    "store.root=" + "n" * 300,
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[:30].replace("\n", "-"))
@pytest.mark.parametrize("command", ["run", "challenge"])
def test_a_place_that_will_not_do_is_a_sentence_before_any_work(harness, make, home, command, place):
    Path("taken").mkdir()
    Path("taken/notes.txt").write_text("mine")
    Path("link").symlink_to("taken")
    Path("broken").symlink_to("nowhere")
    os.mkfifo("pipe")
    before = sorted(Path().rglob("*"))
    code, _, err = harness(*TINY_PHANTOM, place) if command == "run" else make("out=new", place)
    assert code == 2
    assert err.startswith("Error: ")
    assert err.rstrip().endswith((".", "'"))
    assert "Traceback" not in err
    assert len(err) < 1000
    assert sorted(Path().rglob("*")) == before, "something was made, the store say"
    assert Path("taken/notes.txt").read_text() == "mine"


@pytest.mark.parametrize("command", ["run", "challenge"])
def test_out_apart_from_the_slices(harness, make, images, command):
    write_slices(Path("data/slices"), images(12, 16, 0))
    for out in ("data", "data/slices", "data/slices/out", "./data/../data"):
        words = ["data=folder", "data.root=data/slices", "store.root=elsewhere", f"out={out}"]
        few = [word for word in CHALLENGE if not word.startswith(("data.p", "data.sl"))]
        code = harness(*TINY, *words).code if command == "run" else challenge.main(["make", *few, *words])
        assert code == 2, out
    assert not Path("elsewhere").exists()


def test_home_is_meant_by_a_tilde_in_every_path(harness, home, images):
    write_slices(home / "slices", images(16, 16, 0))
    ran = harness(*TINY, "data=folder", "data.root=~/slices", "store.root=~/kept", "out=~/found", "attack=knn")
    assert ran.code == 0, ran.err
    assert (home / "found" / "results.json").is_file()
    assert {path.name for path in home.iterdir() if path.name[0] != "."} == {"slices", "kept", "found"}
    assert list(Path().iterdir()) == []


def modes(folder: Path) -> set[tuple[bool, int]]:
    return {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (folder, *folder.rglob("*"))}


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_run_leaves_a_store_for_no_other_eyes_and_results_as_the_umask_says(harness, umask):
    before = os.umask(umask)
    try:
        assert harness(*TINY_PHANTOM, "attack=[knn,loss]").code == 0
    finally:
        os.umask(before)
    assert modes(Path("store")) == {(True, 0o700), (False, 0o600)}
    assert modes(Path("runs")) == {(True, 0o777 & ~umask), (False, 0o666 & ~umask)}


def test_an_edited_run_is_the_users_and_a_whole_one_is_replaced(ran, harness):
    ran.rename("out")
    words = [*WHOLE, "out=out"]
    assert harness(*words).code == 0
    assert harness(*words, "decision=top_half").code == 0, "a run as it was written is ours"
    assert json.loads(Path("out/results.json").read_text())["chosen"]["decision"] == "top_half"
    report = Path("out/report.html").read_text()
    Path("out/report.html").write_text(report + "<p>my notes")
    told = harness(*words)
    assert told.code == 2
    assert "report.html was edited" in " ".join(told.err.split())
    Path("out/report.html").write_text(report)
    for put in (lambda: Path("out/mine").mkdir(), lambda: Path("out/mine").symlink_to("report.html")):
        put()
        told = harness(*words)
        assert (told.code, "mine" in told.err) == (2, True)
        (Path("out/mine").rmdir if Path("out/mine").is_dir() else Path("out/mine").unlink)()
    Path("out").rename("elsewhere")
    Path("out").symlink_to("elsewhere")
    assert "is a link" in harness(*words).err
    assert json.loads(Path("elsewhere/results.json").read_text())["chosen"]["decision"] == "top_half"


def test_what_took_the_place_while_the_run_worked_is_not_waited_for_or_followed(scored, harness, monkeypatch):
    """A pipe under the name of a file of ours: it is told, and not opened."""
    attack = Executor.attack_release

    def putting(self, *arguments):
        Path("out").mkdir(exist_ok=True)
        if not Path("out/manifest.json").exists():
            os.mkfifo("out/manifest.json")
        return attack(self, *arguments)

    monkeypatch.setattr(Executor, "attack_release", putting)
    ran = harness(*TINY_PHANTOM, "attack=knn", "out=out")
    assert ran.code == 2
    assert "manifest.json is a link or no file" in " ".join(ran.err.split())


def test_the_default_place_is_looked_at_as_well(scored, harness):
    assert harness(*TINY_PHANTOM).code == 0
    (only_run() / "notes.txt").write_text("mine")
    ran = harness(*TINY_PHANTOM)
    assert ran.code == 2
    assert "notes.txt is not named" in " ".join(ran.err.split())


def test_a_challenge_that_was_edited_is_not_taken_for_whole(make):
    assert make("out=made")[0] == 0
    assert stat.S_IMODE(Path("store").stat().st_mode) == 0o700
    truth = Path("made/truth.csv").read_text()
    Path("made/my_answers.csv").write_text("mine")
    assert make("out=made")[0] == 0, "what lies beside is the user's, and stays"
    assert Path("made/my_answers.csv").read_text() == "mine"
    Path("made/truth.csv").write_text(truth.replace(",1,", ",0,"))
    code, _, err = make("out=made")
    assert code == 2
    assert "not as it was written (truth.csv)" in " ".join(err.split())
    Path("made/truth.csv").unlink()
    Path("made/truth.csv").symlink_to("my_answers.csv")
    assert make("out=made")[0] == 2


def test_another_challenge_is_refused_before_the_store_is_made(make):
    assert make("out=made", "store.root=first")[0] == 0
    for change in ("seed=1", "data.seed=1", "test.patients=2", "dev.n_images=7", "data.per_patient=1"):
        code, _, err = make("out=made", change)
        assert code == 2
        assert "something other than this challenge" in " ".join(err.split())
        assert not Path("store").exists()
