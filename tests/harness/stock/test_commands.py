"""`python -m harness.store`: what it lists, reads and takes away, in stores made by hand; no generator is trained."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.stock import command, prune
from harness.store import Store, uses
from harness.store.__main__ import main
from harness.store.elsewhere import Elsewhere, known
from harness.store.uses import read_record
from harness.writing import remove

MANIFEST = "manifest.json"


def maker(text: str):
    def make(folder: Path) -> dict[str, int]:
        (folder / "data.txt").write_text(text * 1000)
        return {"length": len(text)}

    return make


def a_run(store: Store, folder: Path, *wants: tuple[str, str], manifest: dict | None = None) -> None:
    """A run that asks for these, and ends."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps(manifest or {"name": folder.name}))
    with store.used_for(folder, MANIFEST):
        for kind, key in wants:
            store.get(kind, key, maker(key))


def interrupted(store: Store, folder: Path, *wants: tuple[str, str]) -> None:
    with stopped(), store.used_for(folder, MANIFEST):
        for kind, key in wants:
            store.get(kind, key, maker(key))
        raise KeyboardInterrupt


@contextmanager
def stopped() -> Iterator[None]:
    """The body is a run that somebody stops."""
    with pytest.raises(KeyboardInterrupt):
        yield


def days_ago(path: Path, days: float) -> None:
    at = time.time() - days * 86_400
    os.utime(path, (at, at))


def all_old(store: Store) -> None:
    """Everything in the store was made a month ago."""
    for path in store.root.rglob("*"):
        days_ago(path, 30)


def artefacts(store: Store) -> set[str]:
    return {f"{path.parent.parent.name}/{path.parent.name}" for path in store.root.glob("*/*/meta.json")}


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    """Two runs that share a pool, a third whose results were deleted, and what nobody asked for; all a month old."""
    monkeypatch.chdir(tmp_path)
    made = Store(Path("store"))
    a_run(made, Path("runs/a"), ("pool", "p"), ("generator", "a"), ("release", "a"))
    a_run(made, Path("runs/b"), ("pool", "p"), ("generator", "b"), ("scores", "b"))
    a_run(made, Path("runs/gone"), ("pool", "p"), ("generator", "gone"))
    shutil.rmtree("runs/gone")
    made.get("scores", "nobody", maker("x"))
    all_old(made)
    return made


@pytest.fixture
def call(capsys, monkeypatch):
    """Exit code, and what was printed on one line."""
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123  # no terminal

    def called(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, " ".join(out.split()), " ".join(err.split())

    return called


KEPT = {"pool/p", "generator/a", "release/a", "generator/b", "scores/b"}
NEEDLESS = {"generator/gone", "scores/nobody"}


def test_the_list_says_which_run_needs_what_and_what_none_does(store, call):
    assert call("--json", "list.json")[0] == 0
    found = json.loads(Path("list.json").read_text())
    assert {f"{one['kind']}/{one['key']}" for one in found["artefacts"]} == KEPT | NEEDLESS
    assert set(found["goes"]["artefacts"]) == NEEDLESS
    runs = {Path(one["folder"]).name: one for one in found["runs"]}
    assert {name: (one["state"], one["artefacts"]) for name, one in runs.items()} == {
        "a": ("there", 3), "b": ("there", 3), "gone": ("gone", 2),
    }  # fmt: skip
    size = {f"{one['kind']}/{one['key']}": one["bytes"] for one in found["artefacts"]}
    assert runs["a"]["bytes"] == size["pool/p"] + size["generator/a"] + size["release/a"]
    assert runs["a"]["bytes_alone"] == size["generator/a"] + size["release/a"], "the pool is shared"
    folder = store.folder("generator", "a")
    assert size["generator/a"] == sum(path.stat().st_size for path in folder.iterdir())


def test_a_list_changes_nothing(store, call):
    before = {path: (path.lstat().st_mtime_ns, path.lstat().st_ino) for path in store.root.rglob("*")}
    assert call("list")[0] == 0
    assert call("prune", "--dry-run")[0] == 0
    assert {path: (path.lstat().st_mtime_ns, path.lstat().st_ino) for path in store.root.rglob("*")} == before


def test_prune_takes_away_what_no_run_needs_and_nothing_else(store, call):
    code, out, _ = call("prune", "--yes")
    assert code == 0
    assert "2 artefacts went" in out
    assert artefacts(store) == KEPT
    assert not list(store.root.rglob(".*"))
    assert [one["state"] for one in listed(call)["runs"]] == ["there", "there"], (
        "nor is the run that is gone recorded"
    )


def listed(call) -> dict:
    call("list", "--json", "list.json")
    return json.loads(Path("list.json").read_text())


def test_prune_says_what_goes_and_does_nothing_unless_it_is_told_to(store, call):
    code, out, err = call("prune")
    assert code == 2
    assert "there is no terminal to ask at" in err
    assert "generator 1" in out
    assert "The results of these runs are gone, and what only they needed goes: runs/gone." in out
    assert artefacts(store) == KEPT | NEEDLESS


@pytest.mark.parametrize(
    ("answer", "goes"), [("y\n", True), ("yes\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_prune_asks_at_a_terminal(store, capsys, monkeypatch, answer, goes):
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return answer

    monkeypatch.setattr(sys, "stdin", Terminal())
    assert main(["prune"]) == 0
    assert "Take it away? [y/N]" in capsys.readouterr().out
    assert artefacts(store) == (KEPT if goes else KEPT | NEEDLESS)


def test_what_is_young_stays(store, call):
    days_ago(store.folder("scores", "nobody") / "meta.json", 2)
    out = call("prune", "--yes")[1]
    assert "No run needs 1 artefact, too young" in out
    assert artefacts(store) == KEPT | {"scores/nobody"}
    call("prune", "--yes", "--older-than", "1")
    assert artefacts(store) == KEPT


def test_what_an_interrupted_run_asked_for_stays_until_nobody_goes_on_with_it(store, call):
    interrupted(store, Path("runs/hours"), ("generator", "hours"))
    checkpoint = store.private_folder("checkpoint") / "next"
    with stopped(), store.used_for(Path("runs/hours"), MANIFEST):
        assert store.find("generator", "next") is None
        checkpoint.mkdir()
        raise KeyboardInterrupt
    (record,) = (store.root / "runs").glob("*.asked")
    for path in (store.folder("generator", "hours") / "meta.json", checkpoint):
        days_ago(path, 30)
    call("prune", "--yes")
    assert artefacts(store) == KEPT | {"generator/hours"}
    assert checkpoint.is_dir()
    days_ago(record, 30)
    assert "These runs were interrupted" in call("prune", "--yes")[1]
    assert artefacts(store) == KEPT
    assert not checkpoint.exists()
    assert not record.exists()


def test_a_run_that_went_on_and_ended_is_recorded_once(store, call):
    interrupted(store, Path("runs/hours"), ("generator", "hours"))
    a_run(store, Path("runs/hours"), ("generator", "hours"), ("release", "hours"))
    assert not list((store.root / "runs").glob("*.asked"))
    (run,) = [one for one in listed(call)["runs"] if Path(one["folder"]).name == "hours"]
    assert (run["state"], run["artefacts"]) == ("there", 2)


def test_a_run_that_was_moved_is_found_by_its_manifest(store, call):
    shutil.move("runs/a", "elsewhere/deep/other_name")
    call("prune", "--yes", "--runs", "elsewhere")
    assert artefacts(store) == KEPT
    call("prune", "--yes")
    assert artefacts(store) == KEPT - {"generator/a", "release/a"}


def test_runs_on_a_disk_that_is_not_there_are_not_taken_for_deleted(store, call):
    Path("runs").rename("unmounted")
    out = call("prune", "--yes")[1]
    assert "3 of these runs lay in folders that are not there now" in out
    assert artefacts(store) == KEPT | {"generator/gone"}
    Path("runs").mkdir()
    call("prune", "--yes")
    assert artefacts(store) == set()


def test_a_store_without_records_is_not_emptied(tmp_path, monkeypatch, call):
    """As every store is that an older version filled; what manifests name is kept."""
    monkeypatch.chdir(tmp_path)
    store = Store(Path("store"))
    for kind, key in (("pool", "p"), ("generator", "g"), ("release", "r"), ("generator", "base"), ("scores", "s")):
        store.get(kind, key, maker(key))
    all_old(store)
    before = artefacts(store)
    code, _, err = call("prune", "--yes")
    assert code == 2
    assert "No run is recorded in this store" in err
    assert artefacts(store) == before
    run = Path("runs/old")
    run.mkdir(parents=True)
    generators = [{"generator": "g", "release": "r"}]
    (run / MANIFEST).write_text(json.dumps({"pool": "p", "generators": generators, "base": {"generator": "base"}}))
    code = call("prune", "--yes", "--runs", "runs")[0]
    assert code == 0
    assert artefacts(store) == before - {"scores/s"}
    Path("runs/old/manifest.json").write_text(json.dumps({"pool": "of another store"}))
    assert call("prune", "--yes", "--runs", "runs")[0] == 2


def test_a_mirror_is_called_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with known(tmp_path / "store", Elsewhere(mirror=str(tmp_path / "mirror"))):
        Store(tmp_path / "store").get("release", "k", maker("k"))
    for root, said in (("mirror", True), ("store", False)):
        assert main(["list", "--root", root]) == 0
        told = " ".join(capsys.readouterr().out.split())
        assert f"{root}: 1 artefacts" in told
        assert ("it is a store's mirror (store.mirror=DIR), or a copy" in told) == said
    assert main(["prune", "--root", "mirror", "--yes", "--older-than", "0"]) == 2
    assert (tmp_path / "mirror" / "release" / "k" / "meta.json").exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"pool": 1, "generators": 3, "base": []}', '{"generators": [1, {}]}']
)
def test_a_manifest_that_is_none_names_nothing(store, call, text):
    Path("runs/strange").mkdir()
    (Path("runs/strange") / MANIFEST).write_text(text)
    assert call("prune", "--yes", "--runs", "runs")[0] == 0
    assert artefacts(store) == KEPT


def test_what_a_run_has_just_asked_for_stays(store, call):
    """A run that is under way, whatever the age of what it found."""
    with store.used_for(Path("runs/now"), MANIFEST):
        assert store.find("scores", "nobody") is not None
        call("prune", "--yes", "--older-than", "0")
        Path("runs/now").mkdir()
        (Path("runs/now") / MANIFEST).write_text("{}")
    assert artefacts(store) == KEPT | {"scores/nobody"}


def test_what_is_asked_for_while_it_is_taken_away_is_put_back(store, call, monkeypatch):
    """Between the look at what runs need and the moment at which nobody finds it any more."""
    take_away = prune.take_away

    def asked_meanwhile(folder: Path) -> Path:
        if folder.name == "nobody":
            assert store.find("scores", "nobody") is not None
        return take_away(folder)

    monkeypatch.setattr(prune, "take_away", asked_meanwhile)
    with stopped(), store.used_for(Path("runs/now"), MANIFEST):
        store.find("pool", "p")
        assert "scores/nobody" in call("prune", "--yes")[1]
        assert store.find("scores", "nobody") is not None
        raise KeyboardInterrupt
    assert artefacts(store) == KEPT | {"scores/nobody"}


def test_what_is_being_made_is_left_alone_and_listed(store, call):
    with store.lock("scores", "nobody"):
        assert "Locked now, as it is being made: scores/nobody." in call()[1]
        assert "using these, so they stay: scores/nobody" in call("prune", "--yes")[1]
    assert artefacts(store) == KEPT | {"scores/nobody"}
    assert "Locked" not in call()[1]


def test_a_prune_that_is_killed_leaves_no_half_artefact(store, call, monkeypatch):
    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(prune, "remove", killed)
        assert call("prune", "--yes")[0] == 130
    assert artefacts(store) >= KEPT
    left = [path.name for path in store.root.glob("*/.*")]
    assert len(left) == 1
    assert artefacts(store) & NEEDLESS < NEEDLESS
    assert call("verify")[0] == 0
    call("prune", "--yes")
    assert artefacts(store) == KEPT
    assert not list(store.root.glob("*/.*"))


def test_what_killed_runs_left_goes_and_what_is_being_written_does_not(store, call):
    left = store.root / "generator" / f".making-x-{'0' * 16}"
    left.mkdir()
    (left / "half.txt").write_text("half")
    (store.private_folder("log") / "no_such_key.txt").write_text("x")
    (store.private_folder("log") / "a.txt").write_text("of generator a")

    def make(folder: Path) -> None:
        out = call("list")[1]
        assert "1 half-made, 1 log" in out, "what is being made now is none"
        call("prune", "--yes")

    store.get("generator", "while", make)
    assert not left.exists()
    assert [path.name for path in (store.root / "log").iterdir()] == ["a.txt"]
    assert artefacts(store) == KEPT | {"generator/while"}


def one_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def a_link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


@pytest.mark.parametrize("name", ["data.txt", "meta.json"])
@pytest.mark.parametrize("how", [one_byte, truncated, remove, a_link])
def test_verify_names_what_is_damaged_and_takes_it_away_when_told(store, call, how, name):
    code, out, _ = call("verify")
    assert code == 0
    assert re.fullmatch(r"7 artefacts were read, [\d.]+ kB: none damaged\.", out)
    before = artefacts(store)
    path = store.folder("generator", "a") / name
    status = path.stat()
    how(path)
    if path.is_file() and not path.is_symlink():
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    code, out, _ = call("verify", "--json", "told.json")
    assert code == 1
    assert f"generator/a is damaged ({name})." in out
    assert json.loads(Path("told.json").read_text())["damaged"] == [{"artefact": "generator/a", "files": [name]}]
    code, out, _ = call("verify", "--remove")
    assert code == 1
    assert f"generator/a is damaged ({name}); taken away." in out
    assert artefacts(store) == before - {"generator/a"}
    assert not store.folder("generator", "a").exists()
    assert call("verify")[0] == 0


def test_the_list_names_damage_that_is_seen_without_reading(store, call):
    (store.folder("release", "a") / "data.txt").unlink()
    (store.folder("scores", "b") / "meta.json").unlink()
    assert "without reading (`verify` reads): release/a (data.txt), scores/b (meta.json)." in call()[1]


def test_files_beside_an_artefact_are_told_and_are_no_damage(store, call):
    (store.folder("release", "a") / "notes.txt").write_text("mine")
    code, out, _ = call("verify")
    assert code == 0
    assert "release/a is whole, and beside it lie files that nothing reads: notes.txt." in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--root", "runs"], "--root runs is no store"),
        (["verify", "--root", "no_such"], "--root no_such is no store"),
        (["prune", "--runs", "no_such"], "--runs no_such is no folder"),
        (["list", "--json", "store/list.json"], "lies in store, which this command reads"),
    ],
)
def test_mistakes_are_sentences(store, call, words, told):
    code, _, err = call(*words)
    assert code == 2
    assert told in err


@pytest.mark.parametrize("days", ["-1", "nan", "inf", "soon", "1e400"])
def test_days_are_a_number(store, call, days):
    with pytest.raises(SystemExit) as ended:
        command._parser().parse_args(["prune", f"--older-than={days}"])
    assert ended.value.code == 2


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": 1}', '{"schema": 2, "folder": "x"}', "\x00"])
def test_a_record_that_we_did_not_write_is_told_and_nothing_is_pruned(store, call, text):
    record = store.root / "runs" / "strange.json"
    record.write_text(text)
    assert "or none that we write, so that nothing is pruned: strange.json." in call()[1]
    code, _, err = call("prune", "--yes")
    assert code == 2
    assert "(strange.json)" in err
    assert artefacts(store) == KEPT | NEEDLESS
    record.unlink()
    assert call("prune", "--yes")[0] == 0
    assert artefacts(store) == KEPT


def record_of(store: Store, name: str) -> Path:
    """The record of a run, by the name of its folder."""
    (found,) = [
        path for path in (store.root / "runs").glob("*.json") if json.loads(path.read_text())["folder"].endswith(name)
    ]
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/runs/a", "/runs/z"),  # its results would be gone
        ("generator/a", "generator/z"),
        ('"sha256"', '"sha257"'),
        ('"asked"', '"asket"'),
        ("schema", "schemb"),
        ("\n}", "\n"),
    ],
)
def test_a_changed_letter_in_a_record_takes_nothing_away(store, call, before, after):
    record = record_of(store, "runs/a")
    text = record.read_text()
    assert text.count(before) == 1
    record.write_text(text.replace(before, after))
    code, out, _ = call("verify", "--json", "told.json")
    assert code == 1
    assert f"runs/{record.name}, the record of what a run needs, is damaged" in out
    assert json.loads(Path("told.json").read_text())["records"] == [f"runs/{record.name}"]
    assert call("prune", "--yes", "--older-than", "0")[0] == 2
    assert artefacts(store) == KEPT | NEEDLESS
    a_run(store, Path("runs/a"), ("pool", "p"), ("generator", "a"), ("release", "a"))
    assert call("verify")[0] == 0, "the same command writes it anew"
    call("prune", "--yes", "--older-than", "0")
    assert artefacts(store) == KEPT


def test_every_letter_of_a_record_counts(store):
    record = record_of(store, "runs/a")
    content = record.read_bytes()
    for place in range(len(content)):
        record.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert read_record(record) is None, place
    record.write_bytes(content)
    assert read_record(record) is not None


def test_a_record_from_before_there_was_a_digest_is_taken_as_it_is(store, call):
    for path in (store.root / "runs").glob("*.json"):
        unsealed(path)
    assert call("verify")[0] == 0
    assert call("prune", "--yes")[0] == 0
    assert artefacts(store) == KEPT


def unsealed(record: Path, **changed: object) -> None:
    """Write a record as versions did that gave it no digest, with some of it changed."""
    said = json.loads(record.read_text())
    del said["sha256"]
    record.write_text(json.dumps(said | changed, indent=1))


class Answering:
    """A terminal at which somebody says yes, once something else has happened."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        self._meanwhile()
        return "y\n"


def test_what_a_run_needs_that_began_and_ended_before_the_answer_stays(store, monkeypatch, capsys):
    def meanwhile() -> None:
        a_run(store, Path("runs/new"), ("pool", "p"), ("scores", "nobody"))
        a_run(store, Path("runs/gone"), ("pool", "p"), ("generator", "gone"))

    monkeypatch.setattr(sys, "stdin", Answering(meanwhile))
    assert main(["prune"]) == 0
    assert artefacts(store) == KEPT | NEEDLESS
    assert {one["state"] for one in listed(lambda *words: main(list(words)))["runs"]} == {"there"}
    assert record_of(store, "runs/gone").exists(), "it was written anew"


def test_results_that_are_back_before_the_answer_keep_what_they_need(store, monkeypatch, capsys):
    def back() -> None:
        Path("runs/gone").mkdir()
        (Path("runs/gone") / MANIFEST).write_text('{"name": "gone"}')

    monkeypatch.setattr(sys, "stdin", Answering(back))
    assert main(["prune"]) == 0
    assert artefacts(store) == KEPT | {"generator/gone"}
    assert record_of(store, "runs/gone").exists()


def test_what_was_not_told_does_not_go(store, monkeypatch, capsys):
    """Between the list and the answer the results of another run are deleted: nobody agreed to lose what it made."""
    monkeypatch.setattr(sys, "stdin", Answering(lambda: shutil.rmtree("runs/a")))
    assert main(["prune"]) == 0
    assert artefacts(store) == KEPT
    assert record_of(store, "runs/a").exists()


def test_what_a_run_needs_that_ends_while_others_are_taken_away_stays(store, call, monkeypatch):
    """After the answer: its notes are gone by the time they are read, and its record is there."""
    take_away, begun = prune.take_away, []

    def meanwhile(folder: Path) -> Path:
        if not begun:
            begun.append(folder)
            a_run(store, Path("runs/new"), *[tuple(one.split("/")) for one in NEEDLESS])
            a_run(store, Path("runs/gone"), ("pool", "p"))
        return take_away(folder)

    monkeypatch.setattr(prune, "take_away", meanwhile)
    assert "so they stay: generator/gone, scores/nobody" in call("prune", "--yes")[1]
    assert artefacts(store) == KEPT | NEEDLESS
    assert record_of(store, "runs/gone").exists(), "it is not that which was to go"


def test_notes_go_on_once_a_full_disk_has_room(store, call, monkeypatch):
    write, full = os.write, [True]

    def filled(descriptor: int, content: bytes) -> int:
        if not full:
            return write(descriptor, content)
        if full.pop():  # the second time as much as fits, and then there is room
            full.append(False)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, content[: len(content) // 2])

    with stopped(), store.used_for(Path("runs/now"), MANIFEST), monkeypatch.context() as patch:
        patch.setattr(uses.os, "write", filled)
        store.find("scores", "nobody")
        code, _, err = call("prune", "--yes")
        assert code == 2, "what the run uses is not known"
        assert "a run could not write it" in err
        store.find("pool", "p")
        store.find("generator", "gone")
        (notes,) = (store.root / "runs").glob("*.asked")
        assert read_record(notes).asked == {("scores", "nobody"), ("pool", "p"), ("generator", "gone")}
        raise KeyboardInterrupt


@pytest.mark.parametrize("text", ["", '{"folder": "/so', '\n{"folder": "/so'])
def test_notes_that_a_killed_run_had_hardly_begun_hinder_nothing(store, call, text):
    (store.root / "runs" / f"{'0' * 32}.asked").write_text(text)
    assert call("verify")[0] == 0
    assert call("prune", "--yes")[0] == 0
    assert artefacts(store) == KEPT


def test_a_record_is_private(store):
    assert {path.stat().st_mode & 0o077 for path in (store.root / "runs").iterdir()} == {0}
    assert (store.root / "runs").stat().st_mode & 0o077 == 0


PAGE = Path(__file__).parents[3] / "docs" / "store.md"


def of_size(n_bytes: int):
    def make(folder: Path) -> None:
        with (folder / "data.npy").open("wb") as file:
            file.truncate(n_bytes)

    return make


def test_the_page_shows_what_is_printed(tmp_path, monkeypatch, capsys):
    """Of three runs, the results of one of which were deleted, a month ago."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    store = Store(Path("store"))
    sizes = {("pool", "p"): 12_000_000, ("generator", "a"): 30_000_000, ("generator", "b"): 31_000_000}
    sizes |= {("generator", "c"): 32_000_000, ("release", "a"): 4_000_000}
    for (kind, key), size in sizes.items():
        store.get(kind, key, of_size(size))
    for name, wants in (("knn", "pa"), ("loss", "pb"), ("first_try", "pc")):
        a_run(store, Path("runs") / name, ("pool", wants[0]), ("generator", wants[1]))
    a_run(store, Path("runs/knn"), ("pool", "p"), ("generator", "a"), ("release", "a"))
    shutil.rmtree("runs/first_try")
    all_old(store)
    for days, path in enumerate(
        sorted((store.root / "runs").iterdir(), key=lambda path: json.loads(path.read_text())["folder"])
    ):
        unsealed(path, at=time.time() - (30 + days) * 86_400)
    for words in ([], ["prune", "--dry-run"]):
        assert main(words) == 0
        printed = "\n".join(line.rstrip() for line in capsys.readouterr().out.strip().splitlines())
        assert f"```\n{printed}\n```" in PAGE.read_text(encoding="utf-8"), printed


def test_commands_of_the_page_are_read():
    lines = [
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("python -m harness.store")
    ]
    assert len(lines) >= 5
    for line in lines:
        words = line.partition("#")[0].split()[3:]
        command._parser().parse_args(words if words and not words[0].startswith("--") else ["list", *words])


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ([], ["list"]),
        (["--root", "a"], ["list", "--root", "a"]),
        (["--root", "a", "verify"], ["verify", "--root", "a"]),
        (["--root", "list", "prune", "--yes"], ["prune", "--root", "list", "--yes"]),
        (["--root=a", "list"], ["list", "--root=a"]),
        (["verify", "--root", "prune"], ["verify", "--root", "prune"]),
        (["--help"], ["--help"]),
        (["lst"], ["lst"]),
    ],
)
def test_the_word_may_stand_behind_options(words, first):
    assert command._word_first(words) == first
