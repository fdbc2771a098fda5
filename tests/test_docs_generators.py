"""The page on adding a generator: its package installs, its families conform, and its table names what is asked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from documented_code import code_blocks

from shadow_models.conformance.excuses import EXCUSABLE
from shadow_models.recipe import Gives

PAGE = (Path(__file__).parents[1] / "docs" / "adding-a-generator.md").read_text(encoding="utf-8")
# A checkout that was installed before there was this plug-in does not have it yet; twice, pytest would refuse it.
NOT_INSTALLED = [] if entry_points(group="pytest11", name="generators") else ["-p", "shadow_models.pytest_plugin"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder into which the package of the page was installed, as pasted."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    before = re.split(r"^```python\n", PAGE, flags=re.MULTILINE)[:-1]
    for text, code in zip(before, code_blocks(PAGE, "python"), strict=True):
        (source / re.findall(r"`(\w+\.py)`", text)[-1]).write_text(code)
    (source / "pyproject.toml").write_text(*code_blocks(PAGE, "toml"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    done = subprocess.run([*command, "--target", target, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def conformance(folder: Path, *names: str, only: str = "") -> subprocess.CompletedProcess[str]:
    chosen = [word for name in names for word in ("--generator", name)] + (["-k", only] if only else [])
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-m", "pytest", *NOT_INSTALLED, "--pyargs", "shadow_models.conformance", *chosen,
         "--tb=short", "-rfEs", "-p", "no:cacheprovider"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


def test_families_of_the_page_conform(installed):
    done = conformance(installed, "pca", "walk")
    assert done.returncode == 0, done.stdout + done.stderr
    skipped = "\n".join(re.findall(r"^SKIPPED .*", done.stdout, re.MULTILINE))
    assert "is excused" not in skipped
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 60


def test_a_broken_variant_does_not(installed):
    """Noise of the steps from the generator of the process, and a release that is the mean alone."""
    for file, right, wrong, test in (
        (
            "walk_generator.py",
            'seed_of(self.seed, "step", step)',
            "int(torch.randint(9**9, ()))",
            "same_seed_same_bytes",
        ),
        ("pca_generator.py", "learnt[0], self.learnt[1:]", "learnt[0], 0 * self.learnt[1:]", "another_release"),
    ):
        code = (installed / file).read_text()
        assert right in code
        try:
            (installed / file).write_text(code.replace(right, wrong))
            done = conformance(installed, file.removesuffix("_generator.py"), only=test)
        finally:
            (installed / file).write_text(code)
        assert done.returncode == 1, done.stdout + done.stderr
        assert re.search(rf"FAILED \S+::\w*{test}\[", done.stdout), done.stdout


def test_commands_and_package_name_the_families_of_the_page():
    named = re.findall(r'^@register\("(\w+)"\)', "".join(code_blocks(PAGE, "python")), re.MULTILINE)
    package = tomllib.loads(*code_blocks(PAGE, "toml"))
    assert list(package["project"]["entry-points"]["harness.generators"]) == named
    commands = "".join(code_blocks(PAGE, "sh"))
    asked = re.findall(r"--generator (\w+)", commands) + re.findall(r"shadow=(\w+)", commands)
    assert set(asked) == set(named)


def test_what_is_given_is_all_there():
    assert set(re.findall(r"^\| `Gives\.(\w+)`", PAGE, re.MULTILINE)) == {one.name for one in Gives}


def test_the_excuse_shown_is_one():
    assert set(re.findall(r'\{"(test_\w+)":', PAGE)) <= set(EXCUSABLE)
    assert re.search(r'\{"(test_\w+)":', PAGE)
