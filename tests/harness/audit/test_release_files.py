"""What is written is what was examined: pixels alone, under names that say nothing; what files carry is a finding."""

from __future__ import annotations

import csv
import json
import shutil

import numpy as np
import pytest
from audit_worlds import PER_PATIENT, chosen, people, strangers, write_folder
from PIL import Image, PngImagePlugin

from harness.audit import __main__ as command
from harness.data.sources.carried.files import carried

SECRET = "Muster, Erika"
QUICK = ["--attacks", "knn", "--size", "16", "--check", "ncc"]
N = 24
FREE = "Nothing was found here that speaks against handing out this folder"


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    """Members and holdout on the disk, 10 patients each."""
    root, both, half = tmp_path_factory.mktemp("sides"), people(20, seed=0), 10 * PER_PATIENT
    write_folder(root / "members", chosen(both, range(half)))
    write_folder(root / "holdout", chosen(both, range(half, 2 * half)))
    return root


def plain(image, path):
    Image.fromarray(image).save(path)


def with_text(image, path):
    info = PngImagePlugin.PngInfo()
    info.add_text("Patient", SECRET)
    Image.fromarray(image).save(path, pnginfo=info)


def with_alpha(image, path):
    grey = Image.fromarray(image)
    Image.merge("LA", [grey, Image.fromarray(image[::-1].copy())]).save(path)


def with_tail(image, path):
    Image.fromarray(image).save(path)
    with path.open("ab") as file:
        file.write(SECRET.encode())


def with_chunk_of_a_profile(image, path):
    Image.fromarray(image).save(path, icc_profile=SECRET.encode() * 9)


CARRYING = {with_text: "tEXt", with_alpha: "alpha", with_tail: "bytes after IEND", with_chunk_of_a_profile: "iCCP"}


def write_release(folder, save, name="{}_{:03d}.png"):
    folder.mkdir()
    for number, image in enumerate(strangers(N, 8)):
        save(image, folder / name.format(SECRET.replace(", ", "_"), number))


def audited(sides, release, out, capsys, *more):
    """The report and what was printed."""
    folders = ["--release", release, "--members", sides / "members", "--holdout", sides / "holdout"]
    assert command.main([*map(str, [*folders, "--out", out]), *QUICK, *more]) == 0
    return json.loads((out / "report.json").read_text()), " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("save", "part"), CARRYING.items(), ids=lambda one: getattr(one, "__name__", one))
def test_what_files_carry_is_a_finding_and_is_not_written(sides, tmp_path, capsys, save, part):
    write_release(tmp_path / "release", save)
    report, told = audited(sides, tmp_path / "release", tmp_path / "out", capsys)
    assert {"part": part, "n": N, "share": 1.0, "first": "Muster_Erika_000.png"} in report["carried"]
    assert f"{part} ({N}, first Muster_Erika_000.png)" in told
    assert FREE not in told
    assert "do not hand out this folder as it is" in told
    written = sorted((tmp_path / "out" / "release").iterdir())
    assert len(written) == N - report["run"]["release"]["removed"]
    for path in written:
        assert carried(path) == ()
        assert SECRET.encode() not in path.read_bytes()
        assert "Muster" not in path.name


def test_a_folder_of_plain_files_gets_its_all_clear(sides, tmp_path, capsys):
    write_release(tmp_path / "release", plain)
    report, told = audited(sides, tmp_path / "release", tmp_path / "out", capsys)
    assert report["carried"] == []
    assert FREE in told


def test_pictures_are_written_at_their_own_size_to_the_pixel_and_the_same_bytes_again(sides, tmp_path, capsys):
    write_release(tmp_path / "release", with_alpha)
    audited(sides, tmp_path / "release", tmp_path / "one", capsys)
    audited(sides, tmp_path / "release", tmp_path / "two", capsys)
    with (tmp_path / "one" / "names.csv").open() as file:
        names = {row["released_as"]: row["file"] for row in csv.DictReader(file)}
    for new, old in names.items():
        with Image.open(tmp_path / "one" / "release" / new) as image:
            assert (image.mode, image.size) == ("L", (32, 32))
            with Image.open(tmp_path / "release" / old) as given:
                assert np.array_equal(np.asarray(image), np.asarray(given.getchannel(0)))
        assert (tmp_path / "one" / "release" / new).read_bytes() == (tmp_path / "two" / "release" / new).read_bytes()


def test_neither_names_nor_their_order_nor_times_say_what_the_old_ones_did(sides, tmp_path, capsys):
    write_release(tmp_path / "release", plain)
    audited(sides, tmp_path / "release", tmp_path / "out", capsys)
    with (tmp_path / "out" / "names.csv").open() as file:
        old = [row["file"] for row in csv.DictReader(file)]
    new = sorted(path.name for path in (tmp_path / "out" / "release").iterdir())
    assert new == [f"image_{number:04d}.png" for number in range(1, len(old) + 1)]
    assert old != sorted(old)
    assert old != sorted(old, reverse=True)


def test_other_formats_come_out_as_png(sides, tmp_path, capsys):
    write_release(
        tmp_path / "release", lambda image, path: Image.fromarray(image).save(path, comment=SECRET), "{}_{}.jpg"
    )
    report, told = audited(sides, tmp_path / "release", tmp_path / "out", capsys)
    assert [one["part"] for one in report["carried"]] == ["COM"]
    assert "COM" in told
    written = list((tmp_path / "out" / "release").iterdir())
    assert {path.suffix for path in written} == {".png"}
    assert all(SECRET.encode() not in path.read_bytes() for path in written)


@pytest.mark.parametrize("where", [".hidden.png", ".cache/more.png", "@eaDir/thumb.jpg"])
def test_pictures_in_the_folder_that_nobody_examined_are_refused(sides, tmp_path, capsys, where):
    write_release(tmp_path / "release", plain)
    (tmp_path / "release" / where).parent.mkdir(exist_ok=True)
    plain(strangers(1, 8)[0], tmp_path / "release" / where)
    folders = ["--release", tmp_path / "release", "--members", sides / "members", "--holdout", sides / "holdout"]
    assert command.main([*map(str, folders), *QUICK]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "holds 1 pictures that are not among the 24 examined" in told
    assert where in told


def test_other_files_in_the_folder_are_counted_and_stand_between_it_and_an_all_clear(sides, tmp_path, capsys):
    write_release(tmp_path / "release", plain)
    (tmp_path / "release" / "patients.txt").write_text(SECRET)
    (tmp_path / "release" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1" + bytes(99))
    report, told = audited(sides, tmp_path / "release", tmp_path / "out", capsys)
    assert report["not_examined"] == 2
    assert [one["folder"] for one in report["folders"]] == ["--release", "--members", "--holdout"]
    assert report["folders"][0]["images"] == N
    assert "2 files in the release's folder are no images and were not examined" in told
    assert "2 files in the release" in (tmp_path / "out" / "report.html").read_text()
    assert FREE not in told
    assert "do not hand out this folder as it is" in told
    assert {path.suffix for path in (tmp_path / "out" / "release").iterdir()} == {".png"}


def test_copies_in_sub_folders_are_removed_and_named_by_their_paths(sides, tmp_path, capsys):
    write_release(tmp_path / "release", plain)
    (tmp_path / "release" / "more").mkdir()
    members = sorted((sides / "members").glob("*.png"))[:3]
    for number, path in enumerate(members):
        with Image.open(path) as image:
            noise = np.random.default_rng(number).normal(0, 6, (32, 32))
            plain(
                np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8), tmp_path / "release" / "more" / path.name
            )
    report, _ = audited(sides, tmp_path / "release", tmp_path / "out", capsys)
    with (tmp_path / "out" / "removed.csv").open() as file:
        removed = {row["file"] for row in csv.DictReader(file)}
    assert removed >= {f"more/{path.name}" for path in members}
    assert len(list((tmp_path / "out" / "release").iterdir())) == N + 3 - report["run"]["release"]["removed"]


@pytest.mark.parametrize("other", ["0_PHANTOM_0003", " 0_phantom_0003", "0_phantom_3", "0_phantom_\u200b0003"])
def test_one_patient_spelt_otherwise_on_the_other_side_is_refused(sides, tmp_path, capsys, other):
    write_release(tmp_path / "release", plain)
    shutil.copytree(sides / "holdout", tmp_path / "holdout")
    table = tmp_path / "holdout" / "metadata.csv"
    table.write_text(table.read_text().replace("0_phantom_0013\n", f"{other}\n"), encoding="utf-8")
    folders = ["--release", tmp_path / "release", "--members", sides / "members", "--holdout", tmp_path / "holdout"]
    assert command.main([*map(str, folders), *QUICK]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "1 patients of --members and of --holdout differ only in how their ids are spelt" in told
    assert "0_phantom_0003" in told
