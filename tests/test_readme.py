"""What the README promises: its attack works as pasted, its options and links exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import attacks
from attacks.registry import find_attacks
from harness.choose import RULES
from harness.decide import DECISIONS
from shadow_models.recipe import PRESETS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_attack_of_the_readme_works_as_pasted_in_one_file(tmp_path):
    """Run, and through the conformance tests, in a process whose package `attacks` has one file more."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    name = re.search(r"attacks/(\w+)\.py", README[: README.index(code)]).group(1)
    (tmp_path / f"{name}.py").write_text(code)
    (tmp_path / "one_file_more.py").write_text(f"import attacks\nattacks.__path__.append({str(tmp_path)!r})\n")
    conformance = ROOT / "tests" / "attacks" / "test_conformance.py"
    arguments = ["-p", "one_file_more", str(conformance), "-k", name, "--rootdir", str(ROOT), "-c", "pyproject.toml"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        env={"PYTHONPATH": str(tmp_path), "PATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[1-9]\d* passed", done.stdout)


@pytest.mark.parametrize("name", [*find_attacks().by_name, *DECISIONS, *RULES, *PRESETS])
def test_every_name_a_user_may_give_is_in_the_readme(name):
    assert f"`{name}`" in README or f"={name}`" in README


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_every_built_in_attack_is_a_file_of_its_own():
    files = {path.stem for path in Path(attacks.__path__[0]).glob("*.py")}
    built_in = {name: cls for name, cls in find_attacks().by_name.items() if cls.__module__.startswith("attacks.")}
    assert {cls.__module__.removeprefix("attacks.") for cls in built_in.values()} <= files
    assert set(built_in) <= files
