"""What stands beside the code: the version is one, hooks are the checks, the packages say that they are typed."""

from __future__ import annotations

import re
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
