from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.editions.edition import Submission
from harness.errors import InputError
from harness.submission.files import check_submission, read_submission, write_submission

IDS = ["real_unknown_0001", "real_unknown_0002", "real_unknown_0003"]
STRICT = b"real_unknown_0001,1\nreal_unknown_0002,0\nreal_unknown_0003,1\n"
WORDS = st.text("abyz_-.09éß", min_size=1, max_size=12)


def test_written_as_the_organisers_ask(tmp_path):
    path = tmp_path / "submission.csv"
    write_submission(path, IDS, np.array([True, False, True]))
    assert path.read_bytes() == STRICT


def test_written_as_another_edition_asks(tmp_path):
    path = tmp_path / "answers.tsv"
    form = Submission(separator="\t", header="image\tmember", scores=(-1, 1), ending=".tsv")
    write_submission(path, IDS, np.array([True, False, True]), form)
    assert path.read_text().splitlines() == [
        "image\tmember",
        *(f"{n}\t{s}" for n, s in zip(IDS, (1, -1, 1), strict=True)),
    ]
    assert check_submission(path, IDS, form) == []


@given(st.lists(st.tuples(WORDS, st.booleans()), min_size=1, unique_by=lambda pair: pair[0]))
def test_what_is_written_reads_back_with_nothing_forgiven(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("written") / "submission.csv"
    ids, used = [name for name, _ in pairs], np.array([flag for _, flag in pairs])
    write_submission(path, ids, used)
    reading = read_submission(path, ids)
    assert reading.used.dtype == np.bool_
    assert reading.used.tolist() == used.tolist()
    assert reading.forgiven == []
    backwards = read_submission(path, ids[::-1])
    assert backwards.used.tolist() == used[::-1].tolist(), "in the order of the ids, not of the lines"


@pytest.mark.parametrize("ids", [["a,b"], ["a\nb"], [" a"], ["a", "a"], ["\ufeffa"]])
def test_ids_that_no_line_can_carry_are_not_written_silently(tmp_path, ids):
    with pytest.raises(InputError):
        write_submission(tmp_path / "submission.csv", ids, np.zeros(len(ids), np.bool_))


@pytest.mark.parametrize(
    ("name", "content", "forgiven"),
    [
        ("x.csv", STRICT.replace(b"\n", b"\r\n"), ["3 of 3 lines end in CRLF instead of LF."]),
        ("x.csv", STRICT.replace(b"\n", b"\r\n", 1), ["1 of 3 lines end in CRLF instead of LF."]),
        (
            "x.csv",
            b"\xef\xbb\xbf" + STRICT,
            ["The file starts with a byte order mark, which the official checker refuses."],
        ),
        (
            "x.csv",
            STRICT.replace(b",", b"\t"),
            ["3 of 3 lines have a TAB as separator, which the official checker refuses."],
        ),
        ("x.csv", STRICT.replace(b",", b",\t"), ["3 of 3 lines have a TAB beside the separator."]),
        ("x.csv", STRICT[:-1], ["The last line has no newline."]),
        ("x.csv", STRICT.replace(b",0", b" , 0 "), ["1 of 3 lines have spaces round a field."]),
        ("x.txt", STRICT, ["The file's name ends in .txt instead of .csv."]),
        ("x", STRICT, ["The file's name ends in nothing instead of .csv."]),
        ("x.CSV", STRICT, []),
        ("x.csv", b"".join(STRICT.splitlines(keepends=True)[::-1]), []),
    ],
)
def test_what_real_runs_need_is_forgiven_and_named(tmp_path, name, content, forgiven):
    path = tmp_path / name
    path.write_bytes(content)
    reading = read_submission(path, IDS)
    assert reading.used.tolist() == [True, False, True]
    assert reading.forgiven == forgiven


def _zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("submission.csv", STRICT)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (STRICT + b"\n", "line 4 is empty"),
        (STRICT + b"\r\n", "line 4 is empty"),
        (STRICT.replace(b"\n", b"\n\n", 1), "line 2 is empty"),
        (STRICT.replace(b"\n", b"\n  \t\n", 1), "line 2 is empty"),
        (b"\n" + STRICT, "line 1 is empty"),
        (b"id,score\n" + STRICT, "line 1: 'id,score' looks like a header"),
        (STRICT + b"id,score\n", "line 4: 'id' is no candidate"),
        (STRICT.replace(b",", b";"), "line 1: 'real_unknown_0001;1' has 1 fields"),
        (STRICT.replace(b",", b" "), "line 1: .* has 1 fields"),
        (STRICT.replace(b",", b",,"), "line 1: .* has 3 fields"),
        (STRICT.replace(b",", b"\t\t"), "line 1: .* has 3 fields"),
        (STRICT.replace(b",0", b",0,"), "line 2: .* has 3 fields"),
        (STRICT.replace(b"\n", b"\r"), r"line 1: .* has 4 fields"),
        (STRICT.replace(b",0\n", b",0\r\r\n"), "line 2: the score"),
        (STRICT.replace(b"_0002", b"_9"), "line 2: 'real_unknown_9' is no candidate of this test set"),
        (STRICT.replace(b"_0002", b"_0002.png"), "line 2: .* has a file ending; write real_unknown_0002"),
        (STRICT.replace(b"real_unknown_0002", b'"real_unknown_0002"'), "line 2: .* is no candidate"),
        (STRICT.replace(b"_0002", b"_0001"), "line 2: 'real_unknown_0001' stands there again, after line 1"),
        (STRICT + b"real_unknown_0002,0\n", "line 4: 'real_unknown_0002' stands there again, after line 2"),
        (STRICT.replace(b",0", b",2"), "line 2: the score '2' of real_unknown_0002 must be 0 or 1"),
        (STRICT.replace(b",0", b",0.5"), "line 2: the score '0.5'"),
        (STRICT.replace(b",0", b",-1"), "line 2: the score '-1'"),
        (STRICT.replace(b",0", b",used"), "line 2: the score 'used'"),
        (STRICT.replace(b",0", b","), "line 2: the score ''"),
        (STRICT.replace(b",0", ",\u0660".encode()), "line 2: the score"),
        (STRICT.splitlines(keepends=True)[0], "2 of 3 candidates are missing, first 'real_unknown_0002'"),
        (STRICT.replace(b"_0002", b"_\xff2"), "line 2: the byte 0xff is no UTF-8"),
        (STRICT.decode().encode("utf-16"), "line 1 holds a NUL byte"),
        (STRICT.replace(b"0002,", b"0002\x00,"), "line 2 holds a NUL byte"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is a PNG image"),
        (_zipped(), "is a zip archive"),
    ],
)
def test_everything_else_is_refused_with_line_and_reason(tmp_path, content, message):
    path = tmp_path / "submission.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_submission(path, IDS)
    assert str(path) in str(caught.value)


def test_a_header_is_wanted_where_the_format_has_one(tmp_path):
    path = tmp_path / "submission.csv"
    form = Submission(header="id,score")
    path.write_bytes(STRICT)
    with pytest.raises(InputError, match=r"line 1: .* stands where the header 'id,score' was expected"):
        read_submission(path, IDS, form)
    path.write_bytes(b"id,score\n" + STRICT.replace(b",0", b",2"))
    with pytest.raises(InputError, match="line 3: the score '2'"):
        read_submission(path, IDS, form)


def test_no_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_submission(tmp_path / "gone.csv", IDS)
    with pytest.raises(InputError, match="is a folder; give the file in it"):
        read_submission(tmp_path, IDS)


def test_agrees_with_the_official_checker_on_its_own_files(shared_data):
    folder = shared_data / "imageclef2023_validator"
    ids = (folder / "image_ids.txt").read_text().split()
    files = sorted(folder.glob("*.csv"))
    assert len(files) == 10
    for path in files:
        if path.name.startswith("00_"):
            check_submission(path, ids)
        else:
            with pytest.raises(InputError):
                check_submission(path, ids)


def test_all_forty_runs_of_2023_are_read(shared_data):
    ids = (shared_data / "imageclef2023_validator" / "image_ids.txt").read_text().split()
    runs = [path for path in (shared_data / "imageclef2023_submissions").iterdir() if path.name != "LICENSE"]
    readings = [read_submission(path, ids) for path in runs]
    assert len(readings) == 40
    assert {len(reading.used) for reading in readings} == {200}
    told = [" ".join(reading.forgiven) for reading in readings]
    assert [sum(word in text for text in told) for word in ("CRLF", "byte order mark", "TAB")] == [29, 1, 2]
