"""Damage in the store of a whole run is found and named, and that artefact alone made again; a store only read."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import pytest
from rich.console import Console
from tiny import TINY_PHANTOM

from harness.artefact import META, forget
from harness.config.settings import Settings, composed
from harness.errors import HarnessWarning
from harness.pipeline import run
from harness.run.results_file import results_of
from harness.store import KINDS, Store
from harness.store.uses import Use, read_record

OPTIONS = [*TINY_PHANTOM, "attack=[knn,loss]", "shadow.steps=5"]
NO_ARTEFACTS = {"locks", "runs", "log", "verified", "checkpoint"}


class Once(NamedTuple):
    """What a run found, but for the seconds, and what it was warned of."""

    results: object
    told: set[str]


def without_seconds(found: object) -> object:
    if isinstance(found, dict):
        return {name: without_seconds(one) for name, one in found.items() if name != "seconds"}
    return [without_seconds(one) for one in found] if isinstance(found, list) else found


def once(settings: Settings) -> Once:
    """The run, by a process that has just started."""
    forget()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HarnessWarning)
        with Store(settings.store_root).used_for(settings.store_root.parent / "results", "manifest.json"):
            outcome = run(settings, Console(quiet=True))
    results = json.loads(json.dumps(results_of(outcome)))
    return Once(without_seconds(results), {str(one.message) for one in caught if one.category is HarnessWarning})


class Finished(NamedTuple):
    """A finished run with its store, and what it found."""

    settings: Settings
    first: Once


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Finished:
    folder = tmp_path_factory.mktemp("finished")
    (folder / "results").mkdir()
    (folder / "results" / "manifest.json").write_text("{}")
    settings = composed([*OPTIONS, f"store.root={folder / 'store'}"])
    return Finished(settings, once(settings))


def files(root: Path) -> dict[Path, tuple[bytes, int]]:
    """Content and inode of every file of every artefact."""
    found = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    return {
        name: (path.read_bytes(), path.stat().st_ino)
        for name, path in found.items()
        if name.parts[0] in KINDS - NO_ARTEFACTS
    }


def one_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) * 2 // 3] ^= 4
    path.write_bytes(content)


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def test_a_run_records_all_that_it_used(finished):
    root = finished.settings.store_root
    (record,) = (root / "runs").iterdir()
    assert record.suffix == ".json"
    found = read_record(record)
    assert found is not None
    there = {Use(*name.parts[:2]) for name in files(root)}
    assert {use.kind for use in there} >= {"pool", "generator", "release", "observation", "scores", "answers"}
    assert found.asked == there


@pytest.mark.parametrize(
    "pattern",
    ["pool/*/pixels.npy", "pool/*/index.csv", "generator/*/generator.json", "generator/*/generator.safetensors",
     "release/*/images.npy", "observation/*/observed.npy", "scores/*/scores.npy", "answers/*.json",
     "pool/*/meta.json", "generator/*/meta.json", "release/*/meta.json", "observation/*/meta.json",
     "scores/*/meta.json"],
)  # fmt: skip
def test_only_what_is_damaged_is_made_again_and_the_results_are_the_same(finished, pattern):
    """One way of damage for each file here; the other two for the same kinds of files were tried by hand."""
    root = finished.settings.store_root
    path = sorted(root.glob(pattern))[0]
    name = path.relative_to(root)
    of_artefact = "/".join(name.parts[:2])
    before, how = files(root), (one_byte, truncated, Path.unlink)[len(pattern) % 3]
    if of_artefact.startswith("answers"):
        how = one_byte
    status = path.stat()
    how(path)
    if path.exists():
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = once(finished.settings)
    (told,) = again.told - finished.first.told
    assert f"Store: {of_artefact} is damaged" in told
    assert again.results == finished.first.results
    after = files(root)
    assert after.keys() == before.keys()
    made = {"/".join(one.parts[:2]) for one in after if after[one][1] != before[one][1]}
    assert made == {of_artefact}
    assert [one for one in after if one.name != META and after[one][0] != before[one][0]] == []
    assert not [one for one in root.rglob(".*") if not one.is_dir()]


def only_read(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)


def everything(root: Path) -> dict[Path, tuple[int, int, bytes]]:
    """Mode, inode and content; not the time of answers, which says when they were last of use."""
    found = {path: path.stat() for path in root.rglob("*")}
    return {
        path: (stat.S_IMODE(status.st_mode), status.st_ino, path.read_bytes() if path.is_file() else b"")
        for path, status in found.items()
    }


def by_itself(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Python in a process to which modes apply, as they do not to root."""
    as_a_user = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write anywhere, and there is no setpriv to give that up with")
        as_a_user = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]
    command = [*as_a_user, sys.executable, "-c", code, *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)


RUN = "import sys; from harness.run.__main__ import main; sys.exit(main())"


@pytest.fixture
def read_only(finished, tmp_path):
    """A copy of the finished store in which nobody can write."""
    root = tmp_path / "store"
    shutil.copytree(finished.settings.store_root, root)
    kept = Store(root)
    done = by_itself(RUN, *OPTIONS, f"store.root={root}", f"out={tmp_path / 'first'}")  # draws the picture, too
    assert done.returncode == 0, done.stderr
    only_read(kept.root)
    yield root
    for path in (root, *root.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)


def test_a_store_that_is_only_read(read_only, tmp_path):
    before = everything(read_only)
    done = by_itself(RUN, *OPTIONS, f"store.root={read_only}", f"out={tmp_path / 'again'}")
    assert done.returncode == 0, done.stderr
    for name in ("scores.csv", "results.json", "submission.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()
    more = by_itself(RUN, *OPTIONS, "seed=1", f"store.root={read_only}", f"out={tmp_path / 'more'}")
    assert more.returncode == 2
    assert "cannot be read or written (Permission denied)" in more.stderr
    assert "store.root=DIR" in more.stderr
    assert "Traceback" not in more.stderr
    assert not (tmp_path / "more").exists()
    after = everything(read_only)
    assert after == before
