"""Reference pages and schemas are as the code is; every option, command and field has its place and a word."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

import harness.schemas
from attacks.registry import find_attacks
from benchmarks.find import all_benchmarks
from benchmarks.reference import __main__ as command
from benchmarks.reference.pages import PAGES, as_they_should_be
from harness.config.described import described
from harness.config.options import Options
from harness.config.registration import writable
from shadow_models.registry import built_in

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CELL = r"^\| `?%s`?(?: \*needed\*)? \|"


@pytest.fixture(scope="module")
def right() -> dict[Path, str]:
    return as_they_should_be(DOCS, Path(harness.schemas.__path__[0]))


def test_pages_and_schemas_are_as_the_code_is(right):
    """If not: `python -m benchmarks.reference` writes them anew."""
    assert [path.name for path, text in right.items() if path.read_text(encoding="utf-8") != text] == []


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_option_has_a_meaning():
    """A word in the docstring of its dataclass; the tables have a cell for it."""
    for name in ("options.md", "reference/attacks.md", "reference/families.md"):
        rows = re.findall(r"^\| (`[^|]*`) \| .* \|([^|]*)\|$", text(name), re.MULTILINE)
        assert len(rows) > 20
        assert [option for option, meaning in rows if not meaning.strip()] == []


def test_what_runs_take_attacks_and_families_have_their_rows():
    page = text("options.md")
    for one in described(writable(Options), "dct"):
        assert re.search(CELL % re.escape(one.name), page, re.MULTILINE) or f"`{one.name}=NAME`" in page
    attacks = text("reference/attacks.md")
    ours = [name for name, cls in find_attacks().by_name.items() if cls.__module__.startswith("attacks.")]
    assert [name for name in ours if f"`{name}`" not in attacks] == []
    assert {*re.findall(r"^### `(\w+)`$", text("reference/families.md"), re.MULTILINE)} == {*built_in(), "external"}


def test_every_command_is_there():
    page = text("reference/commands.md")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"].values()
    for module in (script.partition(":")[0].removesuffix(".__main__") for script in scripts):
        assert f"### `python -m {module}" in page, module
    assert [one.module for one in all_benchmarks() if f"`{one.module}`" not in page] == []


def test_a_stale_page_is_named_and_written_anew(tmp_path, capsys):
    docs = tmp_path / "docs"
    for name in PAGES:
        (docs / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DOCS / name, docs / name)
    page = docs / "options.md"
    before = page.read_text(encoding="utf-8")
    page.write_text(before.replace("| `shadow.count` | `null` |", "| `shadow.count` | `6` |"), encoding="utf-8")
    assert command.main(["--check", "--docs", str(docs)]) == 1
    assert "options.md is not as the code is" in capsys.readouterr().out
    assert command.main(["--docs", str(docs)]) == 0
    assert page.read_text(encoding="utf-8") == before
    assert command.main(["--check", "--docs", str(docs)]) == 0
    assert command.main(["--docs", str(tmp_path)]) == 2
    assert "options.md is not there" in capsys.readouterr().err


def test_no_meaning_of_an_option_is_the_name_of_a_table_in_the_code(right):
    """A reader of a page cannot look into it, so its names stand there."""
    (options,) = (page for path, page in right.items() if path.name == "options.md")
    shown = [line for line in options.splitlines() if line.startswith("| `attack.") and line.count("|") > 4]
    assert len(shown) > 5
    assert not [line for line in shown if re.search(r"\b[A-Z]{2,}_?[A-Z]{3,}S\b", line)]
    assert "lira\\_t or lira\\_reg" in options
