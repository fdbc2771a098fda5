"""Bad input: a clear sentence, exit code 2, nothing half-written."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import TINY, TINY_PHANTOM, WHOLE, only_run, write_slices

import attacks
from attacks import registry
from harness.jobs import observe as observe_job
from harness.jobs import score as score_job
from harness.jobs import train as train_job


def refused(ran, *words: str) -> None:
    """Exit code 2, one error on stderr that has the words, no traceback, no run and no unfinished artefact."""
    assert ran.code == 2, ran.out + ran.err
    sentence = " ".join(ran.err.split())
    assert sentence.startswith("Error: ")
    assert "Traceback" not in ran.err
    assert sentence.endswith((".", "'"))
    for word in words:
        assert word in sentence, sentence
    assert not Path("runs").exists()
    if Path("store").exists():
        assert not list(Path("store").rglob(".making-*"))


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["attack=knnn"], ["no attack 'knnn'", "Did you mean knn", "reconstruction"]),
        (["attack=[knn,sim]"], ["no attack 'sim'", "ssim"]),
        (["attack=[]"], ["No attack is named", "attack=all"]),
        (["attack.knn.kk=3"], ["'attack.knn.kk'", "attack.knn.k"]),
        (["attack.knn.k=three"], ["attack.knn.k", "three"]),
        (["attack.knn.distance=pixle"], ["pixle", "pixel"]),
        (["attack.ssim.window=7"], ["attack.ssim", "named in attack="]),
        (["data=phantm"], ["no data 'phantm'", "Did you mean phantom"]),
        (["preset=quik"], ["no preset 'quik'", "quick"]),
        (["shadow.step=3"], ["shadow.step", "shadow.steps"]),
        (["shadow.steps=0"], ["steps", "0"]),
        (["shadow.prediction=x"], ["prediction", "epsilon"]),
        (["shadow.count=3"], ["shadow.count=3", "even number from 4"]),
        (["shadow.n_images=0"], ["shadow.n_images=0"]),
        (["decision=half"], ["no decision rule 'half'", "top_half"]),
        (["rule=best"], ["no selection rule 'best'", "best_calibrated"]),
        (["device=cudaa"], ["cudaa", "auto"]),
        (["launch.workers=-1"], ["launch.workers=-1"]),
        (["launch.address=auto"], ["launch=ray has an option address", "name it, too", "launch.workers"]),
        (["sede=1"], ["'sede'", "seed"]),
        (["seed"], ["seed"]),
        (["attack=null"], ["attack"]),
        (["shadow=null"], ["shadow"]),
        (["data=folder", "data.root=.", "data.name=bar"], ["no data 'bar'"]),
        (["data=folder", "data.root=."], ["lies inside data.root"]),
        (["attack=loss", "attack.loss.noise_seed=-1"], ["noise_seed=-1"]),
        (["data=folder"], ["data.root"]),
        (["data=folder", "data.root=nowhere"], ["nowhere", "does not exist"]),
        (["data.patients=6"], ["at least 8 patients", "has 6 (and 12 slices)"]),
        (["attack.knn.k=17"], ["k=17", "1 to 16"]),
        (["attack=loss", "attack.loss.timesteps=[1000]"], ["1000", "0 to 999"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) and "=" in value[0] else "",
)
def test_options(harness, overrides, words):
    small = [] if overrides[0].startswith("data=") else ["data.patients=8", "data.slices=2"]
    refused(harness(*TINY, "shadow.steps=2", *small, *overrides), *words)


@pytest.fixture
def folder(images) -> Path:
    write_slices(Path("slices"), images(12, 16, 0))
    return Path("slices")


def run_on(harness, folder: Path, *more: str):
    return harness(*TINY, "data=folder", f"data.root={folder}", "shadow.steps=2", *more)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_empty_folder(harness):
    Path("empty").mkdir()
    refused(run_on(harness, Path("empty")), "empty", "no image")


def test_root_that_is_a_file(harness):
    Path("file.png").write_bytes(b"x")
    refused(run_on(harness, Path("file.png")), "file.png", "is a file")


def test_file_that_is_no_image_is_named(harness, folder):
    (folder / "slice_005.png").write_text("not a picture")
    refused(run_on(harness, folder), "slice_005.png")


def test_truncated_file_is_named(harness, folder):
    whole = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8))
    whole.save(folder / "slice_007.png")
    data = (folder / "slice_007.png").read_bytes()
    (folder / "slice_007.png").write_bytes(data[: len(data) // 2])
    refused(run_on(harness, folder), "slice_007.png")


def test_image_smaller_than_the_working_size_is_named_with_the_numbers(harness, folder):
    Image.new("L", (8, 8)).save(folder / "slice_003.png")
    refused(run_on(harness, folder), "slice_003.png", "8", "16")


def test_palette_rgb_and_sizes_are_converted_with_one_remark_each(harness, folder, images):
    for number in (1, 2):
        Image.fromarray(images(1, 16, number)[0]).convert("P").save(folder / f"slice_00{number}.png")
    Image.fromarray(images(1, 16, 5)[0]).convert("RGB").save(folder / "slice_005.png")
    Image.fromarray(images(1, 32, 6)[0]).save(folder / "slice_006.png")
    ran = run_on(harness, folder)
    assert ran.code == 0, ran.err
    notes = json.loads((only_run() / "manifest.json").read_text())["warnings"]
    assert ran.out.count("Note: ") == len(notes)
    for words in (["2 of 12", "had a palette"], ["several channels", "slice_005"], ["32x32", "16x16"]):
        assert len([note for note in notes if all(word in note for word in words)]) == 1, (words, notes)
    run_on(harness, folder)  # from the store, and told again
    assert json.loads((only_run() / "manifest.json").read_text())["warnings"] == notes


def test_duplicate_names_in_the_metadata(harness, folder):
    rows = [f"slice_{i:03d}.png,p{i}" for i in (*range(1, 13), 4)]
    (folder / "metadata.csv").write_text("\n".join(["file_name,patient_id", *rows]) + "\n")
    refused(run_on(harness, folder), "slice_004.png", "more than once")


def test_metadata_that_names_a_missing_file(harness, folder):
    (folder / "metadata.csv").write_text("file_name,patient_id\nslice_001.png,a\nslice_999.png,b\n")
    refused(run_on(harness, folder), "slice_999.png")


def test_fewer_patients_than_the_plan_needs(harness, folder):
    rows = [f"slice_{i:03d}.png,p{i % 5}" for i in range(1, 13)]
    (folder / "metadata.csv").write_text("\n".join(["file_name,patient_id", *rows]) + "\n")
    refused(run_on(harness, folder), "at least 8 patients", "has 5 (and 12 slices)")


def test_edition_without_test_folders(harness, images):
    write_slices(Path("clef/used"), images(8, 16, 0), "used_{:04d}.png")
    ran = harness(*TINY, "data=imageclef2023", "data.root=clef")
    refused(ran, "generated_1", "used")


def test_out_that_holds_something_else_is_refused_before_any_work(harness):
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("x")
    refused(harness(*TINY_PHANTOM, "out=mine"), "mine", "not a run")
    assert not Path("store").exists()


@pytest.mark.parametrize(
    ("where", "missing"),
    [
        ((train_job, "_train"), ["generator", "release"]),
        ((train_job, "_release"), ["release"]),
        ((observe_job, "_observe"), ["observation"]),
        ((score_job, "_score"), ["scores"]),
    ],
    ids=["train", "release", "observe", "score"],
)
def test_full_disk_at_any_stage(scored, harness, monkeypatch, where, missing):
    """The store has all but what the stage makes."""
    for kind in missing:
        shutil.rmtree(scored / kind)
    real = getattr(*where)

    def full(*arguments):
        real(*arguments)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*where, full)
    refused(harness(*TINY_PHANTOM), "disk is full", "store.root")
    monkeypatch.setattr(*where, real)
    assert harness(*TINY_PHANTOM).code == 0
    assert all(any(Path(scored, kind).iterdir()) for kind in missing)
    assert (only_run() / "submission.csv").is_file()


@pytest.mark.parametrize(
    ("limit_bytes", "finished"),
    [(4_000, set()), (30_000, {"pool"})],
    ids=["while reading slices", "while saving a generator"],
)
def test_a_write_the_system_refuses_is_told_in_words(limit_bytes, finished):
    """A real limit of the operating system in a real process: no file may grow beyond it (EFBIG)."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes})); "
        f"from harness.run.__main__ import main; sys.argv = {['run', *TINY_PHANTOM]!r}; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.parent.parent.name for path in Path("store").rglob("meta.json")} == finished
    assert not list(Path("store").rglob(".making-*"))
    assert not Path("runs").exists()


def test_a_device_is_checked_even_where_nothing_is_left_to_compute(ran, harness):
    told = harness(*WHOLE, "device=cudaa")
    assert told.code == 2
    assert "Did you mean cuda" in told.err


def test_a_broken_plugin_is_named_where_an_attack_is_not_found(harness, monkeypatch):
    monkeypatch.setitem(registry.find_attacks().broken, "mine", "Traceback\nImportError: no module named nothing")
    refused(harness(*TINY_PHANTOM, "attack=mine"), "no attack 'mine'", "no module named nothing")


@pytest.mark.parametrize(
    "option", ["attack.knn.k=17", "attack.knn_cal.k=0", "attack.ssim.window=17", "attack.loss.timesteps=[1000]"]
)
def test_options_that_cannot_work_are_refused_before_anything_is_trained(harness, option):
    for more in ([], ["dry_run=true"]):
        refused(
            harness(*TINY_PHANTOM, "attack=all", option, *more), option.split(".")[1], "17" if "17" in option else "0"
        )
    assert not Path("store/generator").exists()


def test_values_that_need_quotes_of_their_own_are_told_so(harness):
    refused(harness("data=folder", "data.root=/my slices (1)"), "quotes of its own")


def test_a_slip_in_one_attack_file_leaves_the_others(scored, harness, monkeypatch, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "slip.py").write_text("def broken(:\n")
    monkeypatch.setattr("attacks.__path__", [*attacks.__path__, str(tmp_path / "plugins")])
    registry.found_so_far.cache_clear()
    try:
        ran = harness(*TINY_PHANTOM)
        assert ran.code == 0
        assert "attacks/slip.py could not be imported" in " ".join(ran.out.split())
    finally:
        registry.found_so_far.cache_clear()
