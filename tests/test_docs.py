"""The pages: links and commands lead somewhere, names are all there, and what is shown as code works as pasted."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from documented_code import anchors, code_blocks, file_names, links, pasted_attacks_conform, registered

from attacks.distances import NAMES
from attacks.observing import CALIBRATIONS
from attacks.registry import find_attacks
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.probability_calibration import CURVES
from harness.evaluation.selection_rules import RULES
from shadow_models.families.dct import PRESETS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))  # run by test_tutorials.py
PAGE = (DOCS / "adding-an-attack.md").read_text(encoding="utf-8")


def of_the_project() -> list[str]:
    """Attacks whose files git knows: one that somebody has just put there needs no line in a page yet."""
    listed = subprocess.run(["git", "ls-files", "attacks"], cwd=ROOT, capture_output=True, text=True, check=False)
    files = {Path(line).stem for line in listed.stdout.splitlines()}
    found = find_attacks().by_name
    return [name for name, one in found.items() if not files or one.__module__.removeprefix("attacks.") in files]


NAMES_OF_USERS = [*of_the_project(), *NAMES, *CALIBRATIONS, *DECISIONS, *RULES, *CURVES, *PRESETS]


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Files exist, and a heading of the page that is named has the anchor."""
    for link in links(page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.is_relative_to(ROOT), f"{link} leads out of the repository"
        assert place.exists(), link
        if anchor:
            assert anchor in anchors(place.read_text(encoding="utf-8")), link


def test_the_index_and_the_readme_name_every_page():
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"README.md"}
    assert {link for link in links(text_of("README.md")) if not link.startswith(("..", "https:"))} == pages
    pages = {page for page in pages if "/" not in page}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert pages <= {Path(link.partition("#")[0]).name for link in links(readme) if link.startswith("docs/")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_name_modules_that_are_there(page):
    for module in re.findall(r"python -m ((?:harness|attacks|shadow_models|benchmarks)[\w.]*\w)", page.read_text()):
        assert importlib.util.find_spec(module) is not None, module


@pytest.mark.parametrize("name", NAMES_OF_USERS)
def test_every_name_a_user_may_give_is_among_the_options(name):
    assert re.search(rf"[`=]{name}`", text_of("options.md"))


def test_the_rooms_of_the_architecture_are_those_of_the_contract():
    """Line by line, top to bottom: what the page draws is what `lint-imports` checks."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    packages, *rooms = (one["layers"] for one in contracts if one["type"] == "layers")
    page = text_of("architecture.md")
    tables: list[list[list[str]]] = []
    for line, cell in re.findall(r"^\| (\d*) ?\| (`.*?) \|", page, re.MULTILINE):
        named = [name.removesuffix(".py") for name in re.findall(r"`(\w+(?:\.py)?)`", cell)]
        if line == "1":
            tables.append([])
        if line:
            assert int(line) == len(tables[-1]) + 1
            tables[-1].append(named)
        else:
            tables[-1][-1] += named
    assert tables == [[layer.split(" | ") for layer in contract] for contract in rooms]
    assert re.findall(r"^\| `(benchmarks|harness|attacks|shadow_models)` \|", page, re.MULTILINE) == packages


def test_attacks_of_the_page_conform(tmp_path):
    done = pasted_attacks_conform(PAGE, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = int(re.search(r"(\d+) passed", done.stdout)[1])
    assert passed > 15 * len(code_blocks(PAGE, "python"))


def test_each_block_is_a_file_of_the_name_it_registers():
    for name, code in zip(file_names(PAGE), code_blocks(PAGE, "python"), strict=True):
        assert f'@register("{name}")' in code


def test_the_package_shown_is_the_example():
    assert code_blocks(PAGE, "toml") == [(ROOT / "tests" / "example_attack" / "pyproject.toml").read_text()]


def test_commands_name_attacks_of_the_page_or_of_the_example():
    known = {"knn", "edges", *registered(code_blocks(PAGE, "python"))}
    commands = "".join(code_blocks(PAGE, "sh"))
    asked = re.findall(r"--attack (\w+)", commands) + re.findall(r"attack=\[(.*?)\]", commands)
    assert asked
    assert {name for names in asked for name in names.split(",")} <= known


def test_only_tested_pages_show_python():
    """A Python block elsewhere would be tested by nobody."""
    shown = {page.name for page in PAGES if code_blocks(page.read_text(encoding="utf-8"), "python")}
    shown -= {page.name for page in TUTORIALS}
    assert shown == {"README.md", "adding-an-attack.md", "adding-a-generator.md", "compare.md", "library.md"}
    assert not code_blocks(text_of("README.md"), "python")
