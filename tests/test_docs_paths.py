"""Files, folders and names that architecture.md, words.md and CONTRIBUTING.md point at are where they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "docs" / "architecture.md", ROOT / "docs" / "words.md", ROOT / "CONTRIBUTING.md")
OF_USERS = (
    "NAME",
    "report.html",
    "report.png",
    "meta.json",
    "utils.py",
    "outputs/",
    ".venv",
)  # not in the repository


def found(path: str) -> list[Path]:
    """A path as pages write it, from the top or from `harness/`; `*` stands for any name."""
    return [one for top in (ROOT, ROOT / "harness") for one in top.glob(path)]


def pointed_at(page: Path) -> list[str]:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    paths = re.findall(r"`([\w*.-]+(?:/[\w*.-]+)*(?:\.(?:py|yaml|txt|toml)|/))`", text)
    return [path for path in paths if not any(word in path for word in OF_USERS)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_are_there(page):
    paths = pointed_at(page)
    assert len(paths) > 10
    # A test file named after another, in one sentence, lies in the same folder.
    missing = [path for path in paths if not found(path) and not list((ROOT / "tests").rglob(path))]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_are_in_the_files_named(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)(?:\.(\w+))?` (?:in|of)\s+`([\w/]+\.py)`", text)
    assert named
    for name, attribute, path in named:
        (file, *_) = found(path) or [None]
        assert file is not None, path
        code = file.read_text(encoding="utf-8")
        for one in filter(None, (name, attribute)):
            assert re.search(rf"^ *(?:class |def )?{one}\b", code, re.MULTILINE), f"{one} in {path}"
