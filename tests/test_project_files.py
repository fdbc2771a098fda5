"""What stands beside the code: the version is one, hooks are the checks, the packages say that they are typed."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = ("harness", "attacks", "shadow_models", "benchmarks")


def test_the_version_is_the_same_everywhere():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version, date = re.findall(r"^## (\d[\d.]*) \((.*)\)$", changelog, re.MULTILINE)[0]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert PROJECT["project"]["version"] == version == citation["version"]
    assert date == citation["date-released"].isoformat()


def test_the_citation_has_what_its_schema_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert all(set(author) <= {"name", "given-names", "family-names"} for author in citation["authors"])
    assert citation["license"] == PROJECT["project"]["license"]


def test_hooks_are_the_checks_and_download_nothing():
    (source,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert source["repo"] == "local"
    assert all(hook["language"] == "system" for hook in source["hooks"])
    entries = [hook["entry"] for hook in source["hooks"]]
    assert entries == ["ruff check", "ruff format --check", "mypy", "lint-imports"]
    (check,) = re.findall(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    commands = [line.rpartition("/bin/")[2].removesuffix(" .") for line in check.splitlines()]
    assert commands
    assert set(commands) <= set(entries)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_is_typed(package):
    assert (ROOT / package / "py.typed").is_file()
    assert "py.typed" in PROJECT["tool"]["setuptools"]["package-data"][package]


def bounds() -> dict[str, str]:
    """The lower bound of every package that we ask for, of the extra `hub`, too."""
    project = PROJECT["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["hub"]]
    found = [re.fullmatch(r"([\w.-]+)>=([\d.]+)(?:,<[\d.]+)?", one) for one in asked]
    assert all(found)
    return {one[1]: one[2] for one in found if one}


def pinned(name: str) -> dict[str, str]:
    """The versions of a file of constraints, by names as the registry compares them."""
    lines = (ROOT / name).read_text().splitlines()
    return {re.sub(r"[-_.]+", "-", one.split("==")[0]).lower(): one.split("==")[1] for one in lines}


def release(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    return tuple(numbers + [0] * (4 - len(numbers)))


def test_the_lowest_set_is_that_of_the_bounds():
    lowest = pinned("constraints-lowest.txt")
    for name, bound in bounds().items():
        assert release(lowest[name]) == release(bound), name


def test_the_pinned_set_is_within_the_bounds():
    newest = pinned("constraints.txt")
    for name, bound in bounds().items():
        assert release(newest[name]) >= release(bound), name


@pytest.mark.parametrize(
    ("package", "first_good"),
    [
        ("datasets", "5.0.1"),
        ("diffusers", "0.38.0"),
        ("filelock", "4.2.1"),
        ("hydra-core", "1.3.6"),
        ("jinja2", "3.1.6"),
        ("pillow", "12.3.0"),
        ("torch", "2.10.0"),
    ],
)
def test_versions_with_known_holes_are_not_allowed(package, first_good):
    assert release(bounds()[package]) >= release(first_good)


def imported(path: Path) -> set[str]:
    """Top-level packages that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def test_every_package_that_is_imported_is_asked_for():
    """One that only arrives with another may be gone, or of any version, tomorrow."""
    called = {
        "PIL": "pillow",
        "sklearn": "scikit-learn",
        "yaml": "pyyaml",
        "hydra": "hydra-core",
        "huggingface_hub": "huggingface-hub",
        "markupsafe": "jinja2",
    }
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    names = set().union(*map(imported, files)) - set(PACKAGES) - sys.stdlib_module_names
    of_tests = {"faiss", "pytest", "psutil", "simpy", "skimage"}  # of the extra `test`, for benchmarks, too
    of_extras = {"atheris", "fsspec", "obstore", "opacus", "nibabel", "pydicom", "ray", "submitit"}  # where asked for
    assert {called.get(name, name) for name in names} - of_tests - of_extras == bounds().keys()


def test_the_site_is_built_strict_and_holds_every_page():
    """`--quiet` would take the warnings away by which `--strict` knows."""
    makefile = (ROOT / "Makefile").read_text()
    (recipe,) = re.findall(r"^docs: setup\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert "mkdocs build --strict\n" in recipe
    assert "benchmarks.reference --check\n" in recipe
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"^ +- .*: ([\w/-]+\.md)$", site, re.MULTILINE))
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert pages - {"README.md"} <= named, "a page that mkdocs.yml does not name"


def test_ci_runs_both_sets():
    commands = re.findall(r"^(?:exec )?make (.+)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert commands == [
        "setup",
        "--jobs 2 --output-sync=target s3-server check docs .venv-lowest/.installed",
        "test-lowest",
        "test-cluster",
        "test",
    ]
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", "")
    (tests,) = re.findall(r"^LOWEST_TESTS := (.*)$", makefile, re.MULTILINE)
    assert all((ROOT / path).exists() for path in tests.split())
