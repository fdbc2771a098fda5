"""`again RUN`: a run from its folder alone, whose options may be somebody else's; the same bytes, or what differs."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml
from finished_runs import copied, signed, with_fact, with_option, with_text
from hydra.core.override_parser.types import Quote, QuotedString
from tiny import STEPS, TINY_PHANTOM

from harness.config.settings import composed
from harness.errors import InputError
from harness.run import __main__ as command
from harness.run.differences import differing_files
from harness.run.recorded_options import words_of


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """A folder that holds a run, `run`, and its store."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        words = [*TINY_PHANTOM, "attack=[knn]", "attack.knn.k=2", "seed=3", "out=run"]
        patch.setattr(sys, "argv", ["harness.run", *words])
        assert command.main() == 0
    return folder


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """The run's folder alone, copied elsewhere."""
    return copied(finished / "run", tmp_path / "from elsewhere")


def nothing_written(folder: Path, run: Path) -> bool:
    return [one.name for one in folder.iterdir()] == [run.name]


def test_the_folder_alone_gives_the_same_bytes(harness, run, tmp_path):
    """Without the store, from another place; what is run is told as options that anybody can type."""
    before = {one.name: one.read_bytes() for one in run.iterdir()}
    ran = harness("again", str(run))
    assert ran.code == 0, ran.err
    assert "results.json: the same bytes but for the seconds" in ran.out
    assert "submission.csv: the same bytes." in ran.out
    (made,) = (tmp_path / "runs").iterdir()
    for name in ("submission.csv", "scores.csv", "contact_sheet.png"):
        assert (made / name).read_bytes() == before[name]
    assert {one.name: one.read_bytes() for one in run.iterdir()} == before
    told = json.loads((made / "manifest.json").read_text())["command"]
    assert {"attack=[knn]", "attack.knn.k=2", f"shadow.steps={STEPS}", "seed=3"} <= set(told)


def test_what_is_in_the_store_is_not_called_made_again(harness, finished, run):
    ran = harness("again", str(run), f"store.root={finished / 'store'}")
    assert ran.code == 0, ran.err
    assert "5 of 5 releases are in" in ran.out


def test_the_run_itself_is_never_replaced(harness, finished, monkeypatch):
    monkeypatch.chdir(finished)
    before = (finished / "run").stat().st_ino
    for out in ("out=run", "out=run/inside", f"out={finished}"):
        ran = harness("again", str(finished / "run"), out)
        assert ran.code == 2
        assert "lie in each other" in ran.err or "lies above" in ran.err
    assert (finished / "run").stat().st_ino == before


def test_what_differs_is_told_with_what_made_it(harness, finished, run):
    text = (run / "results.json").read_text()
    results = json.loads(text)
    results["records"][0]["auc"]["value"] = 0.123
    (run / "results.json").write_text(json.dumps(results, indent=1))
    lines = (run / "submission.csv").read_text().splitlines()
    lines[0] = lines[0].replace(",0", ",1") if lines[0].endswith("0") else lines[0].replace(",1", ",0")
    (run / "submission.csv").write_text("\n".join(lines) + "\n")
    with_fact(signed(run), "versions", {"numpy": "1.0"})
    ran = harness("again", str(run), f"store.root={finished / 'store'}")
    assert ran.code == 1
    assert "results.json: differs: the row knn release shadow (auc)." in ran.out
    assert "submission.csv: differs: 1 of 32 lines differ." in ran.out
    assert "numpy: 1.0 -> " in ran.out


def test_another_submission_alone_is_no_repetition(harness, finished, run):
    lines = (run / "submission.csv").read_text().splitlines()
    lines[0] = lines[0].replace(",0", ",1") if lines[0].endswith("0") else lines[0].replace(",1", ",0")
    (run / "submission.csv").write_text("\n".join(lines) + "\n")
    ran = harness("again", str(signed(run)), f"store.root={finished / 'store'}")
    assert "results.json: the same bytes but for the seconds" in ran.out
    assert "submission.csv: differs: 1 of 32 lines differ." in ran.out
    assert ran.code == 1


REFUSED = {
    "what says what to run": ("data._target_", "os.system", "data._target_"),
    "an interpolation": ("attack.knn.distance", "${oc.env:HOME}", "attack.knn.distance"),
    "an interpolation of ours": ("shadow.size", "${data.size}", "shadow.size"),
    "an unknown option": ("shadow.stepz", 3, "shadow.steps"),
    "an unknown part": ("elsewhere.a", 3, "elsewhere.a"),
    "Hydra's own": ("hydra.run.dir", "x", "hydra.run.dir"),
    "a wrong type": ("shadow.steps", "many", "shadow.steps"),
    "a list for a number": ("seed", [1, 2], "seed"),
    "a number for a list": ("shadow.channels", 3, "shadow.channels"),
    "a truth for a word": ("shadow.epsilon", "much", "shadow.epsilon"),
    "a date": ("data.seed", date(2026, 1, 1), "data.seed"),
    "an attack of nobody": ("attack.mine", {"k": 1}, "attack 'mine'"),
    "a generator of nobody": ("shadow.family", "mine", "generator 'mine'"),
    "a source of nobody": ("data.name", "mine", "data 'mine'"),
    "a preset of nobody": ("preset", "huge", "preset 'huge'"),
    "a control character": ("attack.knn.distance", "a\x1b[2J", "attack.knn.distance"),
    "a name with a space": ("data.a b", 1, "data.a b"),
    "a start that is not here": ("shadow.start", "/nowhere/generator", "shadow.start=..."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_of_others_are_refused_in_a_sentence(harness, run, tmp_path, case):
    name, value, told = REFUSED[case]
    ran = harness("again", str(with_option(run, name, value)))
    assert ran.code == 2, ran.out
    assert told in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert "\x1b" not in ran.err
    assert nothing_written(tmp_path, run)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("seed: 3", "seed: !!python/object/apply:os.getpid []"),
        ("seed: 3", "seed: &a 3\nmore: *a"),
        ("seed: 3", "seed: 3\nseed: 4"),
        ("seed: 3", "seed: ["),
        ("seed: 3", "3: 3"),
        ("attack:", "- attack:"),
    ],
)
def test_a_file_that_is_no_options_is_refused(harness, run, tmp_path, before, after):
    ran = harness("again", str(with_text(run, before, after)))
    assert ran.code == 2, ran.out
    assert "Traceback" not in ran.err
    assert nothing_written(tmp_path, run)


@pytest.mark.parametrize("name", ["config.yaml", "results.json", "submission.csv", "scores.csv"])
def test_a_run_that_was_edited_is_not_repeated(harness, run, name):
    (run / name).write_text((run / name).read_text() + "\n")
    ran = harness("again", str(run))
    assert ran.code == 2
    assert f"{name} was edited" in ran.err


def test_only_a_run_can_be_repeated(harness, run, tmp_path):
    assert "no folder" in harness("again", "nowhere").err
    (tmp_path / "empty").mkdir()
    assert harness("again", "empty").code == 2
    assert "passed on" in harness("again", str(with_fact(run, "copy", True))).err
    assert "has schema 2, and 1 can be read" in harness("again", str(with_fact(run, "schema", 2))).err
    with pytest.raises(SystemExit) as ended:
        harness("again")
    assert ended.value.code == 2


def test_programs_and_what_is_fetched_come_from_the_user_alone(harness, run):
    """A command, a data set of the Hub, and a folder that is not here: asked for, by name, and not run or read."""
    echo = composed(["shadow=external", 'shadow.command="touch {members} {release}"', "attack=[knn]"]).echo
    with pytest.raises(InputError, match=r"shadow\.command, which says what program is run.*shadow\.command=\.\.\."):
        words_of(echo, [], "RUN")
    assert "shadow=external" in words_of(echo, ['shadow.command="true {members} {release}"'], "RUN")
    echo = composed(["data=hub", "data.path=owner/name"]).echo
    with pytest.raises(InputError, match=r"fetched only where you name it"):
        words_of(echo, [], "RUN")
    echo = composed(["data=folder", "data.root=/nowhere/slices"]).echo
    with pytest.raises(InputError, match=r"data\.root, for /nowhere/slices is not here.*data\.root=\.\.\."):
        words_of(echo, [], "RUN")
    del echo["data"]["root"]
    with pytest.raises(InputError, match=r"data\.root, which it leaves out"):
        words_of(echo, [], "RUN")
    assert words_of(echo, ["data.root=here"], "RUN")[-1] == "data.root=here"


def test_another_attack_is_no_repetition():
    with pytest.raises(InputError, match="no repetition"):
        words_of(composed(["attack=[knn]"]).echo, ["attack=[ssim]"], "RUN")


COMBINATIONS = [
    [],
    ["attack=all"],
    ["attack=[knn,loss]", "attack.loss.timesteps=[5,10]", "attack.knn.shift=1", "attack.knn.contrast=0.1"],
    ["shadow.leak=weak", "seed=12", "rule=highest_auc"],
    ["shadow=flow", "preset=small", "shadow.count=6", "shadow.learning_rate=1e-5"],
    ["shadow=copies"],
    ["data=folder", "data.root=HERE", "data.window=[-600,1500]", "data.per_patient=1"],
    ["data=folder", "data.root=HERE", "data.extra=HERE"],
    ["data=dicom", "data.root=HERE", "data.slices=every:2.5", "data.window=lung"],
    ["data=nifti", "data.root=HERE", r'data.patient="^(\d+)_[a-z]+"'],
    ["data=parquet", "data.files=HERE", "data.image=slice"],
    ["data=imageclef2023", "data.root=HERE", "surrogate.use=false", "shadow.match=[dct,flow]"],
    ["decision=top_half", "calibrator=isotonic", "shadow.n_images=100", "device=cuda:1"],
]


@pytest.mark.parametrize("words", COMBINATIONS, ids=" ".join)
def test_options_that_are_read_back_are_the_same(tmp_path, words):
    """Through YAML, as a run's folder has them, with a place whose name needs every kind of quotes."""
    here = tmp_path / 'it\'s a "place", with = [and] \\ {more}'
    here.mkdir()
    quoted = QuotedString(str(here), Quote.double).with_quotes()
    typed = [word.replace("HERE", quoted) for word in words]
    echo = composed(typed).echo
    again = composed(words_of(yaml.safe_load(yaml.safe_dump(echo)), [], "RUN")).echo
    assert again == echo


def test_the_order_and_the_digits_of_results_count_and_their_seconds_do_not():
    def results(**changed):
        record = {"attack": "knn", "via": "release", "target_set": "shadow", "seconds": 1.0, "auc": {"value": 0.5}}
        return {"results.json": json.dumps({"run": {"seed": 0}, "records": [record | changed]}).encode()}

    assert differing_files(results(), results(seconds=2.0)) == {
        "results.json": [],
        "scores.csv": [],
        "submission.csv": [],
    }
    assert differing_files(results(), results(auc={"value": 0.50}))["results.json"] == []
    assert differing_files(results(), results(auc={"value": 0.5000000000000001}))["results.json"] == [
        "the row knn release shadow (auc)"
    ]
    assert differing_files(results(), {})["results.json"] == ["only one run has it"]
