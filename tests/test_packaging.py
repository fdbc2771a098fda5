"""What is handed out: the wheel holds every file that the code reads, the source archive the tests, scripts start."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, TOOLS = SETTINGS["project"], SETTINGS["tool"]
PACKAGES = ("harness", "attacks", "shadow_models", "benchmarks")
_BUILD = """
import sys
from setuptools import build_meta

dist = sys.argv[1]  # which setuptools replaces
build_meta.build_sdist(dist)
build_meta.build_wheel(dist)
"""


def sources() -> list[PurePosixPath]:
    """What git knows of the repository, and what it would; of a copy without git, all that lies there."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    if not listed:
        listed = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()]
    found = [PurePosixPath(line) for line in listed if (ROOT / line).is_file()]
    return [one for one in found if not {"__pycache__", ".venv", "build"} & set(one.parts)]


class Built(NamedTuple):
    """wheel: an unpacked one; in_sdist: names below the archive's top folder."""

    wheel: Path
    in_sdist: set[str]


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Built:
    """Both built from a copy, by setuptools alone, without a network."""
    copy, dist, wheel = (tmp_path_factory.mktemp(name) for name in ("source", "dist", "wheel"))
    for name in sources():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    done = subprocess.run([sys.executable, "-c", _BUILD, dist], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = dist.glob("*.whl")
    with zipfile.ZipFile(made) as archive:
        archive.extractall(wheel)  # noqa: S202  # built a line above
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    return Built(wheel, in_sdist)


def test_the_wheel_holds_every_file_of_the_packages(built):
    of_packages = [one for one in sources() if one.parts[0] in PACKAGES]
    assert len(of_packages) > 400
    assert not [str(one) for one in of_packages if not (built.wheel / one).is_file()]
    assert not list(built.wheel.rglob("tests"))


def test_the_source_archive_holds_the_tests_and_all_that_they_read(built):
    tops = {"tests", "docs", "examples", ".ci", *PACKAGES}
    wanted = {str(one) for one in sources() if one.parts[0] in tops or len(one.parts) == 1}
    assert not wanted - built.in_sdist
    assert not [name for name in built.in_sdist if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_works_alone(built, tmp_path):
    """A folder that is not the repository, and no path to it: data files, templates, editions, the library."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import harness, harness.library\n"
        "from harness.editions.__main__ import main as editions\n"
        "from harness.leaderboard.__main__ import main as leaderboard\n"
        "assert harness.__file__.startswith(sys.argv[1]), harness.__file__\n"
        "assert editions([]) == editions(['imageclef2023']) == 0\n"
        "assert leaderboard(['--edition', 'imageclef2023', '--format', 'html']) == 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, built.wheel],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "<!doctype html>" in done.stdout
    assert not list(tmp_path.iterdir())


def commands() -> list[str]:
    """Every module of the harness that `python -m` starts."""
    rooms = [path.parent.relative_to(ROOT) for path in (ROOT / "harness").rglob("__main__.py")]
    files = [path for path in (ROOT / "harness").glob("*.py") if 'if __name__ == "__main__"' in path.read_text()]
    return [".".join(room.parts) for room in rooms] + [f"harness.{path.stem}" for path in files]


@pytest.mark.parametrize("module", sorted(commands()))
def test_every_command_has_a_script(module):
    name = module.replace(".", "-").replace("_", "-")
    place = PROJECT["scripts"][name].partition(":")[0]
    assert place in (module, f"{module}.__main__")


@pytest.mark.parametrize("name", sorted(PROJECT["scripts"]))
def test_a_script_starts(name):
    module, _, function = PROJECT["scripts"][name].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_pythons_are_named_and_the_checks_are_for_the_oldest():
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert named == ["3.11", "3.12", "3.13"]
    assert PROJECT["requires-python"] == f">={named[0]}"
    assert TOOLS["ruff"]["target-version"] == "py311"  # which refuses what only later ones read
    assert TOOLS["mypy"]["python_version"] == named[0]


def test_the_doctor_knows_what_each_extra_is_for():
    from harness.doctor.packages import NAME, WHAT_FOR

    assert PROJECT["name"] == NAME
    assert set(PROJECT["optional-dependencies"]) <= set(WHAT_FOR)
