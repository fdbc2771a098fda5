"""Tests on clusters that cannot run: skipped with a reason for a contributor, failed with it in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from engines import lacking

ROOT = Path(__file__).parents[1]
TESTS = """
import pytest

@pytest.fixture(scope="session")
def engine():
    pytest.skip("no SLURM (sbatch): apt-get install slurmctld")

@pytest.mark.cluster
@pytest.mark.parametrize("number", [1, 2])
def test_on_a_cluster(engine, number):
    pass

@pytest.mark.cluster
def test_that_finds_no_package():
    pytest.importorskip("no_such_engine", reason="no_such_engine is not installed")

@pytest.mark.cluster
def test_on_one_that_is_there():
    pass

def test_on_none():
    pytest.skip("its real slices are not here")
"""


@pytest.fixture
def told(tmp_path, monkeypatch):
    """`told(CI)`: the exit code and the summary of those tests, as `make test-cluster` has it summed up."""
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = cluster\n")

    def run(ci):
        given = {**os.environ, "PYTHONPATH": str(ROOT / "tests" / "support"), "COLUMNS": "200"}
        given.pop("HARNESS_ENGINES", None)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "engines", "-p", "no:cacheprovider", "-rsfE", str(tmp_path)],
            cwd=tmp_path,
            env=given if ci is None else given | {"HARNESS_ENGINES": ci},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    return run


def test_a_contributor_is_told_why_they_were_skipped(told):
    code, said = told(None)
    assert code == 0
    assert "1 passed, 4 skipped" in said
    assert "no SLURM (sbatch): apt-get install slurmctld" in said


def test_in_ci_they_fail_with_the_reason_and_others_are_skipped_as_ever(told):
    code, said = told("required")
    assert code == 1
    assert "1 failed, 1 passed, 1 skipped, 2 errors" in said
    cannot = "it cannot run, and HARNESS_ENGINES=required"
    assert f"ERROR test_it.py::test_on_a_cluster[2] - Failed: {cannot}: no SLURM (sbatch)" in said
    assert f"Failed: {cannot}: no_such_engine is not installed" in said
    assert "SKIPPED [1] test_it.py" in said


@pytest.mark.parametrize(("said", "raised"), [("", pytest.skip.Exception), ("required", pytest.fail.Exception)])
def test_a_fixture_without_its_engine_skips_or_fails(monkeypatch, said, raised):
    monkeypatch.setenv("HARNESS_ENGINES", said)
    with pytest.raises(raised, match="no server"):
        lacking("no server")


def test_these_tests_and_ci_do_it():
    assert "from engines import pytest_runtest_makereport" in (ROOT / "tests" / "conftest.py").read_text()
    assert "\nexport HARNESS_ENGINES=required\n" in (ROOT / ".ci" / "run").read_text()
    assert (ROOT / "Makefile").read_text().count("pytest -m cluster -rsfE") == 2
