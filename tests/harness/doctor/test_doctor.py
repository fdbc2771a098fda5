"""What the doctor says, of this machine and of machines that lack something; nothing that names a user or a place."""

from __future__ import annotations

import getpass
import json
import platform
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from harness.cli import disk_errors
from harness.data.options import PhantomData
from harness.doctor import disk, machine, packages
from harness.doctor.__main__ import CODE_BROKEN, main
from harness.doctor.finding import Finding
from harness.errors import InputError
from harness.store import Store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """`told("--json", ...)` runs the command in an empty folder: exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str]:
        code = main(words)
        return code, capsys.readouterr().out

    return call


def by_subject(found: list[Finding]) -> dict[str, Finding]:
    return {one.subject: one for one in found}


def test_all_is_told_and_nothing_is_left_behind(told, tmp_path):
    code, text = told("--json")
    content = json.loads(text)
    assert (code, content["works"], content["schema"]) == (0, True, 1)
    found = {one["subject"]: one for one in content["findings"]}
    assert {"python", "needed", "cores", "memory", "device=auto", "cpu", "store", "locks", "kernels"} <= set(found)
    assert found["python"]["says"].startswith(platform.python_version())
    assert content["versions"]["torch"]
    assert all(one["state"] != "broken" for one in found.values())
    assert not list(tmp_path.iterdir())


def test_nothing_names_the_user_the_machine_or_a_place(told, tmp_path):
    for words in ([], ["--json"], ["--store", str(tmp_path / "very" / "secret")]):
        _, text = told(*words)
        for secret in (
            str(tmp_path),
            str(Path.home()),
            platform.node(),
            sys.prefix,
            "secret",
            f"/{getpass.getuser()}",
        ):
            assert secret not in text, secret


def test_lines_fit_a_hundred_columns(told, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    _, text = told()
    assert max(map(len, text.splitlines())) <= 100
    assert text.splitlines()[-1] == "Everything that a run needs is there."


def test_a_store_that_cannot_be_written_is_broken(told, monkeypatch):
    def refuse(**options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(disk.tempfile, "TemporaryDirectory", refuse)
    code, text = told("--json")
    (store,) = [one for one in json.loads(text)["findings"] if one["subject"] == "store"]
    assert code == CODE_BROKEN
    assert store["says"].startswith("cannot be written (Permission denied)")
    assert "store.root=DIR" in store["mend"]


def test_a_store_below_a_file_is_broken_and_a_run_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    (found,) = disk.store_found(Path("file/below/store"))
    assert found.state == "broken"
    assert "would lie in what is no folder" in found.says
    with pytest.raises(InputError, match="file cannot be read or written"), disk_errors():
        Store(Path("file/store")).private_folder("pool")


def test_a_store_that_is_no_folder_is_broken(told, tmp_path):
    (tmp_path / "store").write_text("a file")
    code, text = told()
    assert code == CODE_BROKEN
    assert "is no folder" in text
    assert text.splitlines()[-1] == "1 of what a run needs is broken: see above."


def test_locks_that_do_not_hold_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "_ASKS", "import sys; sys.exit(3)")  # another process was given the lock
    found = by_subject(list(disk.store_found(tmp_path)))
    assert found["locks"].state == "note"
    assert "twice" in found["locks"].says


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 2**29}))
    assert by_subject(list(disk.store_found(tmp_path)))["store"].state == "note"


def test_kernels_that_cannot_be_kept_are_told(monkeypatch):
    from attacks.compiled import differences

    class Kept:
        stats = type("Stats", (), {"cache_path": None})

    monkeypatch.setattr(differences, "block_sums", Kept)
    found = by_subject(list(disk.caches_found()))["kernels"]
    assert found.state == "note"
    assert "NUMBA_CACHE_DIR" in found.mend


def test_the_store_is_where_runs_put_it():
    from harness.config.options import StoreOptions

    assert str(disk.STORE) == StoreOptions().root
    assert PhantomData().name == "phantom"


def lacking(monkeypatch, **versions: str | None) -> None:
    """As if these packages were of other versions, or not there."""
    kept = packages._version
    monkeypatch.setattr(packages, "_version", lambda name: versions[name] if name in versions else kept(name))


def test_a_package_that_is_too_old_or_missing_is_broken_with_what_to_do(monkeypatch):
    asked = {Requirement(line).name: Requirement(line) for line in requires(packages.NAME)}
    lacking(monkeypatch, numpy="1.26.4", rich=None)
    found = by_subject(list(packages.packages_found()))
    assert found["numpy"].says == f"numpy is 1.26.4, and {asked['numpy'].specifier} is needed"
    assert found["rich"] == Finding(
        packages.PART, "rich", "broken", "rich is not there", f"pip install 'rich{asked['rich'].specifier}'"
    )
    assert "numpy" not in found["needed"].says


def test_an_extra_that_lacks_something_says_what_for(monkeypatch):
    lacking(monkeypatch, opacus=None)
    found = by_subject(list(packages.extras_found()))["dp"]
    assert found.state == "missing"
    assert found.says == "not there: opacus; needed for training with differential privacy: shadow.epsilon=..."
    assert found.mend == "pip install 'opacus>=1.6'"


def test_a_missing_extra_breaks_nothing(told, monkeypatch):
    lacking(monkeypatch, opacus=None)
    code, text = told()
    assert code == 0
    assert "pip install 'opacus>=1.6'" in text


def test_a_source_that_is_not_installed_is_told(monkeypatch):
    lacking(monkeypatch, **{packages.NAME: None})
    (only,) = packages.packages_found()
    assert "is not installed" in only.says
    assert not list(packages.extras_found())


@pytest.mark.parametrize(("here", "state"), [((3, 10), "broken"), ((3, 12), "good"), ((3, 15), "note")])
def test_pythons(monkeypatch, here, state):
    monkeypatch.setattr(packages.sys, "version_info", (*here, 0))
    assert packages.python_found().state == state


def test_a_container_that_grants_less_is_told(tmp_path, monkeypatch):
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(machine, "granted_memory", lambda: 2**29)
    cores = machine.cores_found()
    assert cores.state == "note"
    assert "grants the time of 0.5" in cores.says
    assert "launch.workers=1" in cores.mend
    assert "grants 0.5 GiB" in machine.memory_found().says


def test_a_torch_that_cannot_be_imported_is_broken(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    (only,) = machine.devices_found()
    assert (only.subject, only.state) == ("torch", "broken")


def test_help_imports_nothing_slow():
    slow = "{'torch', 'numba', 'packaging'} & set(sys.modules)"
    code = f"import sys, harness.doctor.__main__ as m; m._parser(); print(sorted({slow}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
