"""Metadata is a table: `file_name` says which file, `patient_id` whose; ids are text, and nobody is no patient."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tracemalloc
import unicodedata
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data.options import FolderData
from harness.data.pool import load_pool
from harness.data.sources.folder import metadata
from harness.data.sources.folder.metadata import read_metadata
from harness.data.sources.folder.read import read_folder
from harness.data.sources.patients import one_spelling, spelling, spelt_alike, whose
from harness.data.sources.slices import Slices
from harness.errors import HarnessWarning, InputError
from harness.store import Store

NAMES = ("a.png", "b.png", "c.png", "d.png")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a.png to d.png, of greys 1 to 4."""
    for index, name in enumerate(NAMES):
        Image.fromarray(np.full((16, 16), index + 1, np.uint8)).save(tmp_path / name)
    return tmp_path


def read(root: Path) -> tuple[Slices, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        slices = read_folder(root, 16, "here")
    return slices, [str(one.message) for one in caught]


def write(root: Path, kind: str, rows: list[dict[str, object]]) -> None:
    """The rows as a table of one of the three kinds."""
    if kind == "csv":
        lines = [",".join(rows[0]), *(",".join("" if v is None else str(v) for v in row.values()) for row in rows)]
        (root / "metadata.csv").write_text("\n".join(lines) + "\n")
    elif kind == "jsonl":
        (root / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        import pandas as pd

        pd.DataFrame(rows).to_parquet(root / "metadata.parquet")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("column", ["image", "label", "path", "file", "images_file_name", "bytes", "", "ids"])
def test_a_column_may_have_any_name(root: Path, kind: str, column: str) -> None:
    """Of other images, say, or of what a library would take for its own."""
    rows = [{column: NAMES[3 - k], "file_name": name, "patient_id": f"p{k}"} for k, name in enumerate(NAMES)]
    write(root, kind, rows)
    slices, _ = read(root)
    assert (slices.ids, slices.patient_ids) == (("a", "b", "c", "d"), ("p0", "p1", "p2", "p3"))
    assert slices.pixels[:, 0, 0].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("nobody", ["", " ", "nan", "NaN", "NULL", "None", "N/A", "<NA>", "\u200b"])
def test_slices_of_nobody_are_no_one_patient_and_told_in_one_note(root: Path, kind: str, nobody: str) -> None:
    people = ["x", nobody, nobody, "x"]
    write(root, kind, [{"file_name": n, "patient_id": p} for n, p in zip(NAMES, people, strict=True)])
    slices, told = read(root)
    assert len(set(slices.patient_ids)) == 3
    assert slices.named.tolist() == [True, False, False, True]
    assert len(told) == 1
    assert "2 of 4 slices in here count as patients of their own" in told[0]


@pytest.mark.parametrize(
    ("kind", "nobody", "shown"),
    [
        ("jsonl", float("nan"), "2 NaN"),
        ("jsonl", None, ""),
        ("parquet", None, ""),
        ("parquet", float("nan"), ""),
    ],
)
def test_a_missing_value_turns_whole_numbers_into_no_other_patients(
    root: Path, kind: str, nobody: float | None, shown: str
) -> None:
    """Where a column has a gap, pandas makes floats of it: 7 is then 7.0, and the same patient."""
    people = [7, nobody, nobody, 12]
    write(root, kind, [{"file_name": n, "patient_id": p} for n, p in zip(NAMES, people, strict=True)])
    slices, told = read(root)
    assert slices.patient_ids[::3] == ("7", "12")
    assert slices.named.tolist() == [True, False, False, True]
    assert shown in told[0]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.parametrize("number", [2.0**53 + 2, 1.23456789012345e17, 0.5, float("inf")])
def test_a_float_that_lost_digits_is_refused(root: Path, kind: str, number: float) -> None:
    write(root, kind, [{"file_name": n, "patient_id": number if n == "c.png" else 1.0} for n in NAMES])
    with pytest.raises(
        InputError, match=r"metadata\.\w+, (line|row) 3: patient_id holds the number .*write ids as text"
    ):
        read(root)


@pytest.mark.parametrize("text", ["1.23457E+17", "1E+05", "9007199254740994.0"])
def test_a_number_that_a_spreadsheet_rounded_is_refused(root: Path, text: str) -> None:
    write(root, "csv", [{"file_name": n, "patient_id": text} for n in NAMES])
    with pytest.raises(InputError, match=r"line 2: patient_id holds the number"):
        read(root)


@pytest.mark.parametrize("odd", [True, [1], {"a": 1}])
def test_what_is_no_id_is_refused(root: Path, odd: object) -> None:
    write(root, "jsonl", [{"file_name": n, "patient_id": odd} for n in NAMES])
    with pytest.raises(InputError, match=r"line 1: patient_id holds .* which is no id"):
        read(root)


def test_ids_are_text_as_written() -> None:
    for text in (
        "007",
        " 7",
        "7.50",
        "1.2.840.113619",
        "é",
        "None of these",
        "0x10",
        "1_000",
        "+7",
        "-3",
        "12e4",
        "1234e567",
    ):
        assert whose(text, "").patient == text
    assert whose(7, "").patient == whose(7.0, "").patient == "7"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("001", "1"), ("P-07", "p-7"), ("p 1", "p1"), ("p1\u00a0", "p1"), ("p\u200b1", "p1"), ("\ufeffp1", "p1"),
        ("Müller", unicodedata.normalize("NFD", "Müller")), ("ﬁ1", "fi1"), ("STRASSE", "straße"),
        ("p1", "\uff50\uff11"),
        ("LIDC-0001", "LIDC-1"), ("7", "7.0"), ("'100", "100"), ('="100"', "100"), ("PAT-1", "PAT_1"),
    ],
)  # fmt: skip
def test_ids_that_may_be_one_persons_have_one_spelling(one: str, other: str) -> None:
    assert spelling(one) == spelling(other)
    assert spelt_alike(["x", one, "y", other, one]) == [(one, other)]
    assert one_spelling(["x", one, "y", other]) == ("x", one, "y", one)


@pytest.mark.parametrize(
    ("one", "other"), [("10", "1"), ("p1", "p2"), ("a-1", "a1"), ("0", "00 a"), ("1.5", "15"), ("100", "1")]
)
def test_ids_of_different_people_have_not(one: str, other: str) -> None:
    assert spelling(one) != spelling(other)
    assert spelt_alike([one, other]) == []


@pytest.mark.parametrize("column", ["PatientID", "patient id", " patient_id", "Patient-Id"])
def test_a_column_under_nearly_its_name_is_told(root: Path, column: str) -> None:
    write(root, "csv", [{"file_name": n, column: "x"} for n in NAMES])
    with pytest.raises(InputError, match=f"has a column '{column}' and none patient_id; rename it"):
        read(root)


def test_in_a_run_ids_of_one_spelling_stay_on_one_side(root: Path) -> None:
    write(
        root, "csv", [{"file_name": n, "patient_id": p} for n, p in zip(NAMES, ["001", "2", "1", "02"], strict=True)]
    )
    with pytest.warns(
        HarnessWarning,
        match=r"Patient ids of data\.root, 2 groups of them, differ only in spelling \(first: '001'",
    ):
        pool = load_pool(FolderData(root=str(root), size=16), Store(root.parent / "store"))
    assert pool.patient_ids == ("001", "2", "001", "2")


def test_names_of_files_are_not_taken_for_patients_of_one_spelling(root: Path) -> None:
    for name in NAMES:
        (root / name).rename(root / {"a.png": "01.png", "b.png": "1.png"}.get(name, name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pool = load_pool(FolderData(root=str(root), size=16), Store(root.parent / "store"))
    assert pool.patient_ids == ("01", "1", "c", "d")


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["NFC", "NFD"])
def test_names_of_files_are_compared_in_one_unicode_form(root: Path, stored: str, written: str) -> None:
    name = "Zoë/é.png"
    there = root / unicodedata.normalize(stored, name)
    there.parent.mkdir()
    (root / "a.png").rename(there)
    write(
        root, "csv", [{"file_name": n, "patient_id": "p"} for n in (unicodedata.normalize(written, name), *NAMES[1:])]
    )
    slices, told = read(root)
    assert told == []
    assert slices.ids[0] == unicodedata.normalize("NFC", "é")


def test_two_files_whose_names_differ_in_form_alone_are_refused(root: Path) -> None:
    (root / "a.png").rename(root / unicodedata.normalize("NFC", "é.png"))
    (root / "b.png").rename(root / unicodedata.normalize("NFD", "é.png"))
    write(root, "csv", [{"file_name": "é.png"}])
    with pytest.raises(InputError, match="differ only in their Unicode form"):
        read(root)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("name", ["../a.png", "/etc/passwd", "x/../../a.png", "..", "", " "])
def test_no_table_names_a_path_outside_of_its_folder(root: Path, kind: str, name: str) -> None:
    (root / "in").mkdir()
    (root / "b.png").rename(root / "in/b.png")
    write(root / "in", kind, [{"file_name": "b.png", "patient_id": "x"}, {"file_name": name, "patient_id": "y"}])
    with pytest.raises(InputError, match=r"(line|row) \d: file_name .*(outside of the folder|is empty)"):
        read(root / "in")


def test_tables_in_several_folders_name_their_own_files(root: Path) -> None:
    for folder, name in (("one", "a.png"), ("two", "b.png")):
        (root / folder).mkdir()
        (root / name).rename(root / folder / "x.png")
        write(root / folder, "csv", [{"file_name": "x.png", "patient_id": folder}])
    slices, told = read(root)
    assert (slices.ids, slices.patient_ids) == (("one/x", "two/x"), ("one", "two"))
    assert any(
        "2 of 4 images in here are left out: the metadata does not name them (first: c.png)" in text for text in told
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file_name;patient_id\na.png;1\n",
            "no column file_name; it has: file_name;patient_id. Its fields seem to be parted",
        ),
        ("file_name,patient_id,patient_id\na.png,1,2\n", "several columns patient_id; keep one"),
        ("file_name,file_name\na.png,a.png\n", "several columns file_name; keep one"),
        ('file_name,patient_id\na.png,"1\n', "cannot be read as CSV"),
        ("file_name,patient_id\na.pgn,1\n", r"there is no file a\.pgn \(but a\.png\); correct"),
        ("", "no column file_name; it has: none"),
    ],
)
def test_a_csv_that_is_no_such_table_is_refused(root: Path, text: str, message: str) -> None:
    (root / "metadata.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read(root)


@pytest.mark.parametrize("content", [b"file_name,patient_id\na.png,M\xfcller\n", b"\xff\xfef\0i\0l\0e\0"])
def test_a_csv_of_another_encoding_is_refused(root: Path, content: bytes) -> None:
    (root / "metadata.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"metadata\.csv is no UTF-8 text"):
        read(root)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]\n", "line 1 has no file_name"),
        ('{"patient_id": 1}\n', "line 1 has no file_name"),
        ('{"file_name": 3}\n', "line 1: file_name is empty"),
        (
            '{"file_name": "a.png", "file_name": "b.png"}\n',
            "line 1 cannot be read as JSON: 'file_name' stands there twice",
        ),
        ('{"file_name": "a.png"\n', "line 1 cannot be read as JSON"),
        ("[" * 100_000 + "\n", "line 1 cannot be read as JSON"),
        ("\n\n", "a header and no rows"),
    ],
)
def test_json_that_is_no_such_table_is_refused(root: Path, text: str, message: str) -> None:
    (root / "metadata.jsonl").write_text(text)
    with pytest.raises(InputError, match=message):
        read(root)


def test_parquet_that_is_none_is_refused(root: Path) -> None:
    (root / "metadata.parquet").write_bytes(b"PAR1 and nothing else PAR1")
    with pytest.raises(InputError, match="cannot be read as parquet"):
        read(root)


def test_a_table_of_many_doubled_rows_is_told_early_and_small(root: Path) -> None:
    with (root / "metadata.csv").open("w") as file:
        file.write("file_name,patient_id\n")
        file.writelines(f"s{k % 100_000}.png,{k}\n" for k in range(200_000))
    tracemalloc.start()
    try:
        with pytest.raises(
            InputError, match=r"line 100002: .* names the file s0\.png more than once \(before: line 2\)"
        ):
            read_metadata((root / "metadata.csv",), root)
        assert tracemalloc.get_traced_memory()[1] < 2**27
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("column", ["file_name", "patient_id"])
def test_a_cell_is_only_so_long(root: Path, kind: str, column: str) -> None:
    path = root / f"metadata.{kind}"
    row = {"file_name": "a.png", "patient_id": "p"}
    write(root, kind, [row, {"file_name": "b.png", "patient_id": "p"} | {column: "é" * 4096}])
    assert len(read_metadata((path,), root)) == 2
    for letters in (4097, 20_000):
        write(root, kind, [row, {"file_name": "b.png", "patient_id": "p"} | {column: "é" * letters}])
        with pytest.raises(InputError, match=rf"(line 3|line 2|row 2): {column} has over 4096 characters"):
            read_metadata((path,), root)


def test_a_value_that_all_rows_of_a_parquet_share_is_not_written_out_for_each(root: Path) -> None:
    """160 kB may hold 65,536 times 100 kB; the first rows are in order, so that it is not the first that refuses."""
    import pyarrow as pa
    from pyarrow import parquet

    values, n = pa.array(["p", "q" * 200_000]), 4000
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 9 + [1] * (n - 9), pa.int32()), values)
    table = pa.table({"file_name": [f"{k}.png" for k in range(n)], "patient_id": column})
    parquet.write_table(table, root / "metadata.parquet", compression="zstd", store_schema=False)
    most = pa.default_memory_pool().max_memory()
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="row 10: patient_id has over 4096 characters"):
            read_metadata((root / "metadata.parquet",), root)
        assert tracemalloc.get_traced_memory()[1] < 2**25
    finally:
        tracemalloc.stop()
    assert pa.default_memory_pool().max_memory() < most + 2**25


def test_a_column_of_a_parquet_is_flat_and_text_or_numbers(root: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    path, names = root / "metadata.parquet", list(NAMES)
    for held, kind in ((["p"], "list"), ({"x": "p"}, "struct"), (b"p", "binary"), (True, "bool")):
        parquet.write_table(pa.table({"file_name": names, "patient_id": [held] * 4}), path)
        with pytest.raises(InputError, match=f"has a column patient_id of the kind {kind}.*; text or numbers"):
            read_metadata((path,), root)
    parquet.write_table(pa.table({"file_name": [{"x": name} for name in names]}), path)
    with pytest.raises(InputError, match="has a column file_name of the kind struct"):
        read_metadata((path,), root)
    parquet.write_table(pa.table({"file_name": names, "patient_id.x": names, "patient_id": names}), path)
    with pytest.raises(InputError, match=r"has a column patient_id\.x beside patient_id"):
        read_metadata((path,), root)
    for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())):
        people = pa.array(["1", None, "3", "1"]).cast(kind)
        parquet.write_table(pa.table({"file_name": names, "patient_id": people}), path)
        assert [row.whose.patient for row in read_metadata((path,), root)] == ["1", None, "3", "1"]
    for whole in (pa.int8(), pa.uint64(), pa.float32()):
        parquet.write_table(pa.table({"file_name": names, "patient_id": pa.array([1, 2, 3, 4], whole)}), path)
        assert [row.whose.patient for row in read_metadata((path,), root)] == ["1", "2", "3", "4"]


def test_parquet_text_that_is_no_utf8_is_refused(root: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    odd = pa.Array.from_buffers(pa.string(), 1, pa.array([b"a\xff"]).buffers())
    parquet.write_table(pa.table({"file_name": ["a.png"], "patient_id": odd}), root / "metadata.parquet")
    with pytest.raises(InputError, match="cannot be read as parquet"):
        read_metadata((root / "metadata.parquet",), root)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("jsonl", '{"file_name": "a.png"}\n{"file_name": "b.png", "x": [' + "[]," * 400_000 + "0]}\n"),
        ("csv", "file_name\na.png" + "," * 1_100_000 + "\n"),
        ("csv", "," * 1_100_000 + "file_name\na.png\n"),
        ("csv", "file_name,x\na.png," + '"\n",,,,,' * 200_000 + "\n"),
    ],
)
def test_a_row_is_only_so_long_and_a_table_may_be_longer(root: Path, kind: str, text: str) -> None:
    """A limit is one of memory, too: 36 MB of empty lists in one line take 0.9 GB."""
    path = root / f"metadata.{kind}"
    path.write_text(text)
    with pytest.raises(InputError, match=r"line \d+: a row has over 1048576 characters"):
        read_metadata((path,), root)
    write(root, kind, [{"file_name": f"{k}.png", "patient_id": "p" * 2000} for k in range(700)])
    assert path.stat().st_size > 2**20
    assert len(read_metadata((path,), root)) == 700


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_table_is_only_so_large(root: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    write(root, kind, [{"file_name": name, "patient_id": "p"} for name in NAMES])
    path = root / f"metadata.{kind}"
    monkeypatch.setattr(metadata, "_LARGEST", path.stat().st_size)
    assert len(read_metadata((path,), root)) == 4
    monkeypatch.setattr(metadata, "_LARGEST", path.stat().st_size - 1)
    with pytest.raises(InputError, match=rf"metadata\.{kind} has over .* GiB; a metadata table is far smaller"):
        read_metadata((path,), root)


def test_a_parquet_unpacks_to_only_so_much(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the columns that are read: another may hold pictures."""
    import pyarrow as pa
    from pyarrow import parquet

    path = root / "metadata.parquet"
    columns = {"file_name": [f"{'x' * 1000}{k}.png" for k in range(300)], "patient_id": ["p" * 1000] * 300}
    other = [f"{'x' * 2000}{k}" for k in range(300)]
    parquet.write_table(pa.table(columns | {"other": other}), path, compression="zstd", row_group_size=100)
    about = parquet.read_metadata(path)
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    taken = sum(group.column(place).total_uncompressed_size for group in groups for place in (0, 1))
    assert path.stat().st_size < taken
    monkeypatch.setattr(metadata, "_LARGEST", taken)
    assert len(read_metadata((path,), root)) == 300
    monkeypatch.setattr(metadata, "_LARGEST", taken - 1)
    with pytest.raises(InputError, match=r"unpacks to over .* GiB; a metadata table is far smaller"):
        read_metadata((path,), root)


# Found by fuzzing: a table of two rows whose second column says of its levels what cannot be.
DAMAGED_STATISTICS = (
    "eNptUs1O20AQnl0cK6AIhYhdeYUPOYCVQ0jjSImqCg7jENSqoUBUlLQXZMCEKH/GpA3iIXgCxIkjz8NT8BCddQJY0Dnszs588803"
    "u3uALVcYYl0UmrRBDiC3kwIAvxSOuto50Y4AkROySIisMIVp16CQihNWKgaurBByMc9pNRhb4ARcEstNwWPGVJZRwv1AwgvMtZib"
    "KF5gjIMw1FYVLPPq9CIY+sIAkdng1uJ5bxAcj/xhsAFNm7AULVtLoT/pBaPJce9sHpaGslXRAVtkVBXMrEpUCi4NecfkA3OaTvp/"
    "UygtDwSJAFLJYUuuKlM5YBBzkjPRNyaN5I3zxJxHlpzqIxnXZFxPKm+pzEnLew7KtjLYau23v8wmtp7ZJ221LpId4sy+I07R6+Iu"
    "YhfrcQo9D3FPO3XEb3HgbceZ6zVezz9+Eulnchq7s+BUrw18tXEc/NVphb/b1XKnMugj7jS0FAId6b7U/6vWEevyXurmfHV8x9fX"
    "fEO/fT3oVKoXJ+2jeT5RirgNVj70o8s/wWTzNAw3/SgaT/N/g+iqNx7lK7VSueSqIr2sftw1uroD+rH/ADSNiUE="
)


def test_a_parquet_with_damaged_statistics_is_refused_and_ends_no_process(root: Path) -> None:
    """pyarrow aborts where it is asked for such a column, past every `except`: so in a process of its own."""
    path = root / "metadata.parquet"
    path.write_bytes(zlib.decompress(base64.b64decode(DAMAGED_STATISTICS)))
    program = (
        "import sys; from pathlib import Path; from harness.errors import InputError\n"
        "from harness.data.sources.folder.metadata import read_metadata\n"
        "try: read_metadata((Path(sys.argv[1]),), Path(sys.argv[1]).parent)\n"
        "except InputError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cannot be read as parquet" in done.stdout
