from __future__ import annotations

import numpy as np
import pytest

from harness.errors import InputError
from harness.submit import check_submission, write_submission

IDS = ["real_unknown_0001", "real_unknown_0002", "real_unknown_0003"]


def test_written_as_the_organisers_ask(tmp_path):
    path = tmp_path / "submission.csv"
    write_submission(path, IDS, np.array([True, False, True]))
    assert path.read_bytes() == b"real_unknown_0001,1\nreal_unknown_0002,0\nreal_unknown_0003,1\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("real_unknown_0001,1\nreal_unknown_0002,0\nreal_unknown_0003,1\n\n", "line 4"),
        ("real_unknown_0001,1\n\nreal_unknown_0002,0\nreal_unknown_0003,1\n", "line 2"),
        ("real_unknown_0001;1\nreal_unknown_0002,0\nreal_unknown_0003,1\n", "line 1"),
        ("real_unknown_0001,1\nreal_unknown_9,0\nreal_unknown_0003,1\n", "not a candidate"),
        ("real_unknown_0001,1\nreal_unknown_0001,1\nreal_unknown_0003,1\n", "more than once"),
        ("real_unknown_0001,1\nreal_unknown_0002,2\nreal_unknown_0003,1\n", "must be 0 or 1"),
        ("real_unknown_0001,1\nreal_unknown_0002,0.5\nreal_unknown_0003,1\n", "must be 0 or 1"),
        ("real_unknown_0001,1\nreal_unknown_0003,1\n", "1 of 3 candidates are missing, first 'real_unknown_0002'"),
    ],
)
def test_every_fault_is_named(tmp_path, text, message):
    path = tmp_path / "submission.csv"
    path.write_bytes(text.encode())
    with pytest.raises(InputError, match=message):
        check_submission(path, IDS)


def test_agrees_with_the_official_checker_on_its_own_files(shared_data):
    folder = shared_data / "imageclef2023_validator"
    ids = (folder / "image_ids.txt").read_text().split()
    for path in sorted(folder.glob("*.csv")):
        if path.name.startswith("00_"):
            check_submission(path, ids)
        else:
            with pytest.raises(InputError):
                check_submission(path, ids)
