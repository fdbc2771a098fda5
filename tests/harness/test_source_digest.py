"""The hash of the source: any file that decides something is in it, and it is that of what runs."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import harness.source_digest
from harness.source_digest import source_digest, source_is_as_begun

ROOT = Path(__file__).parents[2]
FILES = [
    "harness/report/write.py",
    "harness/report/templates/page.html",
    "harness/report/templates/page.css",
    "harness/report/templates/sort.js",
    "harness/editions/edition.yaml",
    "harness/editions/published.csv",
    "attacks/knn.py",
    "shadow_models/a.py",
]
NO_SOURCE = {".safetensors", ".json", ".typed"}  # a base's weights and recipe, which the keys of their users name


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Path:
    """Source as it lay before the process began."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one = 1\n")
    monkeypatch.setattr(harness.source_digest, "_ROOT", tmp_path)
    monkeypatch.setattr(harness.source_digest, "STARTED_NS", time.time_ns() + 10**15)
    source_digest.cache_clear()
    yield tmp_path
    source_digest.cache_clear()


def digest_now() -> str:
    source_digest.cache_clear()
    return source_digest()


@pytest.mark.parametrize("name", FILES)
def test_an_edited_a_new_and_a_renamed_file_tell(tree, name):
    found = [digest_now()]
    (tree / name).write_text("one = 2\n")
    found.append(digest_now())
    (tree / name).rename((tree / name).with_stem("other"))
    found.append(digest_now())
    (tree / "harness" / "new.py").write_text("")
    found.append(digest_now())
    assert len(set(found)) == 4
    (tree / "harness" / "notes.txt").write_text("nothing that runs")
    assert digest_now() == found[-1]


def test_every_kind_of_file_of_the_packages_is_counted_or_known_to_be_none():
    kinds = {
        path.suffix
        for package in ("harness", "attacks", "shadow_models")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert kinds - NO_SOURCE == {Path(name).suffix for name in FILES}


def test_source_that_was_edited_while_it_runs_has_a_digest_of_its_own(tree, monkeypatch):
    """As it was again, too: what runs may be what was there in between."""
    before = digest_now()
    assert source_is_as_begun()
    monkeypatch.setattr(harness.source_digest, "STARTED_NS", (tree / FILES[0]).stat().st_ctime_ns)
    (tree / FILES[0]).write_text((tree / FILES[0]).read_text())
    time.sleep(0.01)  # a tick of the disk's clock
    (tree / FILES[0]).write_text("one = 2\n")
    (tree / FILES[0]).write_text("one = 1\n")
    assert not source_is_as_begun()
    assert len({before, digest_now(), digest_now()}) == 3
    assert source_digest() == source_digest()
