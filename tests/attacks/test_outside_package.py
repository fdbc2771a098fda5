"""An attack in somebody's own package: installed, it is found and put through the conformance tests by name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "example_attack"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder into which the example package was installed from its own pyproject."""
    source, target = tmp_path_factory.mktemp("source") / "package", tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLE, source)  # a build leaves files beside the source
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    done = subprocess.run([*command, "--target", target, source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture
def conformance(tmp_path):
    """`conformance(folder, *names)` runs the command of the documentation, as from anywhere."""

    def run(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
        chosen = [word for name in names for word in ("--attack", name)]
        return subprocess.run(
            [sys.executable, "-m", "pytest", "--pyargs", "attacks.conformance", *chosen, "--tb=line"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_example_package_conforms(installed, conformance):
    done = conformance(installed, "edges")
    assert done.returncode == 0, done.stdout + done.stderr
    (summary,) = re.findall(r"=+ (.*) in [\d.]+s", done.stdout)
    # The one test that is skipped asks of attacks that say `of_pairs`; the example does not.
    assert int(re.fullmatch(r"(\d+) passed, 1 skipped", summary)[1]) > 20


SLIPS = {  # what the example has -> what it becomes; each breaks one rule
    "correlation.max(axis=1)": "correlation.max(axis=1) * np.linspace(0.9, 1.0, len(correlation))",
    "np.maximum(1.0 - observed, self.floor)": "(0.999 - observed)",
}


def test_a_broken_variant_does_not(installed, conformance, tmp_path):
    """Scores that depend on the order of candidates, and a logarithm of less than 0."""
    broken = tmp_path / "site"
    shutil.copytree(installed, broken)
    code = (broken / "edge_attack.py").read_text()
    for right, wrong in SLIPS.items():
        assert right in code
        code = code.replace(right, wrong)
    (broken / "edge_attack.py").write_text(code)
    done = conformance(broken, "edges")
    assert done.returncode == 1, done.stdout + done.stderr
    failed = re.findall(r"FAILED \S+::(\w+)\[edges\]", done.stdout)
    assert {"test_names_carry_nothing", "test_exact_copies_stay_finite"} <= set(failed)


def test_an_unknown_name_is_answered_with_the_near_ones(installed, conformance):
    done = conformance(installed, "edgs")
    assert done.returncode == 4
    assert "There is no attack 'edgs'. Near it: edges" in done.stderr


def test_a_package_that_fails_to_import_is_answered_with_its_error(installed, conformance, tmp_path):
    broken = tmp_path / "site"
    shutil.copytree(installed, broken)
    (broken / "edge_attack.py").write_text("import nothing_of_this_name\n")
    done = conformance(broken, "edges")
    assert done.returncode == 4
    assert "No module named 'nothing_of_this_name'" in done.stderr
