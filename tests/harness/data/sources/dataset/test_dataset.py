"""Rows of a data set as slices: whatever holds the images, the pixels are the same; nothing else is read."""

from __future__ import annotations

import sys
import tarfile
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from data_sets import COMMIT, PEOPLE, png, rows_of, write_cache, write_parquet
from huggingface_hub.errors import EntryNotFoundError
from PIL import Image

from harness.data.options import HubData, ParquetData
from harness.data.pool import load_pool
from harness.data.pseudonyms import Salt
from harness.data.reading import source_of
from harness.data.sources.dataset import files as dataset_files
from harness.data.sources.dataset import images as dataset_images
from harness.data.sources.dataset import parts as dataset_parts
from harness.data.sources.dataset import sizes as dataset_sizes
from harness.data.sources.dataset.hashed import hashed_patients
from harness.data.sources.dataset.rows import find_rows, read_rows
from harness.data.sources.pixels.window import PRESETS
from harness.errors import InputError
from harness.store import Store

datasets = pytest.importorskip("datasets")
pytestmark = pytest.mark.filterwarnings("ignore::harness.errors.HarnessWarning")
SIDE, SALT = 16, Salt(b"x" * 32)


@pytest.fixture(scope="module")
def slices() -> np.ndarray:
    """Six slices, uint8 [6, 16, 16], of which the brightest pixels are white."""
    found = np.random.default_rng(0).integers(0, 256, (6, SIDE, SIDE), dtype=np.uint8)
    found[:, 0, 0] = 255
    return found


@pytest.fixture(scope="module")
def parquet(tmp_path_factory, slices) -> Path:
    return write_parquet(tmp_path_factory.mktemp("parquet") / "set", slices)


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    """The Hub is not asked, and the cache of `datasets` is an empty folder."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    for name in ("HF_DATASETS_CACHE", "DOWNLOADED_DATASETS_PATH", "EXTRACTED_DATASETS_PATH"):
        monkeypatch.setattr(f"datasets.config.{name}", tmp_path / "cache" / name)


def read(**options):
    """The slices of a data set, by the options of `data=parquet` or `data=hub`."""
    data = (ParquetData if "files" in options else HubData)(size=SIDE, **options)
    return read_rows(find_rows(data), SIDE, SALT)


def of_columns(folder: Path, features=None, **columns) -> str:
    """A parquet file of these columns."""
    path = folder / "made.parquet"
    datasets.Dataset.from_dict(columns, features=features and datasets.Features(features)).to_parquet(path)
    return str(path)


def arrays(folder: Path, values: list[np.ndarray]) -> str:
    """A parquet file of arrays as they are typed."""
    kind = datasets.Array2D if values[0].ndim == 2 else datasets.Array3D
    return of_columns(folder, {"x": kind(values[0].shape, values[0].dtype.name)}, x=values)


@pytest.mark.parametrize("column", ["slice", "array", "raw", "nested", "file"])
def test_whatever_holds_the_images_the_pixels_are_the_same(parquet, slices, column):
    found = read(files=str(parquet), image=column)
    assert np.array_equal(found.pixels, slices)
    assert found.ids == tuple(f"row_0000{number}" for number in range(1, 7))


def test_however_it_is_packed_it_is_the_same_pool(parquet, slices, tmp_path):
    rows = rows_of(slices)
    rows.save_to_disk(tmp_path / "saved")
    datasets.DatasetDict({"train": rows, "rest": rows.select([0])}).save_to_disk(tmp_path / "splits")
    (tmp_path / "shards").mkdir()
    for number, part in enumerate((rows.select(range(2)), rows.select(range(2, 6)))):
        part.to_parquet(tmp_path / "shards" / f"{number}.parquet")
    write_cache(Path(datasets.config.HF_DATASETS_CACHE), rows)
    ways = [
        ParquetData(files=str(parquet)),
        ParquetData(files=[str(tmp_path / "shards" / f"{number}.parquet") for number in range(2)]),
        ParquetData(files=str(tmp_path / "shards")),
        ParquetData(files=str(tmp_path / "shards" / "*.parquet")),
        HubData(path=str(tmp_path / "saved")),
        HubData(path=str(tmp_path / "splits")),
        HubData(path=str(tmp_path / "shards")),
        HubData(path="clinic/lungs"),
    ]
    assert len({find_rows(data).digest for data in ways}) == 1
    assert len(find_rows(HubData(path=str(tmp_path / "splits"), split="rest")).seen) == 1
    other = write_parquet(tmp_path / "other", slices, (*PEOPLE[:-1], "Otto"))
    assert find_rows(ParquetData(files=str(other))).digest != find_rows(ways[0]).digest


def test_a_folder_of_images_is_read_with_its_metadata(tmp_path, slices):
    (tmp_path / "set").mkdir()
    for number, image in enumerate(slices):
        (tmp_path / "set" / f"{number}.png").write_bytes(png(image))
    lines = [f"{number}.png,person {number // 2}" for number in range(6)]
    (tmp_path / "set" / "metadata.csv").write_text("\n".join(["file_name,patient_id", *lines]))
    found = read(path=str(tmp_path / "set"))
    assert np.array_equal(found.pixels, slices)
    assert len(set(found.patient_ids)) == 3


def test_patients_are_hashed_and_those_of_one_spelling_are_one(parquet):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = read(files=str(parquet))
    one, same, seven, also_seven, nobody, last = found.patient_ids
    assert one == same != last
    assert seven == also_seven
    assert nobody == "alone:row_00005"
    assert found.unnamed == {"row_00005"}
    assert len({one, seven, nobody, last}) == 4
    told = " ".join(str(one.message) for one in caught)
    assert "Patient ids of data.files, 1 group of them, differ only in spelling: case" in told
    assert "007" not in told


def test_no_name_path_or_other_column_reaches_the_store(parquet, tmp_path):
    load_pool(ParquetData(files=str(parquet), size=SIDE), Store(tmp_path / "store"))
    kept = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    for word in ("Muster", "1936-", "birthday", ".png", str(parquet.parent)):
        assert word.encode() not in kept, word


def test_a_hash_without_its_salt_says_nothing():
    names = ["a", None, "a", "b"]
    one, other = hashed_patients(names, SALT), hashed_patients(names, Salt(b"y" * 32))
    assert one[0] == one[2] != one[3]
    assert one[1] is None
    assert not {*one} & {*other} - {None}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"image": "slyce"},
            r"a column of data\.files: There is no column 'slyce'\. Did you mean slice\? There",
        ),
        ({"patient": "person"}, r"data\.patient, a column of data\.files: There is no column 'person'\.? "),
        ({"patient": "array"}, r"data\.patient=array: that column .* text or numbers are read"),
        ({"split": "test"}, r"no data\.split 'test'\. There are: train"),
        ({"image": "birthday"}, r"row 1 of data\.files names a file that does not exist\."),
    ],
)
def test_what_is_not_there_is_told_with_what_is(parquet, options, message):
    place = {"path": str(parquet.parent)} if "split" in options else {"files": str(parquet)}
    with pytest.raises(InputError, match=message):
        read(**place, **options)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [b"1"], "b": [b"2"]}, r"several columns of bytes: a, b\. Say which, data\.image=NAME"),
        (
            {"a": ["1"], "n": [2.0]},
            r"no column of images, arrays or bytes\. Its columns are: a, n\. .*name it: data\.im",
        ),
        ({"a": [[[0]]], "PatientID": ["x"]}, r"'PatientID', .* say so, data\.patient=PatientID"),
        ({"a": [[[0, 1], [2]]]}, r"row 1 of data\.files holds rows of several lengths"),
        ({"a": [[[0, None]]]}, r"row 1 of data\.files has gaps"),
        ({"a": [[[0]], None]}, r"row 2 of data\.files has no image"),
        ({"a": [b"no picture"]}, r"row 1 of data\.files is not an image of a kind that is read"),
        ({"a": [[[0]]], "patient_id": [1.5]}, r"row 1 of data\.files: patient_id holds a number, which is no id"),
        ({"a": []}, r"no column of images"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(tmp_path, columns, message):
    with pytest.raises(InputError, match=message):
        read(files=of_columns(tmp_path, **columns))


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../secret.png", "pictures/../../secret.png", "https://a.b/c.png", " "]
)
@pytest.mark.parametrize("kind", ["path", "image"])
def test_no_row_names_a_file_outside_of_the_data_set(tmp_path, slices, name, kind):
    (tmp_path / "secret.png").write_bytes(png(slices[0]))
    (tmp_path / "set").mkdir()
    if kind == "path":
        made = of_columns(tmp_path / "set", x=[name])
    else:
        schema = datasets.Features({"x": datasets.Image()}).arrow_schema
        made = tmp_path / "set" / "made.parquet"
        pyarrow.parquet.write_table(pyarrow.table({"x": [{"bytes": None, "path": name}]}, schema=schema), made)
    with pytest.raises(InputError, match=r"row 1 of data\.files names a file that is not one of the data set's"):
        read(files=str(made), image="x")


@pytest.fixture
def secret(tmp_path, slices) -> Path:
    """Somebody's file beside the folder of a data set, where no data set may read."""
    (tmp_path / "set").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "x.png").write_bytes(png(slices[0]))
    return write_parquet(tmp_path / "secret" / "rows", slices)


@pytest.mark.parametrize("card", ["README.md", ".huggingface.yaml"])
@pytest.mark.parametrize(
    "name", ["{secret}", "../secret/rows/slices.parquet", "http://127.0.0.1:9/x.parquet", "file:{secret}"]
)
def test_what_a_folder_says_of_itself_leads_nowhere_else(tmp_path, secret, card, name, monkeypatch):
    asked: list[object] = []
    monkeypatch.setattr("socket.socket.connect", lambda *of: asked.append(of))
    monkeypatch.setattr(datasets, "load_dataset_builder", lambda *of, **_: asked.append(of))  # which would look there
    configs = f"configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: {name}\n"
    text = configs.format(secret=secret)
    (tmp_path / "set" / card).write_text(f"---\n{text}---\n" if card == "README.md" else text)
    with pytest.raises(InputError, match="names files that lie outside of its folder") as told:
        read(path=str(tmp_path / "set"), image="slice")
    assert "secret" not in str(told.value)
    assert not asked


@pytest.mark.parametrize("card", ["README.md", ".huggingface.yaml"])
def test_what_a_repository_of_the_hub_says_of_itself_is_refused_before_it_is_looked_up(tmp_path, card, monkeypatch):
    """`datasets` asks the address as soon as it is told of the repository."""
    configs = "configs:\n- config_name: default\n  data_files: {}\n"

    def had(repository: str, name: str, **_options: object) -> str:
        if name != card:
            raise EntryNotFoundError(name)
        return str(tmp_path / card)

    class ToldError(Exception):
        """`datasets` was told of it."""

    def told_of(*_of: object, **_options: object) -> None:
        raise ToldError

    monkeypatch.setattr("huggingface_hub.hf_hub_download", had)
    monkeypatch.setattr("datasets.load_dataset_builder", told_of)
    for name, raised in {
        "http://127.0.0.1:9/x.parquet": InputError,
        "hf://datasets/somebody/else/x.parquet": InputError,
        "../x.parquet": InputError,
        "data/*.parquet": ToldError,
    }.items():
        text = configs.format(name)
        (tmp_path / card).write_text(f"---\n{text}---\n" if card == "README.md" else text)
        with pytest.raises(raised):
            dataset_parts._of_hub(HubData(path="clinic/lungs"))


def test_a_card_that_names_files_of_the_folder_is_followed(tmp_path, slices):
    made = write_parquet(tmp_path / "set" / "part", slices)
    (made.parents[1] / "README.md").write_text("---\nconfigs:\n- config_name: a\n  data_files: part/*.parquet\n---\n")
    assert np.array_equal(read(path=str(tmp_path / "set"), image="slice").pixels, slices)


@pytest.mark.parametrize(
    ("name", "lies"), [("b/c", True), ("b", True), ("b/../c", False), ("bc", False), ("", False)]
)
def test_a_path_lies_below_a_folder_as_it_is_written(name, lies):
    assert dataset_files.lies_below(Path("/a") / name, Path("/a/b")) == lies


def test_links_out_of_a_folder_are_not_followed(tmp_path, secret, slices):
    (tmp_path / "set" / "x.parquet").symlink_to(secret)
    with pytest.raises(InputError, match="names files that lie outside of its folder"):
        read(path=str(tmp_path / "set"), image="slice")
    (tmp_path / "set" / "x.parquet").unlink()
    (tmp_path / "set" / "pictures").symlink_to(tmp_path / "secret")
    made = of_columns(tmp_path / "set", x=["pictures/x.png"])
    for place in ({"files": made}, {"path": str(tmp_path / "set")}):
        with pytest.raises(InputError, match=r"row 1 of data.* names a file that is not one of the data set's"):
            read(**place, image="x")
    rows_of(slices).save_to_disk(tmp_path / "saved")
    arrow = next((tmp_path / "saved").glob("*.arrow"))
    arrow.symlink_to(arrow.rename(tmp_path / "secret" / arrow.name))
    with pytest.raises(InputError, match="names files that lie outside of its folder"):
        read(path=str(tmp_path / "saved"), image="slice")


@pytest.mark.parametrize(
    "name",
    ["/etc/x.csv", "https://a.b/x.csv", "hf://datasets/clinic/lungs2@a/x.csv", "hf://datasets/clinic/lungs@a/../x"],
)
def test_a_repository_of_the_hub_is_read_from_itself_alone(name):
    dataset_files.check_repository(["hf://datasets/clinic/lungs@a/x.csv"], "clinic/lungs")
    with pytest.raises(InputError, match="outside of its own repository"):
        dataset_files.check_repository(["hf://datasets/clinic/lungs@a/x.csv", name], "clinic/lungs")


def test_a_snapshot_in_the_cache_of_the_hub_is_read_by_its_links(tmp_path, slices):
    made = write_parquet(tmp_path / "datasets--clinic--lungs" / "blobs", slices)
    snapshot = made.parents[1] / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "x.parquet").symlink_to(made)
    assert np.array_equal(read(path=str(snapshot), image="slice").pixels, slices)


def test_a_table_alone_reads_no_file_beside_it_that_nobody_spoke_of(tmp_path, slices):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "x.png").write_bytes(png(slices[0]))
    made = tmp_path / "set" / "made.parquet"
    schema = datasets.Features({"x": datasets.Image()}).arrow_schema
    pyarrow.parquet.write_table(pyarrow.table({"x": [{"bytes": None, "path": "x.png"}]}, schema=schema), made)
    with pytest.raises(InputError, match=r"row 1 of data\.files names a file beside its table; .*data\.files=DIR"):
        read(files=str(made))
    for options in ({"files": str(made), "image": "x"}, {"files": str(made.parent)}):
        assert np.array_equal(read(**options).pixels, slices[:1])


def test_numbers_of_arrays_go_by_the_rules_of_files(tmp_path, slices):
    deep = slices.astype(np.uint16) * 257
    deep[:, 0, :2] = (0, 65535)
    expected = slices.copy()
    expected[:, 0, :2] = (0, 255)
    assert np.array_equal(read(files=arrays(tmp_path, list(deep))).pixels, expected)
    shares = (slices / np.float32(255)).astype(np.float32)
    assert np.array_equal(read(files=arrays(tmp_path, list(shares))).pixels, slices)
    colours = np.stack([slices, slices // 2, slices // 4], axis=-1)
    luma = read(files=arrays(tmp_path, list(colours))).pixels
    files = read(files=of_columns(tmp_path, x=[png(one) for one in colours])).pixels
    assert np.array_equal(luma, files)
    before = read(files=arrays(tmp_path, list(np.moveaxis(colours, -1, 1)))).pixels
    assert np.array_equal(luma, before)
    assert np.array_equal(read(files=arrays(tmp_path, list(slices[..., None]))).pixels, slices)


@pytest.mark.parametrize(
    ("kind", "low", "high", "message"),
    [
        ("int16", -1024, 1500, "their scale is unclear"),
        ("float32", -1.0, 1.0, r"floats of data\.files go from -1 to 1"),
        ("int64", 0, 4095, "whose scale nobody tells"),
        ("int64", 0, 20, "whose scale nobody tells"),
    ],
)
def test_numbers_of_no_known_scale_are_refused(tmp_path, kind, low, high, message):
    value = np.linspace(low, high, SIDE * SIDE).astype(kind).reshape(SIDE, SIDE)
    with pytest.raises(InputError, match=message):
        read(files=arrays(tmp_path, [value]))


def test_one_bright_row_does_not_change_what_floats_of_another_mean(tmp_path):
    dark = np.full((SIDE, SIDE), 0.5, np.float32)
    with pytest.raises(InputError, match="end at 1"):
        read(files=arrays(tmp_path, [dark, dark * 400]))


def test_rows_come_a_few_at_a_time(tmp_path, slices):
    many = datasets.Dataset.from_dict({"x": [png(slices[0])] * 100})
    many.to_parquet(tmp_path / "many.parquet", batch_size=100)
    data = ParquetData(files=str(tmp_path / "many.parquet"))
    (part,) = dataset_parts.parts_of(data)
    counts = [table.num_rows for table in part.rows(["x"])]
    assert sum(counts) == 100
    assert max(counts) == dataset_parts.ROWS_AT_ONCE


@pytest.fixture
def small_limits(monkeypatch):
    """As if at most 2^10 pixels and 2^14 bytes were read."""
    for module in (dataset_sizes, dataset_images):
        monkeypatch.setattr(module, "MOST_PIXELS", 2**10)
        monkeypatch.setattr(module, "MOST_BYTES", 2**14)


def unpacked(monkeypatch) -> list[int]:
    """How many rows each table has that is unpacked from now on."""
    counts: list[int] = []
    tables = dataset_parts._tables

    def counted(rows, at_once=dataset_parts.ROWS_AT_ONCE):
        for table in tables(rows, at_once):
            counts.append(table.num_rows)
            yield table

    monkeypatch.setattr(dataset_parts, "_tables", counted)
    return counts


@pytest.mark.parametrize("column", ["x", "x.y"])
@pytest.mark.parametrize("place", ["files", "path"])
def test_a_row_of_many_numbers_in_few_bytes_is_refused_before_they_are_unpacked(
    tmp_path, small_limits, monkeypatch, place, column
):
    made = of_columns(tmp_path, **{column: [np.zeros((64, 64), np.int64).tolist()]})
    counts = unpacked(monkeypatch)
    with pytest.raises(InputError, match=r"A row of the data set holds 4096 numbers; at most 1024 are read\."):
        read(**{place: made if place == "files" else str(tmp_path)})
    assert not counts


def test_one_large_row_among_small_ones_is_refused_before_numbers_are_made_of_it(tmp_path, small_limits):
    rows = [np.zeros((16, 16), np.int64).tolist()] * 9 + [np.zeros((64, 64), np.int64).tolist()]
    with pytest.raises(InputError, match=r"row 10 of data\.files is an array of 64x64, which is empty or too large"):
        read(files=of_columns(tmp_path, x=rows))


@pytest.mark.parametrize("place", ["files", "path"])
def test_fewer_rows_are_unpacked_at_once_where_they_may_be_large(tmp_path, small_limits, monkeypatch, slices, place):
    file = png(slices[0])
    counts = unpacked(monkeypatch)

    def n_rows(files: list[bytes]) -> int:
        made = of_columns(tmp_path, x=files)
        return len(read(**{place: made if place == "files" else str(tmp_path)}).ids)

    assert n_rows([file] * 20) == 20
    assert max(counts) == 20
    del counts[:]
    assert n_rows([file + bytes(3000 + number) for number in range(20)]) == 20
    assert max(counts) == 1
    with pytest.raises(InputError, match="holds more than"):
        n_rows([file + bytes(2**15)])


def test_of_a_parquet_file_a_few_rows_of_the_columns_wanted_are_unpacked_at_a_time(parquet, monkeypatch):
    asked, streamed = [], dataset_parts._streamed
    monkeypatch.setattr(
        dataset_parts, "_streamed", lambda *of, **named: asked.append(named) or streamed(*of, **named)
    )
    read(files=str(parquet))
    assert [one["columns"] for one in asked if "columns" in one] == [["slice", "patient_id"]] * 2
    assert {one["batch_size"] for one in asked if "columns" in one} == {dataset_parts.ROWS_AT_ONCE}


def test_nothing_is_left_beside_the_data_or_in_a_cache(parquet, tmp_path, slices):
    before = sorted(parquet.parent.rglob("*"))
    read(files=str(parquet))
    read(path=str(parquet.parent))
    assert sorted(parquet.parent.rglob("*")) == before
    assert not (tmp_path / "cache").exists()


def test_without_a_network_the_copy_kept_is_read_and_its_revision_told(slices, tmp_path):
    write_cache(Path(datasets.config.HF_DATASETS_CACHE), rows_of(slices))
    with pytest.warns(match=f"not reached, so the copy of clinic/lungs that is kept here is read, revision {COMMIT}"):
        pool = load_pool(HubData(path="clinic/lungs", size=SIDE, revision=COMMIT), Store(tmp_path / "store"))
    assert [one["revision"] for one in pool.accounts] == [COMMIT]
    assert np.array_equal(pool.pixels, slices)
    with pytest.raises(InputError, match=rf"data\.revision={'b' * 40} cannot be had .* is revision {COMMIT}"):
        read(path="clinic/lungs", revision="b" * 40)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "clinic/lungs",
            r"no copy of that data set .* same command once; .*hf download clinic/lungs --repo-type",
        ),
        ("/no/such/folder", "is no folder here, and no data set of the Hugging Face Hub, OWNER/NAME"),
        ("pandas", "is no folder here, and no data set of the Hugging Face Hub, OWNER/NAME"),
    ],
)
def test_what_is_nowhere_gets_a_sentence(path, message):
    with pytest.raises(InputError, match=message):
        read(path=path)


def test_a_folder_has_no_revision(parquet):
    with pytest.raises(InputError, match=r"data\.revision=x: .* is a folder, which has no revisions"):
        read(path=str(parquet.parent), revision="x")


def test_archives_and_scripts_of_others_are_not_read(tmp_path, slices):
    (tmp_path / "set").mkdir()
    (tmp_path / "0.png").write_bytes(png(slices[0]))
    with tarfile.open(tmp_path / "set" / "train.tar", "w") as archive:
        archive.add(tmp_path / "0.png", "0.png")
    with pytest.raises(InputError, match="of the kind webdataset, which is not read here"):
        read(path=str(tmp_path / "set"))
    (tmp_path / "set" / "set.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(InputError, match="brings a script that reads it, which is not run"):
        read(path=str(tmp_path / "set"))
    assert not (tmp_path / "ran").exists()


def test_a_damaged_file_gets_a_sentence(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(InputError, match=r"data\.files=.* cannot be read as a data set"):
        read(files=str(tmp_path / "a.parquet"))
    with pytest.raises(InputError, match=r"data\.files=.*b\.parquet: there is no such file"):
        read(files=str(tmp_path / "b.parquet"))


def test_where_the_library_is_not_there_it_is_named(parquet, monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(InputError, match=r"pip install 'gan-membership-harness\[hub\]'"):
        read(files=str(parquet))


def test_files_of_several_kinds_are_not_one_data_set(parquet, tmp_path):
    other = of_columns(tmp_path, slice=[[[0] * SIDE] * SIDE], patient_id=["x"])
    with pytest.raises(InputError, match=r"the column slice of file 2 is missing, or of another type"):
        read(files=[str(parquet), other])


HU = np.linspace(-1500, 400, SIDE * SIDE).reshape(SIDE, SIDE).round()


def tiff(image: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(image).save(file, "TIFF")
    return file.getvalue()


@pytest.mark.parametrize("kind", ["int16", "int32", "float32", "nested", "tiff"])
def test_more_than_8_bits_go_through_the_window(tmp_path, kind):
    if kind == "nested":
        files = of_columns(tmp_path, x=[HU.astype(int).tolist()])
    elif kind == "tiff":
        files = of_columns(tmp_path, {"x": datasets.Value("binary")}, x=[tiff(HU.astype(np.int32))])
    else:
        files = arrays(tmp_path, [HU.astype(kind)])
    assert np.array_equal(read(files=files, window="lung").pixels[0], PRESETS["lung"].grey(HU))
    with pytest.raises(InputError):
        read(files=files)


@pytest.mark.parametrize("encoded", [True, False])
def test_unsigned_numbers_have_a_window_of_their_own_numbers(tmp_path, encoded):
    own = (HU + 1500).astype(np.uint16)
    feature = {"x": datasets.Value("binary")}
    files = of_columns(tmp_path, feature, x=[png(own)]) if encoded else arrays(tmp_path, [own])
    assert np.array_equal(read(files=files, window=[900, 1500]).pixels[0], PRESETS["lung"].grey(HU))
    with pytest.raises(InputError, match=r"row 1 .* unsigned numbers, .*data\.window=\[centre,width\]"):
        read(files=files, window="lung")
    with pytest.raises(InputError, match=r"data\.window=\[centre,width\]"):
        read(files=files)


def test_a_window_leaves_8_bits_alone_and_makes_another_pool(parquet, slices):
    assert np.array_equal(read(files=str(parquet), image="array", window="lung").pixels, slices)
    one = {"name": "parquet", "size": SIDE, "image": "array", "files": [str(parquet)]}
    plain, windowed, named = (
        source_of(ParquetData(**one, window=window)).identity for window in (None, [-600, 1500], "lung")
    )
    assert "window" not in plain
    assert windowed["window"] == [-600, 1500, False]
    assert named["window"] == [-600, 1500, True]


def test_an_image_that_the_file_does_not_call_one_is_read(tmp_path, slices):
    rows = [{"bytes": png(image), "path": "Erika Mustermann.png"} for image in slices]
    path = tmp_path / "plain.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"image": rows}), path)
    assert np.array_equal(read(files=str(path)).pixels, slices)
