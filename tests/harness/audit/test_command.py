"""`python -m harness.audit` on folders: what it prints and writes, and what it says of bad input."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from audit_worlds import PER_PATIENT, chosen, noisy, people, strangers, write_folder
from PIL import Image
from shapes import has_shape
from tiny import write_slices

from attacks.distances import DISTANCES
from harness.audit import __main__ as command
from harness.audit.figures import SCHEMA
from harness.audit.leakage import chosen_attacks
from harness.data.sources.slices import Slices

N_COPIES, N_STRANGERS = 12, 60
QUICK = ["--attacks", "knn", "--size", "32", "--check", "ncc"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A release with 12 copies of 6 slices, on the disk."""
    root = tmp_path_factory.mktemp("world")
    both, half = people(40, seed=0), 20 * PER_PATIENT
    members, holdout = chosen(both, range(half)), chosen(both, range(half, 2 * half))
    copied = noisy(members.pixels[np.repeat(np.arange(6) * PER_PATIENT, 2)], 6.0, 1)
    write_slices(root / "release", np.concatenate([copied, strangers(N_STRANGERS, 3)]), "syn_{:03d}.png")
    write_folder(root / "members", members)
    write_folder(root / "holdout", holdout)
    return root


@pytest.fixture
def folders(world, tmp_path):
    """The same, to spoil."""
    shutil.copytree(world, tmp_path / "world")
    return tmp_path / "world"


def given(root):
    return [word for name in ("release", "members", "holdout") for word in (f"--{name}", str(root / name))]


def refused(capsys, *arguments):
    """The sentence of a command that ends with exit code 2."""
    assert command.main([*map(str, arguments)]) == 2
    return " ".join(capsys.readouterr().err.split())


@pytest.fixture(scope="module")
def written(world):
    out = world / "out"
    if not out.exists():
        assert command.main([*given(world), *QUICK, "--pictures", "--out", str(out)]) == 0
    return out


def test_the_filtered_release_holds_the_pixels_of_the_others(world, written):
    with (written / "names.csv").open() as file:
        names = {row["file"]: row["released_as"] for row in csv.DictReader(file)}
    copied = {f"syn_{number + 1:03d}.png" for number in range(N_COPIES)}
    everything = {path.name for path in (world / "release").iterdir()}
    assert not set(names) & copied
    assert len(everything - copied - set(names)) <= 2
    assert sorted(names.values()) == sorted(path.name for path in (written / "release").iterdir())
    for name, new in names.items():
        with Image.open(world / "release" / name) as one, Image.open(written / "release" / new) as other:
            assert np.array_equal(np.asarray(one), np.asarray(other))
    with (written / "removed.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["file"] for row in rows} == everything - set(names)
    gaps = [float(row["gap"]) for row in rows]
    assert gaps == sorted(gaps, reverse=True)
    assert min(gaps) > float(rows[0]["threshold"])
    assert {row["nearest_member"] for row in rows if row["file"] == "syn_001.png"} == {"0_phantom_0000_00"}


def test_the_json_report(written):
    has_shape("audit", written / "report.json")
    report = json.loads((written / "report.json").read_text())
    assert report["schema"] == SCHEMA
    assert report["run"]["release"] == {"n": N_COPIES + N_STRANGERS, "removed": pytest.approx(N_COPIES, abs=2)}
    assert report["threshold"]["fixed_on"] == "holdout"
    by_name = {(record["measure"], record["release"]): record for record in report["records"]}
    copies = by_name["released_copies_ncc", "given"]
    assert copies["low"] <= N_COPIES / (N_COPIES + N_STRANGERS) <= copies["high"]
    assert copies["unit"] == "fraction"
    for record in report["records"]:
        assert record["resampled"]
        assert (record["value"] is None) == (record["note"] is not None)
    assert ("frechet_to_members", "filtered") in by_name
    assert report["verdict"][-1].startswith("No finding is no proof")


def test_the_page_opens_offline_and_shows_pairs(written):
    page = (written / "report.html").read_text()
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)
    assert page.count("<img") == 2 * 24
    assert page.count(">copy</span>") >= N_COPIES
    assert "Do not hand out this folder" in page


def test_no_slice_is_shown_unless_asked_for(world, tmp_path):
    assert command.main([*given(world), *QUICK, "--out", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<img" not in page
    assert "data:image" not in page
    assert "The same command with --pictures shows" in page


def test_the_table_fits_100_columns_and_ends_in_a_verdict(world, capsys):
    assert command.main([*given(world), *QUICK]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("72 released images")
    assert max(map(len, printed.splitlines())) <= 100
    assert "n too small" in printed
    assert "No finding is no proof" in " ".join(printed.split())


def test_formats_are_printed_as_they_are_written_and_the_same_again(world, written, capsys):
    for form, file in (("json", "report.json"), ("html", "report.html")):
        assert command.main([*given(world), *QUICK, "--pictures", "--format", form]) == 0
        assert capsys.readouterr().out == (written / file).read_text()
    assert (written / "report.md").read_text().startswith("# Audit")


def test_names_written_out_are_those_there_are():
    assert set(command.DISTANCES) == set(DISTANCES)
    assert list(chosen_attacks(command.ATTACKS, 64, 100)) == list(command.ATTACKS)


def test_help_needs_no_numpy():
    code = "import sys, harness.audit.__main__ as m; m._parser(); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_slice_on_both_sides(folders, capsys):
    shutil.copy(folders / "members" / "0_phantom_0002_01.png", folders / "holdout" / "again.png")
    with (folders / "holdout" / "metadata.csv").open("a") as file:
        file.write("again.png,somebody\r\n")
    told = refused(capsys, *given(folders), *QUICK)
    assert "again is the member 0_phantom_0002_01" in told
    assert "pixel for pixel" in told


def test_a_patient_on_both_sides(folders, capsys):
    table = folders / "holdout" / "metadata.csv"
    table.write_text(table.read_text().replace("0_phantom_0025\n", "0_phantom_0003\n"))
    told = refused(capsys, *given(folders), *QUICK)
    assert "1 patients are in --members" in told
    assert "0_phantom_0003" in told
    assert "--other DIR" in told


def test_one_folder_given_twice(folders, capsys):
    told = refused(
        capsys, "--release", folders / "release", "--members", folders / "members", "--holdout", folders / "members"
    )
    assert "--members and --holdout are one folder" in told


def test_too_few(folders, capsys):
    for path in sorted((folders / "release").iterdir())[10:]:
        path.unlink()
    assert "holds 10 images" in refused(capsys, *given(folders), *QUICK)


def test_too_few_patients(folders, capsys, tmp_path):
    few = people(5, seed=1)
    write_folder(tmp_path / "few", few)
    told = refused(capsys, *given(folders)[:4], "--holdout", tmp_path / "few", *QUICK)
    assert "slices of 5 patients; 8 or more" in told


def test_mixed_sizes(folders, capsys):
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(folders / "release" / "syn_900.png")
    told = refused(capsys, *given(folders), *QUICK)
    assert "several sizes" in told
    assert "40x40 (syn_900.png)" in told


def test_other_slices_of_strangers(folders, capsys, tmp_path):
    write_folder(tmp_path / "other", people(5, seed=1))
    told = refused(capsys, *given(folders), "--other", tmp_path / "other", *QUICK)
    assert "No patient of --other" in told


def test_names_without_patients_that_are_alike(tmp_path, folders, capsys):
    half = people(20, seed=0, per_patient=1)
    names = tuple(f"slice_{i}" for i in range(20))
    for side, pixels in (("m", half.pixels), ("h", people(20, seed=1, per_patient=1).pixels)):
        write_folder(tmp_path / side, Slices(pixels, names, names), patients=False)
    told = refused(capsys, *given(folders)[:2], "--members", tmp_path / "m", "--holdout", tmp_path / "h", *QUICK)
    assert "have the same names" in told


def test_one_patient_id_among_many_slices_makes_no_patient_known(folders, capsys):
    table = folders / "members" / "metadata.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:2], *(f"{line.split(',')[0]}," for line in lines[2:])]) + "\n")
    assert command.main([*given(folders), *QUICK]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "60 members' slices of 1 patient and 59 whose patient is not known" in told
    assert "Whose slice it is, is known of 1 of 60 slices of members (0.017)" in told
    assert "no copy" in told


def test_names_of_slices_without_patients_that_are_alike_in_part(folders, capsys):
    for side in ("members", "holdout"):
        Image.fromarray(np.full((32, 32), ord(side[0]), np.uint8)).save(folders / side / "odd.png")
        with (folders / side / "metadata.csv").open("a") as file:
            file.write("odd.png,\n")
    told = refused(capsys, *given(folders), *QUICK)
    assert "have the same names (first: odd)" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--attacks", "knm"], "Did you mean knn"),
        (["--attacks", "loss"], "needs more than a release"),
        (["--attacks", "knn_cal"], "needs more than a release"),
        (["--false-copies", "0.7"], "below 0.5"),
        (["--size", "4"], "too small"),
        (["--encoder", "no-such-file"], "--encoder no-such-file cannot be used"),
    ],
)
def test_options_out_of_range(world, capsys, options, said):
    assert said in refused(capsys, *given(world), *QUICK, *options)


def test_out_must_be_empty_and_elsewhere(world, written, capsys):
    assert "is not empty" in refused(capsys, *given(world), *QUICK, "--out", written)
    inside = world / "members" / "report"
    assert "one lies in the other; give a folder apart from it" in refused(
        capsys, *given(world), *QUICK, "--out", inside
    )
    assert not inside.exists()
