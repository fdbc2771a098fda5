"""What commands share: faults of a disk or of a place in words that hold for the command at hand."""

from __future__ import annotations

import errno
import os

import pytest
from safetensors.torch import load_file

from harness.cli import STORE_PLACES, disk_errors, exit_code
from harness.errors import AsAsked, InputError
from harness.places import check_file

PLACES = (errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.ENOTEMPTY)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def told(number, *places):
    """The sentence for an error of the system."""
    with pytest.raises(InputError) as caught, disk_errors(*places):
        raise OSError(number, os.strerror(number), "some/file")
    return str(caught.value)


@pytest.mark.parametrize("number", PLACES + FULL, ids=errno.errorcode.get)
def test_advice_names_no_option_that_a_command_does_not_have(number):
    neutral, of_a_store = told(number), told(number, STORE_PLACES)
    assert os.strerror(number) in neutral
    assert "give another place" in neutral
    assert "=DIR" not in neutral
    assert "data.root" not in of_a_store
    assert "give another place with store.root=DIR and out=DIR" in of_a_store
    assert ("some/file cannot be read or written" in neutral) == (number in PLACES)


def test_what_is_not_the_users_to_mend_stays_an_error():
    with pytest.raises(TimeoutError), disk_errors():
        raise OSError(errno.ETIMEDOUT, "timed out")


def test_a_folder_written_as_a_file_is_told(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read or written .Is a directory"), disk_errors():
        tmp_path.write_text("x")


def test_a_file_is_asked_for_where_it_can_be(tmp_path):
    check_file("--out", None)
    check_file("--out", tmp_path / "new.csv")
    with pytest.raises(InputError, match=r"--out .* is a folder; give a file"):
        check_file("--out", tmp_path)
    with pytest.raises(InputError, match=r"--out .* cannot be written: there is no folder"):
        check_file("--out", tmp_path / "nowhere" / "new.csv")


def test_a_missing_file_that_a_library_tells_without_a_number_is_a_sentence(tmp_path):
    told = r"^A file cannot be read or written .*gone\.safetensors.*store\.root=DIR"
    with pytest.raises(InputError, match=told), disk_errors(STORE_PLACES):
        load_file(tmp_path / "gone.safetensors")
    with pytest.raises(OSError, match="other"), disk_errors():
        raise OSError("other")


def test_an_error_without_a_name_says_none():
    with pytest.raises(InputError, match=r"^A file cannot"), disk_errors():
        raise OSError(errno.EROFS, "Read-only file system")


def test_a_command_that_ends_early_as_asked_says_so_and_succeeds(capsys):
    def body():
        raise AsAsked("The scripts are written.")

    assert exit_code(body) == 0
    assert capsys.readouterr().out == "Note: The scripts are written.\n"
