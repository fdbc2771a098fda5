"""Equal slices in stores of different salt: dealt alike, known again, and ranked together; nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_up_runs import write_run

from harness.compare import compare
from harness.share import __main__ as share_command

TINY = [
    "data.size=16", "shadow=copies", "shadow.n_images=8", "shadow.count=4", "launch.workers=0", "device=cpu",
]  # fmt: skip


def shown(found):
    """All that a comparison says, but for the remarks on its runs."""
    return [
        (table.apart, table.notes, table.wins, [(row.attack, row.rank, row.estimate, row.each) for row in table.rows])
        for table in found.tables
    ]


def write_both(root: Path, other_salt: str) -> None:
    for seed in range(5):
        write_run(root / f"a{seed}", {"knn": 0.3}, seed, salt="one" if seed < 3 else other_salt)
        write_run(root / f"b{seed}", {"ssim": 2.0}, seed, salt=other_salt)


def test_runs_of_two_salts_are_compared_as_runs_of_one(tmp_path):
    """To the last digit: the same candidates, the same patients in every resample, paired on the same generators."""
    write_both(tmp_path / "alike", "one")
    write_both(tmp_path / "apart", "two")
    alike, apart = compare([tmp_path / "alike"]), compare([tmp_path / "apart"])
    assert shown(apart) == shown(alike)
    assert [(one.attack, one.baseline) for one in apart.tables[0].wins] == [("ssim", "knn")]
    assert not any("salt" in note for note in alike.notes)
    assert any(
        "7 runs read the slices of an earlier one into a store of another salt" in note for note in apart.notes
    )


def test_of_other_slices_or_other_patients_nothing_is_known_again(tmp_path):
    write_run(tmp_path / "a", {"knn": 1.0}, salt="one")
    write_run(tmp_path / "b", {"ssim": 1.0}, salt="two", data_seed=1)
    found = compare([tmp_path])
    assert "its data are others" in found.tables[1].apart
    assert not any("salt" in note for note in found.notes)


@pytest.mark.parametrize("people", [[], None])
def test_a_list_that_contradicts_its_digest_or_is_missing_renames_nobody(tmp_path, people):
    write_run(tmp_path / "a", {"knn": 1.0}, salt="one")
    manifest = write_run(tmp_path / "b", {"ssim": 1.0}, salt="two") / "manifest.json"
    told = json.loads(manifest.read_text())
    told["slices"]["patients"] = people
    manifest.write_text(json.dumps(told))
    assert "its data are others" in compare([tmp_path]).tables[1].apart


def test_a_run_of_before_follows_its_pool(tmp_path):
    """An older version told no slices; a newer run of the same store does, and both stay together."""
    write_run(tmp_path / "a", {"knn": 1.0}, salt="one")
    write_run(tmp_path / "b", {"ssim": 1.0}, salt="two")
    write_run(tmp_path / "c", {"mc": 1.0}, salt="two", tells_slices=False)
    (table,) = compare([tmp_path]).tables
    assert len(table.rows) == 3


def test_a_part_of_the_slices_is_known_again_beside_the_whole(tmp_path):
    """Two pools of two digests each, met in turns: a name of one digest is not that of another."""
    write_run(tmp_path / "a", {"knn": 1.0}, salt="one", patients=24)
    write_run(tmp_path / "b", {"knn": 1.0}, salt="two")
    write_run(tmp_path / "c", {"ssim": 1.0}, salt="two", patients=24)
    write_run(tmp_path / "d", {"ssim": 1.0}, salt="one")
    assert [len(table.rows) for table in compare([tmp_path]).tables] == [2, 2]


def write_scans(root: Path, called: str) -> list[str]:
    """Twelve patients with two series of three slices each; called: what folders and files are called by."""
    pytest.importorskip("pydicom")
    pytest.importorskip("nibabel")
    from scans import chest, write_series

    for number in range(12):
        for series in range(2):
            uids = {"uids": f"1.2.826.0.1.3680043.8.498.7.{number}.{series}", "StudyInstanceUID": f"1.2.{number}"}
            volume = chest(3, seed=100 * series + number)
            write_series(root / f"{called}{number}-{series}", volume, PatientID=f"QUORRAX{number}", **uids)
    return ["data=dicom", f"data.root={root}", "data.slices=all"]


def write_rows(root: Path, called: str) -> list[str]:
    """As many in a parquet file."""
    pytest.importorskip("datasets")
    from data_sets import write_parquet

    images = np.random.default_rng(0).integers(0, 256, (36, 16, 16), np.uint8)
    people = tuple(f"QUORRAX{number % 12}" for number in range(36))
    return ["data=parquet", f"data.files={write_parquet(root / called, images, people)}", "data.image=raw"]


@pytest.mark.parametrize("make", [write_scans, write_rows])
def test_two_stores_read_the_same_slices_and_their_attacks_are_ranked_together(harness, tmp_path, make):
    """Of one seed they train the same generators, though their ids differ, and so do what files are called."""
    manifests = []
    for place, attack in (("here", "knn"), ("there", "ssim")):
        words = make(tmp_path / place, place)
        ran = harness(*words, *TINY, f"attack={attack}", f"store.root=store-{place}", f"out=runs/{place}")
        assert ran.code == 0, ran.err
        manifests.append(json.loads((tmp_path / "runs" / place / "manifest.json").read_text()))
    one, other = manifests
    assert one["pool"] != other["pool"]
    assert one["slices"]["digest"] == other["slices"]["digest"]
    names = [[row["patient"] for row in told["slices"]["patients"]] for told in manifests]
    assert len(names[0]) == 12
    assert not {*names[0]} & {*names[1]}
    assert one["generators"] == other["generators"], "members, seeds and keys: nothing of a salt decides halves"
    found = compare([tmp_path / "runs"])
    (table,) = [one for one in found.tables if one.access == "release"]
    assert {row.attack for row in table.rows} == {"knn", "ssim"}
    assert {row.rank for row in table.rows} <= {1.0, 1.5, 2.0}
    assert "QUORRAX" not in json.dumps(manifests)
    assert_copies_tell_nothing_of_it(tmp_path, manifests)


def assert_copies_tell_nothing_of_it(folder: Path, manifests) -> None:
    """Neither digest nor order nor an id goes out, so copies of the two stand apart even under one key."""
    for place, manifest in zip(("here", "there"), manifests, strict=True):
        run, copy = folder / "runs" / place, folder / "copies" / place
        copy.parent.mkdir(exist_ok=True)
        assert share_command.main([str(run), "--out", str(copy), "--key", str(folder / "key")]) == 0
        text = b"".join(path.read_bytes() for path in copy.iterdir())
        known = [one for of in manifest["slices"]["patients"] for one in (of["patient"], *of["slices"])]
        assert len(known) > 36
        assert not [one for one in (manifest["slices"]["digest"], *known) if one.encode() in text]
    apart = [table.apart for table in compare([folder / "copies"]).tables if table.access == "release"]
    assert apart[0] is None
    assert "its data are others" in apart[1]
