"""Every file of a folder is taken, or left out and counted; what looks like an image and cannot be had is refused."""

from __future__ import annotations

import os
import socket
import subprocess
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data.options import FolderData
from harness.data.pool import load_pool
from harness.data.reading import looked_at
from harness.data.sources.folder import listing
from harness.data.sources.folder.listing import image_endings, list_folder
from harness.data.sources.folder.read import read_folder, read_images
from harness.errors import HarnessWarning, InputError
from harness.store import Store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder `in` with a.png and b.png, and beside it nothing."""
    (tmp_path / "in").mkdir()
    put(tmp_path / "in/a.png")
    put(tmp_path / "in/b.png")
    return tmp_path / "in"


def put(path: Path, grey: int = 9) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((16, 16), grey, np.uint8)).save(path, format="PNG")


def left_out(root: Path) -> dict[str, int]:
    return {reason: count for reason, (count, _) in list_folder(root, "here").account.left_out.items()}


def test_images_lie_at_any_depth_in_the_order_of_their_paths(root: Path) -> None:
    for name in ("z.png", "batch/10.png", "batch/deep/1.png", "a/c.PNG"):
        put(root / name)
    found = list_folder(root, "here")
    assert found.names == ("a/c.PNG", "a.png", "b.png", "batch/10.png", "batch/deep/1.png", "z.png")
    assert [path.relative_to(root).as_posix() for path in found.images] == list(found.names)
    assert found.account.facts() == {"folder": "here", "images": 6, "links": 0, "left_out": {}}


def test_a_reversed_listing_gives_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root / "c/d.png")
    (root / "link").symlink_to("c")
    (root / "notes.txt").write_text("x")
    before = list_folder(root, "here")
    scandir = os.scandir
    monkeypatch.setattr(listing.os, "scandir", lambda path: list(scandir(path))[::-1])
    assert list_folder(root, "here") == before


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("__MACOSX", listing.SYSTEM), ("@eaDir", listing.SYSTEM), ("#recycle", listing.SYSTEM),
        ("$RECYCLE.BIN", listing.SYSTEM), ("System Volume Information", listing.SYSTEM),
        ("deep/@eaDir/x.png", listing.SYSTEM), (".thumbnails", listing.HIDDEN), ("deep/.cache", listing.HIDDEN),
    ],
)  # fmt: skip
def test_what_systems_leave_behind_is_left_out_file_by_file(root: Path, folder: str, reason: str) -> None:
    for name in ("S.jpg", "M.jpg", "more/L.png"):
        put(root / folder / name)
    assert list_folder(root, "here").names == ("a.png", "b.png")
    assert left_out(root) == {reason: 3}
    with pytest.warns(
        HarnessWarning, match=f"In here 2 images were found, and 3 files were left out: 3 {reason[:9]}"
    ):
        read_images(root, 16, "here")


def test_a_linked_folder_is_followed_once_whatever_the_links_are_called(root: Path) -> None:
    put(root.parent / "elsewhere/c.png")
    for name in ("0", "zz"):
        (root / name).symlink_to("../elsewhere")
    (root / "aa").symlink_to("bb")  # of a real folder, which comes first
    put(root / "bb/d.png")
    found = list_folder(root, "here")
    assert found.names == ("0/c.png", "a.png", "b.png", "bb/d.png")
    assert found.account.links == 1
    assert left_out(root) == {listing.AGAIN: 2}
    with pytest.warns(HarnessWarning, match="1 of 4 images in here are links, or lie in linked folders"):
        read_images(root, 16, "here")


@pytest.mark.parametrize("target", [".", "..", "/", "c"])
def test_a_loop_of_links_is_cut(root: Path, target: str) -> None:
    put(root / "c/d.png")
    (root / "c/again").symlink_to(target if target.startswith("/") else Path("..") / target)
    put(root.parent / "beside/x.png")  # of another folder than the one asked for
    assert list_folder(root, "here").names == ("a.png", "b.png", "c/d.png")
    assert left_out(root) == {listing.ABOVE if target in ("..", "/") else listing.AGAIN: 1}


def test_a_linked_file_is_a_file(root: Path) -> None:
    put(root.parent / "c.png")
    (root / "c.png").symlink_to("../c.png")
    found = list_folder(root, "here")
    assert (found.names, found.account.links) == (("a.png", "b.png", "c.png"), 1)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def socket_at(path: Path) -> None:
    socket.socket(socket.AF_UNIX).bind(os.path.relpath(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def broken(path: Path) -> None:
    path.symlink_to("never/fetched")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [pipe, socket_at, device, broken, loop])
@pytest.mark.parametrize("name", ["c.png", "deep/c.TIF"])
def test_an_image_that_cannot_be_had_is_refused_and_never_opened(root: Path, make, name: str) -> None:  # type: ignore[no-untyped-def]
    (root / "deep").mkdir()
    make(root / name)
    for read in (read_folder, read_images):
        with pytest.raises(InputError, match=rf"here: beside 2 images .* \(first: {name}\)"):
            read(root, 16, "here")


@pytest.mark.parametrize("make", [pipe, socket_at, device, broken])
def test_of_what_is_no_image_by_its_name_only_a_note_is_made(root: Path, make) -> None:  # type: ignore[no-untyped-def]
    make(root / "log.txt")
    with pytest.warns(HarnessWarning, match="2 images were found, and 1 files were left out"):
        assert len(read_images(root, 16, "here")) == 2


@pytest.mark.parametrize("name", ["c", "c.bin", "c.dat", "c.heic"])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "JPEG2000", "PPM"])
def test_a_picture_under_another_ending_is_refused(root: Path, name: str, form: str) -> None:
    Image.fromarray(np.full((16, 16), 9, np.uint8)).save(root / name, format=form)
    with pytest.raises(InputError, match=rf"1 that look like [\w ]+ \(first: {name}\).*rename or convert"):
        read_images(root, 16, "here")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("IM0001", b"\0" * 128 + b"DICM" + b"\0" * 40),
        ("c.dcm", b"old, without the mark"),
        ("c.npy", b"\x93NUMPY\x01\0"),
        ("c.nii", b"\0" * 344 + b"n+1\0"),
        ("c.nii.gz", b"\x1f\x8b"),
    ],
)
def test_a_volume_or_an_array_beside_pictures_is_refused(root: Path, name: str, content: bytes) -> None:
    (root / name).write_bytes(content)
    with pytest.raises(InputError, match=r"1 that look like (DICOM|NIfTI|numpy arrays)") as told:
        read_images(root, 16, "here")
    assert ("numpy" in str(told.value)) == (f"first: {name}" in str(told.value))


def test_a_folder_of_a_scanner_is_refused_without_a_name_and_volumes_are_for_runs(root: Path) -> None:
    person = root / "mustermann"
    person.mkdir()
    (person / "1.dcm").write_bytes(b"\0" * 128 + b"DICM")
    (person / "about.txt").write_text("")
    for called, advised in (("data.root", True), ("data.extra", True), ("--release", False)):
        with pytest.raises(InputError, match="1 that look like DICOM") as told:
            read_images(root, 16, called)
        assert "mustermann" not in str(told.value)
        assert ("data=dicom" in str(told.value)) == advised
    for one in root.glob("*.png"):
        one.unlink()
    with pytest.raises(InputError) as told:
        read_images(root, 16, "--release")
    assert "mustermann" not in str(told.value)


def test_a_linked_folder_that_is_gone_is_refused_whatever_its_name(root: Path) -> None:
    for name in ("part.1", "batch.2024", "more"):
        (root / name).symlink_to("../never/mounted")
    with pytest.raises(InputError, match="3 links to content that is not there"):
        read_images(root, 16, "here")


@pytest.mark.parametrize(("inside", "refused"), [("a/slice.png", True), ("notes.txt", False)])
def test_an_archive_is_refused_where_it_holds_images(root: Path, inside: str, refused: bool) -> None:
    with zipfile.ZipFile(root / "more.zip", "w") as archive:
        archive.writestr(inside, b"x")
    if refused:
        with pytest.raises(InputError, match="1 that look like an archive of images"):
            read_images(root, 16, "here")
    else:
        with pytest.warns(HarnessWarning, match="1 of another kind"):
            assert len(read_images(root, 16, "here")) == 2


@pytest.mark.parametrize("name", ["Metadata.csv", "METADATA.JSONL"])
def test_a_table_under_nearly_its_name_is_told(root: Path, name: str) -> None:
    (root / name).write_text("file_name,patient_id\na.png,1\n")
    with pytest.raises(InputError, match=f"call it {name.lower()}"):
        read_images(root, 16, "here")


def test_what_is_kept_of_a_folder_does_not_hide_what_lies_there_now(root: Path) -> None:
    """The store keeps pixels by their files; what lies beside them is looked at on every load."""
    data, store = FolderData(root=str(root), size=16), Store(root.parent / "store")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        load_pool(data, store)
    assert not any("left out" in str(one.message) for one in caught)
    put(root / "@eaDir/a.png")
    with pytest.warns(HarnessWarning, match=r"In data\.root 2 images were found, and 1 files were left out"):
        pool = load_pool(data, store)
    assert pool.accounts[0]["left_out"] == {listing.SYSTEM: 1}
    (root / "@eaDir/a.png").unlink()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert load_pool(data, store).accounts[0]["left_out"] == {}
    assert not any("left out" in str(one.message) for one in caught)
    (root / "c.png").symlink_to("never/fetched")
    with pytest.raises(InputError, match="1 links to content that is not there"):
        load_pool(data, store)


@pytest.mark.parametrize("content", [b"", b"P", b"P5", b"BM", b"Please note: BM, P5", b"RIFF....WAVE", b"PK\3\4"])
def test_text_and_the_like_is_only_counted(root: Path, content: bytes) -> None:
    (root / "notes").write_bytes(content)
    with pytest.warns(HarnessWarning, match=r"1 of another kind \(first: notes\)"):
        assert len(read_images(root, 16, "here")) == 2


def test_every_ending_that_pillow_opens_is_known_and_none_that_it_only_writes(root: Path) -> None:
    assert {".png", ".jfif", ".jpe", ".apng", ".j2k", ".pbm", ".tga", ".avif", ".eps", ".h5"} <= image_endings()
    assert not {".pdf", ".txt", ".csv", ".json", ""} & image_endings()
    for name in ("c.jfif", "d.JPE", "e.apng", "f.dib"):
        put(root / name)
    assert len(list_folder(root, "here").images) == 6


@pytest.mark.parametrize("ending", [".eps", ".ps", ".h5", ".mpg", ".png"])
def test_what_would_run_a_program_or_no_picture_is_refused_by_name(
    root: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "check_call", lambda *_, **__: pytest.fail("Ghostscript was run"))
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("Ghostscript was run"))
    text = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 16\n%%EndComments\nshowpage\n%%EOF\n"
    (root / f"c{ending}").write_bytes(text)
    with pytest.raises(InputError, match=rf"c{ending} is not an image of a kind that is read"):
        read_images(root, 16, "here")


def test_folders_nested_without_end_are_refused_in_a_sentence(root: Path) -> None:
    here = Path.cwd()
    os.chdir(root)
    try:
        for _ in range(1200):
            os.mkdir("d")  # noqa: PTH102  # the whole path is longer than any system call takes
            os.chdir("d")
    finally:
        os.chdir(here)
    try:
        with pytest.raises(InputError, match="folders more than 64 deep"):
            list_folder(root, "here")
        with pytest.raises(InputError, match="folders more than 64 deep"):
            looked_at("here", root)
    finally:
        subprocess.run(["rm", "-rf", str(root / "d")], check=True)  # Python's own rmtree recurses


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"\xff\xfe.png"])
def test_a_name_that_is_no_utf8_is_named(root: Path, name: bytes) -> None:
    os.link(root / "a.png", os.fsencode(root) + b"/" + name)
    with pytest.raises(InputError, match=r"the name of the image .*\\x?.*\.png is no UTF-8"):
        list_folder(root, "here")


@pytest.mark.parametrize("path", ["gone", "a.png", "x" * 300, "nul\0"])
def test_no_folder_at_all_is_a_sentence(root: Path, path: str) -> None:
    with pytest.raises(InputError, match="give the folder that holds the images"):
        list_folder(root / path, "here")


def test_a_folder_that_may_not_be_opened_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "locked").mkdir()
    scandir = os.scandir

    def closed(path: Path):  # type: ignore[no-untyped-def]
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(listing.os, "scandir", closed)
    with pytest.raises(InputError, match=r"1 that cannot be read \(first: locked\)"):
        read_images(root, 16, "here")


def test_no_remark_tells_the_path_and_a_key_hangs_on_images_and_tables_alone(root: Path) -> None:
    before = looked_at("here", root)[0]
    (root / ".DS_Store").write_text("x")
    (root / "notes.txt").write_text("x")
    put(root / "@eaDir/a.png")
    (root / "metadata.csv").write_text("file_name,patient_id\na.png,1\nb.png,\n")
    assert [row for row in looked_at("here", root)[0] if row[0] != "metadata.csv"] == before
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read_folder(root, 16, "data.root")
    told = [str(one.message) for one in caught]
    assert len(told) == 3
    assert not any(str(root.parent) in text for text in told)
    assert all("data.root" in text for text in told)
