"""The conformance tests of generators bite: each slip is found by the test meant for it, and honest families pass."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
from generator_slips import FINDERS
from toy_generators import Memory

from shadow_models.conformance import test_training
from shadow_models.conformance.excuses import EXCUSABLE

SUPPORT = Path(__file__).parents[1] / "support"
# A checkout that was installed before there was this plug-in does not have it yet; twice, pytest would refuse it.
NOT_INSTALLED = () if entry_points(group="pytest11", name="generators") else ("shadow_models.pytest_plugin",)
HONEST = ("honest", "honest_denoiser", "honest_discriminator", "excused_one_release", "excused_strangers")
SLOW = '''
import transformers
from dataclasses import dataclass
from toy_generators import Memory
from shadow_models.registry import register

@register("slow")
@dataclass(frozen=True)
class Slow(Memory):
    """Imports at the top what takes seconds."""
'''


def conformance(folder: Path, *words: str, modules: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run the command of the documentation in a folder; modules: imported beforehand."""
    plugged = [word for module in (*NOT_INSTALLED, *modules) for word in ("-p", module)]
    path = os.pathsep.join(filter(None, [str(folder), str(SUPPORT), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-P", "-m", "pytest", *plugged, "-p", "no:cacheprovider", "-q", "--tb=short", "-rfEs",
         "--pyargs", "shadow_models.conformance", *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


def asking_for(*names: str) -> list[str]:
    return [word for name in names for word in ("--generator", name)]


@pytest.fixture(scope="module")
def failures(tmp_path_factory) -> set[tuple[str, str]]:
    """(test, slip) of everything that failed of those that are to."""
    chosen = " or ".join(f"({finder} and {slip})" for slip, finder in FINDERS.items())
    done = conformance(
        tmp_path_factory.mktemp("slips"), *asking_for(*FINDERS), "-k", chosen, modules=("generator_slips",)
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return set(re.findall(r"(?:FAILED|ERROR) \S+::(\w+)\[(slip_\w+?)[-\]]", done.stdout))


@pytest.mark.parametrize(("slip", "finder"), FINDERS.items(), ids=FINDERS)
def test_a_slip_is_found(failures, slip, finder):
    assert (finder, slip) in failures


def test_honest_families_pass(tmp_path):
    done = conformance(tmp_path, *asking_for(*HONEST), modules=("generator_slips",))
    assert done.returncode == 0, done.stdout + done.stderr
    skipped = re.findall(r"^SKIPPED \[\d+\] \S+: (.*)$", done.stdout, re.MULTILINE)
    assert "excused_one_release is excused: The family has one release." in skipped
    assert "The family says that its release does not hang on the members." in skipped


def test_every_test_is_of_a_slip():
    """One that finds nothing could be left out, or does not bite."""
    tests = {
        name
        for file in (Path(test_training.__file__).parent).glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)
    }
    apart = {"test_bad_members_are_refused", "test_its_file_imports_nothing_slow"}  # below
    assert set(FINDERS.values()) == tests - apart
    assert set(EXCUSABLE) < tests


def test_bad_members_that_are_taken_are_found(monkeypatch):
    """`shadow_models.train` refuses them before a family is asked; it would be noticed if it did not."""
    members = np.random.default_rng(0).integers(0, 256, (8, 16, 16), dtype=np.uint8)
    test_training.test_bad_members_are_refused(Memory.tiny(), members)
    monkeypatch.setattr("shadow_models.train._check", lambda *given: None)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_training.test_bad_members_are_refused(Memory.tiny(), members)


def test_a_slow_import_is_found(tmp_path):
    (tmp_path / "transformers.py").touch()
    (tmp_path / "slow.py").write_text(SLOW)
    done = conformance(tmp_path, *asking_for("slow"), "-k", "imports_nothing_slow", modules=("slow",))
    assert done.returncode == 1
    assert "imported at the top of the file: transformers" in done.stdout


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("dcd", "There is no generator 'dcd'. Near it: dct, ddpm."),
        ("xyzzy", "There is no generator 'xyzzy'; there are dct"),
        ("a\x1b[31mb", r"There is no generator 'a\x1b[31mb'"),
    ],
)
def test_an_unknown_name_is_answered_with_those_there_are(tmp_path, asked, words):
    done = conformance(tmp_path, *asking_for(asked))
    assert done.returncode == 4
    assert words in done.stderr
    assert "\x1b" not in done.stderr


def test_without_a_name_every_family_goes_through(tmp_path):
    """Ours, and those of packages that are installed; one that cannot be imported stops no other."""
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[harness.generators]\nhonest = toy_generators\nbroken = no_such_module\n")
    done = conformance(tmp_path, "-k", "is_called_as_it_says", "-rA")
    assert done.returncode == 1
    assert re.search(r"PASSED \S+\[dct\]", done.stdout)
    assert re.search(r"PASSED \S+\[honest\]", done.stdout)
    assert "No module named 'no_such_module'" in done.stdout
    assert "broken" in conformance(tmp_path, *asking_for("broken")).stderr


def test_the_plug_in_imports_nothing():
    code = "import sys, shadow_models.pytest_plugin; print(sorted({'numpy', 'torch', 'pytest'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
