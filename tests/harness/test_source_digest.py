"""The hash of the source: any file that decides something is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness.source_digest
from harness.source_digest import source_digest


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Path:
    for name in (
        "harness/report/write.py",
        "harness/report/templates/page.css",
        "attacks/knn.py",
        "shadow_models/a.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one = 1\n")
    monkeypatch.setattr(harness.source_digest, "_ROOT", tmp_path)
    source_digest.cache_clear()
    yield tmp_path
    source_digest.cache_clear()


def digest_now() -> str:
    source_digest.cache_clear()
    return source_digest()


@pytest.mark.parametrize("name", ["harness/report/write.py", "harness/report/templates/page.css", "attacks/knn.py"])
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
