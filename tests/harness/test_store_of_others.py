"""A store that somebody else can look into or has written to: private, and nothing in it leads outside or hangs."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
from pathlib import Path

import pytest

from harness.artefact import meta_text, read_meta
from harness.errors import HarnessWarning, InputError
from harness.store import KINDS, Store
from harness.store.elsewhere import Elsewhere, known

WIDE = 0o755


@pytest.fixture(autouse=True)
def _guard():
    def late(number, frame):
        pytest.fail("it waited")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def secret(tmp_path):
    """A file outside the store that nobody may read for us, write or delete."""
    path = tmp_path / "secret" / "data.txt"
    path.parent.mkdir()
    path.write_text("whole")
    yield path
    assert path.read_text() == "whole"
    assert [one.name for one in path.parent.iterdir()] == ["data.txt"]


def maker(folder: Path):
    (folder / "data.txt").write_text("whole")
    return {"length": 5}


def deep_maker(folder: Path):
    (folder / "inner").mkdir()
    maker(folder / "inner")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(root: Path) -> set[tuple[bool, int]]:
    return {(path.is_dir(), mode(path)) for path in (root, *root.rglob("*"))}


@pytest.mark.parametrize("way", ["flock", "file"])
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_else_may_look_into_a_store_whatever_the_umask(tmp_path, umask, way):
    before = os.umask(umask)
    try:
        store = Store(tmp_path / "deep" / "er" / "store")
        with known(store.root, Elsewhere(lock=way)):
            store.get("pool", "k", maker)
            store.get("scores", "k", deep_maker)
            with store.lock("scores", "held"):
                assert len(list((store.root / "locks").iterdir())) == (2 if way == "file" else 1)
                assert modes(store.root) == {(True, 0o700), (False, 0o600)}, "locks are among what is looked at"
    finally:
        os.umask(before)
    assert modes(store.root) == {(True, 0o700), (False, 0o600)}
    assert {path.name for path in store.root.iterdir()} == {"pool", "scores", "locks"}


def test_an_old_store_is_closed_and_found_again(tmp_path):
    store = Store(tmp_path / "store")
    store.get("pool", "k", maker)
    for path in (store.root, *store.root.rglob("*")):
        path.chmod(WIDE if path.is_dir() else 0o644)
    assert store.get("pool", "k", lambda folder: pytest.fail("it was made again")).facts == {"length": 5}
    store.get("release", "new", maker)
    store.get("pool", "new", maker)
    assert {mode(path) for path in (store.root, *store.root.iterdir())} == {0o700}


def test_a_root_that_holds_other_things_keeps_its_mode_and_what_is_ours_is_closed(tmp_path):
    (tmp_path / "thesis").mkdir(mode=WIDE)
    tmp_path.chmod(WIDE)
    Store(tmp_path).get("pool", "k", maker)
    assert mode(tmp_path) == mode(tmp_path / "thesis") == WIDE
    assert mode(tmp_path / "pool") == mode(tmp_path / "locks") == 0o700


def test_a_root_that_others_may_write_to_is_told_without_its_path(tmp_path):
    (tmp_path / "thesis").mkdir()
    tmp_path.chmod(0o777)
    with pytest.warns(HarnessWarning, match=r"others on this machine may put folders .* store\.root=DIR") as caught:
        Store(tmp_path).get("pool", "k", maker)
    assert str(tmp_path) not in str(caught[0].message)


def test_modes_that_cannot_be_set_are_told(tmp_path, monkeypatch):
    store = Store(tmp_path)
    (tmp_path / "pool").mkdir()
    (tmp_path / "pool").chmod(WIDE)

    def refusing(self, mode, **_):
        raise PermissionError(1, "Operation not permitted", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "chmod", refusing)
        with pytest.warns(HarnessWarning, match="others on this machine may read it"):
            store.private_folder("pool")


def test_the_kinds_that_make_a_root_ours_are_those_that_are_written():
    """One that is missing from the list would leave the root of its store open."""
    source = "".join(path.read_text() for path in Path(__file__).parents[2].glob("harness/**/*.py"))
    written = {kind for kind in KINDS if f'"{kind}"' in source}
    assert written == KINDS
    import re

    assert set(re.findall(r'store\.(?:get|find|lock|private_folder|folder)\(\s*"(\w+)"', source)) <= KINDS


NAMED = {
    "above": "../../../secret/data.txt",
    "inner above": "inner/../../../../secret/data.txt",
    "absolute": "/etc/passwd",
    "itself": ".",
    "empty": "",
    "NUL": "a\0b",
    "long": "n" * 5000,
}


@pytest.mark.parametrize("named", NAMED)
def test_a_file_that_is_named_outside_is_damage_and_not_opened(tmp_path, secret, monkeypatch, named):
    """The digest is right: only the place is wrong."""
    store = Store(tmp_path / "store")
    folder = store.get("kind", "k", maker).folder
    meta = read_meta(folder)
    meta = meta._replace(files={NAMED[named]: meta.files["data.txt"]})
    (folder / "meta.json").write_text(meta_text("kind", "k", meta))  # whoever wrote it knows how
    opened = []
    monkeypatch.setattr("harness.artefact.digest", lambda path, what: opened.append(path))
    with pytest.warns(HarnessWarning, match="is damaged") as caught:
        assert store.find("kind", "k") is None
    assert opened == []
    assert all(len(str(one.message)) < 400 and "\0" not in str(one.message) for one in caught)


def replaced_by(path: Path, how: str, target: Path) -> None:
    path.unlink()
    if how == "link":
        path.symlink_to(target)
    elif how == "pipe":
        os.mkfifo(path)
    elif how == "socket":
        socket.socket(socket.AF_UNIX).bind(str(path))
    elif how == "device":
        path.symlink_to("/dev/zero")
    elif how == "folder":
        path.mkdir()


@pytest.mark.parametrize("how", ["link", "pipe", "socket", "device", "folder"])
@pytest.mark.parametrize("name", ["data.txt", "meta.json"])
def test_what_is_no_plain_file_is_damage_and_made_again(tmp_path, secret, name, how):
    store = Store(tmp_path / "s")  # short: a socket's name may not be long
    folder = store.get("kind", "k", maker).folder
    target = secret if name == "data.txt" else tmp_path / "meta"
    (tmp_path / "meta").write_bytes((folder / "meta.json").read_bytes())
    replaced_by(folder / name, how, target)
    with pytest.warns(HarnessWarning, match=r"kind/k is damaged \(.*\) and is made again"):
        again = store.get("kind", "k", maker)
    assert (again.folder / "data.txt").read_text() == "whole"
    assert all(path.is_file() and not path.is_symlink() for path in again.folder.iterdir())


def test_a_link_beside_the_files_that_are_named_is_damage_too(tmp_path, secret):
    """Who reads an artefact takes a file by its name, be it named in the meta or not."""
    store = Store(tmp_path / "store")
    folder = store.get("kind", "k", maker).folder
    (folder / "pixels.npy").symlink_to(secret)
    with pytest.warns(HarnessWarning, match=r"damaged \(pixels.npy\)"):
        assert store.find("kind", "k") is None


def test_an_artefact_or_an_inner_folder_that_is_a_link_is_not_followed(tmp_path, secret):
    store = Store(tmp_path / "store")
    folder = store.get("kind", "k", deep_maker).folder
    (folder / "inner" / "data.txt").rename(tmp_path / "kept")
    (folder / "inner").rmdir()
    (folder / "inner").symlink_to(secret.parent)
    with pytest.warns(HarnessWarning, match=r"damaged \(inner"):
        store.get("kind", "k", deep_maker)
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    with pytest.warns(HarnessWarning, match="damaged"):
        assert store.find("kind", "k") is None
    with pytest.warns(HarnessWarning, match="damaged"):
        store.get("kind", "k", maker)
    assert not folder.is_symlink()
    assert (elsewhere / "inner" / "data.txt").read_text() == "whole", "what the link showed is as it was"


@pytest.mark.parametrize("kind", ["kind", "locks", "checkpoint"])
def test_a_kind_that_is_a_link_is_refused(tmp_path, secret, kind):
    store = Store(tmp_path / "store")
    store.root.mkdir()
    (store.root / kind).symlink_to(secret.parent)
    with pytest.raises(InputError, match=f"The store's folder {kind} is a link"):
        store.get("kind", "k", maker) if kind != "checkpoint" else store.private_folder(kind)


def test_nothing_is_found_through_a_kind_that_is_a_link(tmp_path):
    Store(tmp_path / "other").get("kind", "k", maker)
    store = Store(tmp_path / "store")
    store.root.mkdir()
    (store.root / "kind").symlink_to(tmp_path / "other" / "kind")
    with pytest.raises(InputError, match="The store's folder kind is a link"):
        store.find("kind", "k")


def test_a_root_that_is_a_link_is_the_users(tmp_path):
    (tmp_path / "large_disk").mkdir()
    (tmp_path / "store").symlink_to("large_disk")
    Store(tmp_path / "store").get("pool", "k", maker)
    assert (tmp_path / "large_disk" / "pool" / "k" / "data.txt").is_file()


METAS = {
    "no mapping": "[]",
    "null": "null",
    "empty": "",
    "no files": '{"kind": "kind", "key": "k", "facts": {}, "seconds": 1}',
    "files a list": '{"kind": "kind", "key": "k", "facts": {}, "seconds": 1, "files": ["data.txt"]}',
    "files null": '{"kind": "kind", "key": "k", "facts": {}, "seconds": 1, "files": null}',
    "digest a number": '{"kind": "kind", "key": "k", "facts": {}, "seconds": 1, "files": {"data.txt": 1}}',
    "facts a list": '{"kind": "kind", "key": "k", "facts": [], "seconds": 1, "files": {}}',
    "seconds a word": '{"kind": "kind", "key": "k", "facts": {}, "seconds": "1", "files": {}}',
    "too deep": '{"kind": "kind", "key": "k", "facts": ' * 3000,
    "deep facts": '{"kind": "kind", "key": "k", "seconds": 1, "files": {}, "facts": '
    + '{"a":' * 100
    + "{}"
    + "}" * 101,
    "of another key": '{"kind": "kind", "key": "l", "facts": {}, "seconds": 1, "files": {}}',
    "of another kind": '{"kind": "pool", "key": "k", "facts": {}, "seconds": 1, "files": {}}',
    "more than we write": '{"kind": "kind", "key": "k", "facts": {}, "seconds": 1, "files": {}, "sha257": ""}',
    "no UTF-8": b"\xff\xfe",
}


def test_a_meta_from_before_there_was_a_seal_is_taken(tmp_path):
    store = Store(tmp_path)
    folder = store.get("kind", "k", maker).folder
    told = json.loads((folder / "meta.json").read_text())
    del told["sha256"]
    (folder / "meta.json").write_text(json.dumps(told, indent=1))
    found = store.find("kind", "k")
    assert found is not None
    assert found.facts == {"length": 5}


@pytest.mark.parametrize("meta", METAS)
def test_a_meta_that_we_do_not_write_is_damage(tmp_path, meta):
    store = Store(tmp_path)
    folder = store.get("kind", "k", maker).folder
    text = METAS[meta]
    (folder / "meta.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.warns(HarnessWarning, match=r"damaged \(meta.json\)"):
        assert store.get("kind", "k", maker).facts == {"length": 5}


def test_a_meta_of_a_terabyte_is_not_read(tmp_path):
    store = Store(tmp_path)
    folder = store.get("kind", "k", maker).folder
    with (folder / "meta.json").open("r+b") as file:
        file.truncate(10**12)
    with pytest.warns(HarnessWarning, match="damaged"):
        assert store.find("kind", "k") is None


def test_folders_in_one_another_are_damage_and_not_gone_down_for_ever(tmp_path):
    store = Store(tmp_path / "store")
    folder = store.get("kind", "k", maker).folder
    deep = folder
    for _ in range(80):
        deep /= "d"
    deep.mkdir(parents=True)
    with pytest.warns(HarnessWarning, match="damaged"):
        assert store.get("kind", "k", maker).facts == {"length": 5}
    assert {path.name for path in store.get("kind", "k", maker).folder.iterdir()} == {"data.txt", "meta.json"}


def test_facts_of_a_kind_pass_over_what_is_damaged(tmp_path):
    store = Store(tmp_path)
    assert list(store.facts("kind")) == []
    for key in ("whole", "list", "pipe", "link"):
        store.get("kind", key, maker)
    (tmp_path / "kind" / "list" / "meta.json").write_text("[]")
    for key, how in (("pipe", "pipe"), ("link", "link")):
        replaced_by(tmp_path / "kind" / key / "meta.json", how, tmp_path / "kind" / "whole" / "meta.json")
    (tmp_path / "kind" / "a file").write_text("x")
    assert list(store.facts("kind")) == [{"length": 5}]
