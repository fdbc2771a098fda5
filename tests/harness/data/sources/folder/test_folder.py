import subprocess
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data.sources.folder.read import read_folder, read_images
from harness.data.sources.slices import Slices
from harness.errors import HarnessWarning, InputError

REAL = Path(__file__).parents[6] / "shared" / "data"


def _put(root: Path, *names: str, side: int = 16) -> None:
    """Write grey images; image k is filled with k + 1."""
    for index, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((side, side), index + 1, np.uint8)).save(root / name)


def _describe(root: Path, *rows: str) -> None:
    (root / "metadata.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _read(root: Path) -> tuple[Slices, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HarnessWarning)
        slices = read_folder(root, 16, "data.root")
    return slices, [str(w.message) for w in caught if issubclass(w.category, HarnessWarning)]


def _greys(slices: Slices) -> list[int]:
    return slices.pixels[:, 0, 0].tolist()


def test_metadata_gives_order_ids_and_patients(tmp_path: Path) -> None:
    _put(tmp_path, "s/a.png", "s/b.png", "s/c.png")
    _describe(tmp_path, "file_name,patient_id,z_mm", "s/b.png,007,1.5", "s/a.png,7,2", "s/c.png,007,")
    slices, remarks = _read(tmp_path)
    assert slices.ids == ("b", "a", "c")
    assert slices.patient_ids == ("007", "7", "007"), "text, not numbers"
    assert _greys(slices) == [2, 1, 3]
    assert len(remarks) == 1
    assert "differ only in spelling (first: '007' and '7')" in remarks[0]


def test_without_metadata_each_slice_is_its_own_patient(tmp_path: Path) -> None:
    _put(tmp_path, "a.png", "b.png")
    slices, remarks = _read(tmp_path)
    assert slices.patient_ids == slices.ids == ("a", "b")
    assert slices.named.tolist() == [False, False]
    assert len(remarks) == 1
    assert "2 of 2 slices" in remarks[0]
    assert "patients of their own" in remarks[0]


def test_metadata_without_patient_id_is_told(tmp_path: Path) -> None:
    _put(tmp_path, "a.png", "b.png")
    _describe(tmp_path, "file_name,patient", "a.png,1", "b.png,1")
    slices, remarks = _read(tmp_path)
    assert slices.patient_ids == ("a", "b")
    assert slices.unnamed == {"a", "b"}
    assert "patient_id" in remarks[0]


def test_an_empty_patient_id_joins_no_other(tmp_path: Path) -> None:
    _put(tmp_path, "a.png", "b.png", "c.png", "d.png")
    _describe(tmp_path, "file_name,patient_id", "a.png,b", "b.png,", "c.png, ", "d.png,b")
    slices, remarks = _read(tmp_path)
    assert slices.patient_ids[0] == slices.patient_ids[3] == "b"
    assert len(set(slices.patient_ids)) == 3
    assert slices.named.tolist() == [True, False, False, True]
    assert "2 of 4 slices" in remarks[0]


@pytest.mark.parametrize("name", ["metadata.jsonl", "metadata.parquet"])
def test_other_metadata_formats_are_read(tmp_path: Path, name: str) -> None:
    import pandas as pd

    _put(tmp_path, "a.png", "b.png")
    table = pd.DataFrame({"file_name": ["b.png", "a.png"], "patient_id": [3, 3]})
    if name.endswith("jsonl"):
        table.to_json(tmp_path / name, orient="records", lines=True)
    else:
        table.to_parquet(tmp_path / name)
    slices, _ = _read(tmp_path)
    assert (slices.ids, slices.patient_ids) == (("b", "a"), ("3", "3"))


def test_nested_folders_and_upper_case_endings_are_read(tmp_path: Path) -> None:
    _put(tmp_path, "one/two/a.PNG", "one/b.Jpeg", "c.TIF")
    slices, _ = _read(tmp_path)
    assert sorted(slices.ids) == ["a", "b", "c"]


def test_class_folders_are_no_labels_but_tell_same_stems_apart(tmp_path: Path) -> None:
    _put(tmp_path, "train/sick/1.png", "test/well/1.png")
    slices, _ = _read(tmp_path)
    assert set(slices.ids) == {"train/sick/1", "test/well/1"}
    assert vars(slices).keys() == {"pixels", "ids", "patient_ids", "unnamed", "files", "account"}


def test_ids_are_safe_in_a_csv_and_unique(tmp_path: Path) -> None:
    _put(tmp_path, "a b.png", "a,b.png", "a_b.png", "a_b.jpg", "tab\tname.png")
    slices, _ = _read(tmp_path)
    assert len(set(slices.ids)) == 5
    assert not any(set(name) & set(' ,;"\t\n') for name in slices.ids)


def test_brackets_and_spaces_in_the_path_are_no_pattern(tmp_path: Path) -> None:
    root = tmp_path / "set [1] #2 *"
    _put(root, "a [x].png", "b.png")
    assert len(_read(root)[0]) == 2


def test_a_relative_root_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _put(tmp_path, "in/a.png", "in/b.png")
    _describe(tmp_path / "in", "file_name,patient_id", "./b.png,1", "a.png,2")
    monkeypatch.chdir(tmp_path)
    assert _read(Path("in"))[0].ids == ("b", "a")


def test_hidden_copies_are_left_alone(tmp_path: Path) -> None:
    _put(tmp_path, "a.png", "__MACOSX/a.png", ".cache/b.png")
    (tmp_path / "._a.png").write_bytes(b"no image")
    (tmp_path / "notes.txt").write_text("no image")
    assert _read(tmp_path)[0].ids == ("a",)


def test_images_the_metadata_does_not_name_are_left_out_and_told(tmp_path: Path) -> None:
    _put(tmp_path, "a.png", "b.png", "c.png")
    _describe(tmp_path, "file_name,patient_id", "b.png,1")
    slices, remarks = _read(tmp_path)
    assert slices.ids == ("b",)
    assert "2 of 3 images in data.root are left out: the metadata does not name them (first: a.png)" in remarks[0]


def test_a_byte_order_mark_in_the_metadata_is_no_name(tmp_path: Path) -> None:
    _put(tmp_path, "a.png")
    (tmp_path / "metadata.csv").write_text("file_name,patient_id\na.png,1\n", encoding="utf-8-sig")
    slices = _read(tmp_path)[0]
    assert slices.patient_ids == ("1",)
    assert slices.named.all()


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_folder(tmp_path / "gone", 16, "data.root")


def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    _put(tmp_path, "a.png")
    with pytest.raises(InputError, match="is a file"):
        read_folder(tmp_path / "a.png", 16, "data.root")


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(InputError, match="holds no images"):
        read_folder(tmp_path, 16, "data.root")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["file_name,patient_id", "a.png,1", "gone.png,1"], r"\.csv, line 3: there is no file gone\.png; correct"),
        (["file_name,patient_id", "A.PNG,1", "a.png,1"], r"\.csv, line 2: there is no file A\.PNG; correct"),
        (
            ["file_name,patient_id", "a.pn,1", "A,1"],
            r"no file a\.pn \(but a\.png\) \(rows like it: 2\)",
        ),
        (
            ["file_name,patient_id", "a.png,1", "./a.png,2"],
            r"line 3: .* names the file a\.png more than once \(before: line 2\)",
        ),
        (["name,patient_id", "a.png,1"], "no column file_name; it has: name, patient_id"),
        (["file_name,patient_id"], "a header and no rows"),
        (["file_name,patient_id", "../a.png,1"], "line 2: file_name .* lies outside of the folder"),
        (["file_name,patient_id", "a.png,1,2,3", "a.png"], "line 2 has 4 fields, where the header has 2"),
        ([""], "no column file_name; it has: none"),
    ],
)
def test_wrong_metadata_is_refused(tmp_path: Path, rows: Iterable[str], message: str) -> None:
    _put(tmp_path, "a.png")
    _describe(tmp_path, *rows)
    with pytest.raises(InputError, match=message):
        read_folder(tmp_path, 16, "data.root")


def test_a_damaged_image_is_named_with_its_folder(tmp_path: Path) -> None:
    _put(tmp_path, "in/a.png", "in/b.png")
    (tmp_path / "in" / "b.png").write_bytes((tmp_path / "in" / "b.png").read_bytes()[:-30])
    with pytest.raises(InputError, match=r"in/b\.png"):
        _read(tmp_path)


def test_what_is_read_is_what_lies_there_now(tmp_path: Path) -> None:
    _put(tmp_path, "a.png")
    first = _greys(_read(tmp_path)[0])
    Image.fromarray(np.full((16, 16), 99, np.uint8)).save(tmp_path / "a.png")
    assert (first, _greys(_read(tmp_path)[0])) == ([1], [99])


def test_nothing_is_left_in_the_home_and_datasets_is_not_imported_early(tmp_path: Path) -> None:
    _put(tmp_path / "data", "a.png")
    home, scratch = tmp_path / "home", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    code = (
        "import sys, warnings; from pathlib import Path; warnings.simplefilter('ignore');"
        "from harness.data.sources.folder.read import read_folder; assert 'datasets' not in sys.modules;"
        "print(read_folder(Path(sys.argv[1]), 16, 'data.root').ids)"
    )
    places = {"HOME": str(home), "TMPDIR": str(scratch), "PYTHONPATH": ":".join(sys.path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")], env=places, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("('a',)", "")
    assert list(home.rglob("*")) == list(scratch.iterdir()) == []


def test_an_ordinary_imagefolder_is_read_as_the_datasets_library_reads_it(tmp_path: Path) -> None:
    import datasets

    _put(tmp_path / "data", "s/a.png", "s/b.png", "c.png")
    _describe(tmp_path / "data", "file_name,patient_id", "s/b.png,x 1", "c.png,y", "s/a.png,x 1")
    theirs = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "data"), split="train", cache_dir=str(tmp_path / "cache")
    )
    ours = _read(tmp_path / "data")[0]
    assert ours.patient_ids == tuple(theirs["patient_id"])
    assert _greys(ours) == [int(np.asarray(image)[0, 0]) for image in theirs["image"]]


def test_images_alone_are_sorted_by_path_at_any_depth(tmp_path: Path) -> None:
    _put(tmp_path, "b.png", "a.PNG", "c.png", "above/d.png")
    slices = read_images(tmp_path, 16, "--images")
    assert slices.ids == slices.patient_ids == ("a", "d", "b", "c")
    assert [path.name for path in slices.files] == ["a.PNG", "d.png", "b.png", "c.png"]
    assert _greys(slices) == [2, 4, 1, 3]


def test_two_files_of_one_stem_are_named(tmp_path: Path) -> None:
    _put(tmp_path, "a.png", "a.jpg", "b.png")
    with pytest.raises(InputError, match=r"share the id a: a\.jpg, a\.png"):
        read_images(tmp_path, 16, "--images")


def test_one_stem_in_two_folders_is_told_apart_by_its_folder_where_ids_need_not_be_stems(tmp_path: Path) -> None:
    _put(tmp_path, "one/a.png", "two/a.png")
    assert read_images(tmp_path, 16, "--images").ids == ("one/a", "two/a")
    with pytest.raises(InputError, match=r"share the id a: one/a\.png, two/a\.png"):
        read_images(tmp_path, 16, "--images", stems=True)


def test_clusters_of_equal_images_are_told(tmp_path: Path) -> None:
    for name in "abcde":
        Image.fromarray(np.full((16, 16), 7 if name in "abc" else ord(name), np.uint8)).save(tmp_path / f"{name}.png")
    with pytest.warns(
        HarnessWarning, match=r"3 of 5 images in --images are equal .* \(1 clusters, the largest of 3\)"
    ):
        read_images(tmp_path, 16, "--images")


@pytest.mark.skipif(not REAL.is_dir(), reason="shared/data with real slices is not beside the repository")
@pytest.mark.parametrize(("name", "slices", "patients"), [("lung_slices", 731, 70), ("lung_slabs", 39, 3)])
def test_real_folders_are_read(name: str, slices: int, patients: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", HarnessWarning)
        read = read_folder(REAL / name, 64, "data.root")
    assert (len(read), len(set(read.patient_ids))) == (slices, patients)
    assert 60 < read.pixels.mean() < 140
