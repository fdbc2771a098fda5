"""The scripts in examples/ run from anywhere and print what they promise."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data.options import DicomData
from harness.data.pool import load_pool
from harness.data.sources.phantom import phantom_slices
from harness.errors import HarnessWarning
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import SCHEMA, Record
from harness.external import External
from harness.store import Store
from shadow_models.sample import sample
from shadow_models.train import train

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def script(name: str, *words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """An example, started in a folder that is not the repository."""
    return subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *map(str, words)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def two_folders(tmp_path, images):
    """Eight candidates of which c1 and c6 are released, c6 to the pixel, among six unknown images."""
    candidates, others = images(8, 32, 0), images(6, 32, 1)
    noise = np.random.default_rng(0).integers(0, 3, (32, 32), dtype=np.uint8)
    release = [others[0], candidates[1] + noise, *others[1:], candidates[6]]
    for name, several in (("candidates", candidates), ("release", release)):
        (tmp_path / name).mkdir()
        for number, one in enumerate(several):
            Image.fromarray(one).save(tmp_path / name / f"{name[0]}{number}.png")
    return tmp_path


@pytest.mark.parametrize("attack", ["knn", "ssim"])
def test_two_folders_give_a_score_a_candidate_best_first(two_folders, attack):
    done = script(
        "score_two_folders.py", "candidates", "release", "--attack", attack, "--size", 32, folder=two_folders
    )
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["id"] for row in rows[:2]] == ["c6", "c1"]
    assert {row["id"] for row in rows} == {f"c{number}" for number in range(8)}
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert scores[1] - scores[2] > 0.1 * (scores[0] - scores[-1])


def test_two_folders_offer_no_attack_that_needs_more_and_name_a_missing_folder(two_folders):
    for attack in ("loss", "knn_reg", "blind"):
        done = script("score_two_folders.py", "candidates", "release", "--attack", attack, folder=two_folders)
        assert done.returncode == 2
        assert f"invalid choice: '{attack}'" in done.stderr
    done = script("score_two_folders.py", "candidates", "nowhere", "--size", 32, folder=two_folders)
    assert done.returncode == 2
    assert "nowhere does not exist" in done.stderr


def test_the_custom_attack_tells_the_released_half(tmp_path):
    done = script("custom_attack.py", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == [f"slice_{number}" for number in range(8)]
    scores = {kind: [float(row[1]) for row in rows if row[2] == kind] for kind in ("released", "not released")}
    assert [len(of_kind) for of_kind in scores.values()] == [4, 4]
    assert min(scores["released"]) > max(scores["not released"]) + 0.5


@pytest.fixture
def results(tmp_path):
    """A `results.json` of records as a run has them: attacks that ran, one skipped, a control, a test."""

    def record(attack, target_set="shadow", **more):
        return asdict(Record(attack=attack, via="release", target_set=target_set, access="release", **more))

    records = [
        record("knn", auc=Estimate(0.75, 0.5, 0.875), f1=Estimate(0.5), brier=Estimate(0.25, 0.125, 0.375)),
        record("loss", skipped="it needs the generator's model."),
        record("ssim", auc=Estimate(0.9375, 0.875, 1.0)),
        record("blind", kind="control", auc=Estimate(0.5, 0.5, 0.5)),
        record("knn", "test", auc=Estimate(None, note="truth is not known")),
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"schema": SCHEMA, "records": records}))
    return path


def test_results_become_a_markdown_table_of_the_attacks_best_first(results):
    done = script("results_to_table.py", results, folder=results.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "| attack | via | auc | f1 | accuracy | brier | skipped |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| ssim | release | 0.938 [0.875, 1.000] |  |  |  |  |",
        "| knn | release | 0.750 [0.500, 0.875] | 0.500 |  | 0.250 [0.125, 0.375] |  |",
        "| loss | release |  |  |  |  | it needs the generator's model. |",
    ]


def test_results_become_csv_of_the_targets_asked_for(results):
    done = script("results_to_table.py", results, "--targets", "test", "--format", "csv", folder=results.parent)
    assert list(csv.reader(io.StringIO(done.stdout)))[1:] == [["knn", "release", "", "", "", "", ""]]


def test_the_folder_of_dicom_files_is_read_as_its_phantoms(tmp_path):
    pytest.importorskip("pydicom")
    done = script("dicom_folder.py", "ct", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    data = DicomData(root=str(tmp_path / "ct"), slices="middle:2", size=64)
    with pytest.warns(HarnessWarning, match="8 of 488 DICOM files, or frames of them, were left out: 8 that are loc"):
        pool = load_pool(data, Store(tmp_path / "store"))
    drawn = phantom_slices(80, 6, 64, seed=0).pixels.reshape(80, 6, 64, 64)[:, 2:4].reshape(-1, 64, 64)
    assert len({*pool.patient_ids}) == 80
    assert {one.tobytes() for one in np.asarray(pool.pixels)} == {one.tobytes() for one in drawn}
    assert script("dicom_folder.py", "ct", folder=tmp_path).returncode == 1, "nothing is written over"


def test_the_external_generator_releases_images_near_its_members(tmp_path, images):
    members = images(12, 32, 0)
    command = f"{sys.executable} {{members}} {{release}} {{n}} {{seed}} {{size}}".split()
    command.insert(1, str(ROOT / "examples" / "external_generator.py"))
    generator = train(members, External(size=32, command=shlex.join(command)), seed=0)
    log = tmp_path / "log.txt"
    release = sample(generator, 9, seed=1, log=log)
    assert log.read_text() == "12 members, 11 components, 9 images\n"
    assert np.array_equal(sample(generator, 5, seed=1), release[:5])
    assert not np.array_equal(sample(generator, 9, seed=2), release)
    # It draws in the space of its members, in which others of that kind do not lie.
    basis = np.linalg.qr((members[1:].astype(float) - members[0]).reshape(11, -1).T)[0]

    def outside(those):
        flat = those.reshape(len(those), -1) - members[0].reshape(-1).astype(float)
        return np.linalg.norm(flat - flat @ basis @ basis.T, axis=1) / np.linalg.norm(flat, axis=1)

    assert outside(release).max() < 0.5 * outside(images(9, 32, 1)).min()


def test_the_flawed_folder_holds_every_flaw_once(tmp_path):
    done = script("flawed_folder.py", "slices", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    images = [np.asarray(Image.open(path)) for path in sorted((tmp_path / "slices").glob("*.png"))]
    assert (len(images), len({one.tobytes() for one in images})) == (28, 27)
    assert sum(not one.any() for one in images) == 1
    assert [one.shape for one in images if one.shape != (64, 64)] == [(128, 128)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_tested(path):
    assert 20 <= len(path.read_text(encoding="utf-8").splitlines()) <= 65
    assert f'"{path.name}"' in Path(__file__).read_text(encoding="utf-8")
