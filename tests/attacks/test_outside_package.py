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


@pytest.fixture
def command(tmp_path):
    """`command(folder, *words)` runs `harness.run` as from anywhere, with what is installed in the folder."""

    def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
        return subprocess.run(
            [sys.executable, "-P", "-m", "harness.run", *words],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_it_is_imported_where_it_is_named_and_nowhere_else(installed, command, tmp_path):
    marked = tmp_path / "site"
    shutil.copytree(installed, marked)
    with (marked / "edge_attack.py").open("a") as code:
        code.write(f"\nfrom pathlib import Path\nPath({str(tmp_path / 'ran')!r}).touch()\n")
    for words in (["--help"], ["attack=[knn,ssim]", "--cfg", "job"]):
        done = command(marked, *words)
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / "ran").exists()
    assert "Plug-ins, imported where they are named: edges" in command(marked, "--help").stdout
    done = command(marked, "attack=[knn,edges]", "attack.edges.floor=0.5", "--cfg", "job")
    assert done.returncode == 0, done.stderr
    assert "floor: 0.5" in done.stdout
    assert (tmp_path / "ran").exists()


def test_one_that_ends_the_process_ends_only_itself(installed, command, tmp_path):
    broken = tmp_path / "site"
    shutil.copytree(installed, broken)
    (broken / "edge_attack.py").write_text("import sys\nsys.exit('no licence')\n")
    done = command(broken, "attack=edges")
    assert done.returncode == 2
    assert "There is no attack 'edges'" in done.stderr
    assert "no licence" in done.stderr
    assert command(broken, "attack=release", "--cfg", "job").returncode == 0
