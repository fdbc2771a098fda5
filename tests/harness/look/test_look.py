"""`python -m harness.data look`: what it says of good and bad data, and that no name of anybody leaves it."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from data_sets import write_parquet
from PIL import Image
from scans import chest, header, write, write_nifti, write_series
from tiny import write_slices
from tiny_edition import write_edition

from harness.data.__main__ import main
from harness.data.sources.carried.files import carried
from harness.data.sources.phantom import phantom_slices
from harness.look.command import options_of
from harness.store import Store

ROOT = Path(__file__).parents[3]
PEOPLE = 10
DEFECTS = {"black": np.zeros((32, 32), np.uint8), "grey": np.full((32, 32), 90, np.uint8)}


@pytest.fixture
def look(tmp_path, monkeypatch, capsys):
    """`look("data=folder", ...)` in an empty folder: exit code, the words printed, and what went to stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["harness.data", "look", *words])
        code = main()
        printed = capsys.readouterr()
        return code, " ".join(printed.out.split()), " ".join(printed.err.split())

    return call


def write_folder(root: Path, **further: tuple[np.ndarray, str]) -> None:
    """Two slices of ten people as an imagefolder, and further ones: name -> image and whose."""
    slices = phantom_slices(PEOPLE, 2, 32, 0).pixels
    write_slices(root, slices)
    lines = [f"slice_{place + 1:03d}.png,mustermann {place // 2}" for place in range(len(slices))]
    for name, (image, person) in further.items():
        Image.fromarray(image).save(root / f"{name}.png")
        lines.append(f"{name}.png,{person}")
    (root / "metadata.csv").write_text("\n".join(["file_name,patient_id", *lines]) + "\n")


def test_phantoms_have_nothing_to_be_said_of(look):
    code, out, err = look("data.patients=12", "data.size=32", "--json", "found.json")
    assert (code, err) == (0, "")
    assert "slices 24, at 32 x 32 pixels" in out
    assert "patients 12 " in out
    assert "Nothing was found that speaks against a run" in out
    assert "4 shadows (shadow.count), each of half the patients: about 12 slices of 6" in out
    found = json.loads(Path("found.json").read_text())
    assert found["advice"] == []
    assert found["slices_per_patient"] == {"min": 2, "median": 2.0, "max": 2}
    assert found["duplicates"]["within_patients"] == {"equal": 0, "near": 24}
    assert sum(found["greys"]["histogram"]) == pytest.approx(1.0)


def test_greys_are_those_of_the_slices(look):
    look("data.patients=12", "data.size=32", "--json", "found.json")
    greys = json.loads(Path("found.json").read_text())["greys"]
    pixels = phantom_slices(12, 2, 32, 0).pixels
    assert (greys["min"], greys["max"]) == (pixels.min(), pixels.max())
    expected = np.quantile(pixels, [0.05, 0.5, 0.95], method="inverted_cdf")
    assert [greys["quantiles"][share] for share in ("0.05", "0.5", "0.95")] == expected.tolist()
    assert greys["histogram"][0] == pytest.approx((pixels < 8).mean())


def test_what_is_wrong_is_told_with_what_to_do_and_no_name_leaves_it(look):
    slices = phantom_slices(PEOPLE, 2, 32, 0).pixels
    again = slices[2] ^ np.uint8(1)
    mine = {"copy": (slices[0], "another"), "resaved": (again, "a third"), "twice": (slices[4], "mustermann 2")}
    defects = {name: (image, f"nobody {name}") for name, image in DEFECTS.items()}
    many = {f"many_{n}": (np.roll(slices[6], n + 1, 0), "mustermann 3") for n in range(12)}
    write_folder(Path("slices"), **mine, **defects, **many)
    (Path("slices") / "notes.txt").write_text("")
    code, out, err = look("data=folder", "data.root=slices", "data.size=32", "--out", "seen")
    assert (code, err) == (0, "")
    for sentence in (
        "2 slices are equal to the pixel to one of another patient: each may be used and not used at once.",
        "2 slices are nearly equal to one of another patient (under 2 of 255 grey levels apart)",
        "as like one of another patient as neighbouring slices are",
        "2 slices are equal to the pixel to another of the same patient",
        "1 slice is black: leave out what shows no lung",
        "1 slice is of one grey",
        "One patient has 14 slices, where half have 2 or fewer: data.per_patient=K",
        "data.root: 1 of another kind",
        "1 files were left out: 1 of another kind (first: notes.txt)",
        "seen/contact_sheet.png shows slices",
    ):
        assert sentence in out, sentence
    found = json.loads(Path("seen/look.json").read_text())
    assert found["show_nothing"] == {"black": 1, "constant": 1, "noise": 0}
    assert found["sizes_as_stored"] == [{"height": 32, "width": 32, "images": 37}]
    assert len(found["advice"]) == 7
    assert {path.name for path in Path("seen").iterdir()} == {"contact_sheet.png", "look.json"}
    assert carried(Path("seen/contact_sheet.png")) == ()
    for word in ("mustermann", "a third", "nobody grey", "resaved", "many_", "slice_0", "slices/", str(Path.cwd())):
        assert word not in json.dumps(found), word


def test_the_sheet_shows_slices_the_most_alike_and_what_shows_nothing(look, monkeypatch):
    shown = []
    monkeypatch.setattr("harness.look.write.sheet_png", lambda groups, columns: shown.append(groups) or b"")
    slices = phantom_slices(PEOPLE, 2, 32, 0).pixels
    again = slices[2] ^ np.uint8(1)
    write_folder(Path("slices"), again=(again, "another"), black=(DEFECTS["black"], "nobody"))
    look("data=folder", "data.root=slices", "data.size=32", "--out", "seen")
    ((every, alike, empty),) = shown
    assert len(every.panels) == 22
    pair = [panel.image for panel in alike.panels[:2]]
    assert {image.tobytes() for image in pair} == {slices[2].tobytes(), again.tobytes()}
    assert [panel.caption for panel in alike.panels[:2]] == ["", "1.0"]
    assert [int(panel.image.max()) for panel in empty.panels] == [0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["data.patients=6"], "needs at least 8 patients; this pool has 6 (and 12 slices)"),
        (["data.patients=12", "shadow.count=5"], "shadow.count=5 cannot be planned"),
    ],
)
def test_too_little_for_the_shadows_is_said_by_the_rule_of_the_plan(look, words, says):
    code, out, _ = look("data.size=16", *words)
    assert code == 0
    assert says in out
    assert "trains and attacks" not in out


def test_slices_of_nobody_are_told(look, images):
    write_slices(Path("slices"), images(9, 16, 0))
    code, out, _ = look("data=folder", "data.root=slices", "data.size=16")
    assert code == 0
    assert "patients 9 (of 9 slices nobody says whose they are)" in out
    assert "Of 9 of 9 slices nobody says whose they are: each, or each volume, counts as a patient" in out


def test_sizes_and_conversions_are_those_of_the_files_also_from_the_store(look, images):
    write_slices(Path("slices"), images(8, 32, 0))
    Image.fromarray(images(1, 48, 1)[0]).convert("RGB").save("slices/colour.png")
    first, second = (look("data=folder", "data.root=slices", "data.size=16")[1] for _ in range(2))
    assert "as stored 32 x 32 (8), 48 x 48 (1); 1 had several channels of equal values" in first
    assert first == second


def test_a_pool_of_an_older_version_says_what_is_not_known(look, monkeypatch):
    from harness.data import pool

    monkeypatch.setattr(pool, "_as_stored", lambda told: {})
    wrote = pool._write
    monkeypatch.setattr(
        pool, "_write", lambda *of: {name: one for name, one in wrote(*of).items() if name != "as_stored"}
    )
    code, out, _ = look("data.size=16", "data.patients=8")
    assert code == 0
    assert "as stored not known" in out


def test_slices_that_are_not_taken_are_not_looked_at(look):
    _, out, _ = look("data.size=16", "data.patients=8", "data.slices=4", "data.per_patient=1", "--json", "f.json")
    assert "slices 8 of 32 (data.per_patient)" in out
    assert json.loads(Path("f.json").read_text())["slices_per_patient"]["max"] == 1


def test_an_edition_is_looked_at_with_groups_for_patients(look, images):
    write_edition(Path("clef"), images)
    code, out, _ = look("data=imageclef2023", "data.root=clef", "data.size=16")
    assert code == 0
    assert "groups of slices that look alike: nobody says whose they are" in out
    assert "8 shadows" in out


def test_data_sets_are_looked_at(look, images):
    pytest.importorskip("datasets")
    write_parquet(Path("set"), images(12, 16, 0), tuple(f"Erika {n // 2}" for n in range(12)))
    code, out, _ = look("data=parquet", "data.files=set/slices.parquet", "data.image=slice", "data.size=16")
    assert code == 0
    assert "patients 6 " in out
    assert "Erika" not in out


def test_volumes_are_looked_at(look):
    pytest.importorskip("nibabel")
    for number in range(8):
        write_nifti(Path("scans") / f"mustermann_{number}.nii", chest(seed=number))
    code, out, err = look("data=nifti", "data.root=scans", "data.size=16", "--json", "found.json")
    assert (code, err) == (0, "")
    assert "slices 32, at 16 x 16" in out
    assert "patients 8 " in out
    assert "mustermann" not in out + Path("found.json").read_text()


def test_of_scans_the_window_is_told_and_what_reading_left_out(look):
    pytest.importorskip("pydicom")
    for number in range(8):
        write_series(Path("ct") / str(number), chest(seed=number), uids=f"1.{number + 2}", PatientID=f"P{number}")
    write(header(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), Path("ct") / "scout", chest()[0])
    hu = np.concatenate([chest(seed=number) for number in range(8)])
    outside = f"{100 * (hu < -500).mean():.1f} % of the pixels lie below, {100 * (hu > -100).mean():.1f} % above"
    words = ("data=dicom", "data.root=ct", "data.size=16", "data.slices=all", "data.window=[-300,400]")
    for _ in range(2):  # read, and from the store
        code, out, err = look(*words, "--json", "found.json")
        assert (code, err) == (0, "")
        assert "left out data.root: 1 that are localisers" in out
        assert "16 x 16 (48); numbers of a scanner, taken through the window" in out
        assert f"of your own, -500 is black and -100 white (data.window); {outside}" in out
    found = json.loads(Path("found.json").read_text())
    assert found["folders"][0]["images"] == 48
    expected = {"centre": -300, "width": 400, "below": (hu < -500).sum(), "above": (hu > -100).sum()}
    assert found["window"] == expected | {"pixels": hu.size}


def test_the_run_finds_what_was_read_in_the_store(look):
    look("data.size=16", "data.patients=8", "--json", "found.json")
    key = json.loads(Path("found.json").read_text())["pool"]
    assert Store(Path("store")).find("pool", key) is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["data=folder", "data.root=nowhere"], "data.root=nowhere does not exist"),
        (["data=foldr"], "There is no data 'foldr'. Did you mean folder"),
        (["data=dicom", "data.root=full", "data.patient=person"], "There is no value of data.patient 'person'"),
        (["data.size=0"], "data.size=0 must be at least 1"),
        (["--out"], "--out takes a place: --out DIR"),
        (["--out", "full"], "out=full is not empty, and nothing is replaced"),
        (["data=folder", "data.root=full", "--out", "full/in"], "lies inside data.root=full"),
        (["--json", "nowhere/f.json"], "there is no folder nowhere"),
        (["data=folder", "data.root=full", "--json", "full/f.json"], "lies in full, which this command reads"),
        (["attack=knn"], "attack"),
    ],
)
def test_mistakes_get_a_sentence_and_nothing_is_written(look, images, words, message):
    write_slices(Path("full"), images(8, 16, 0))
    before = sorted(Path().rglob("*"))
    code, out, err = look(*words)
    assert code == 2
    assert message in err
    assert out == ""
    assert sorted(Path().rglob("*")) == before


def test_the_page_shows_what_is_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("harness.look.write.sheet_png", lambda groups, columns: b"")
    runpy.run_path(str(ROOT / "examples" / "flawed_folder.py"))["write"](Path("slices"))
    page = (ROOT / "docs" / "look.md").read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["harness.data", "look", "data=folder", "data.root=slices", "--out", "seen"])
    assert main() == 0
    printed = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert f"```\n{printed}\n```" in page


@pytest.mark.parametrize("words", [[], ["see"]])
def test_the_first_word_is_look(words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["harness.data", *words])
    assert main() == 2
    assert "The first word must be look" in capsys.readouterr().err


def test_options_with_dashes_are_those_with_equals():
    words = ["--out", "my slices", "data=folder", '--json=a"b\\c', "--help"]
    assert options_of(words) == ['out="my slices"', "data=folder", 'json="a\\"b\\\\c"', "--help"]


def test_it_starts_without_what_trains():
    code = (
        "import sys; sys.argv = ['x', 'look', '--help']; from harness.data.__main__ import main; assert main() == 0;"
        "assert not {'torch', 'diffusers', 'sklearn', 'datasets', 'pandas', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "python -m harness.data look data=folder data.root=DIR" in done.stdout
