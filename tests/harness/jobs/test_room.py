"""Room for what is to be trained is asked for before it is trained."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import pytest

from harness.errors import HarnessWarning, InputError
from harness.jobs import room
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.room import check_room
from harness.jobs.train import BYTES, GeneratorJob
from harness.store import Store
from shadow_models.families.dct import DctRecipe

RECIPE = DctRecipe(size=16, block=2, channels=[8, 16], steps=60, overview=4, closeup=4)
MIB = 2**20


def jobs(n: int, n_images: int = 4096) -> list[GeneratorJob]:
    """Each releases 1 MiB."""
    return [GeneratorJob("store", f"shadow {i}", "p", (0, 1), ("d", "e"), RECIPE, i, n_images) for i in range(n)]


@pytest.fixture
def disk(monkeypatch):
    def free(size: int) -> None:
        monkeypatch.setattr(room.shutil, "disk_usage", lambda _: SimpleNamespace(free=size))

    return free


@pytest.fixture
def memory(monkeypatch, tmp_path):
    def free(size: int) -> None:
        told = tmp_path / "meminfo"
        told.write_text(f"MemTotal: 99 kB\nMemAvailable: {size // 1024} kB\n")
        monkeypatch.setattr(room, "_MEMORY", told)

    free(100 * 2**30)
    return free


def remember(store: Store, size: int) -> None:
    """A generator of this network."""
    store.get("generator", "known", lambda folder: {"network": RECIPE.network(), BYTES: size})


@pytest.mark.usefixtures("memory")
def test_a_disk_without_room_for_the_releases_is_refused(tmp_path, disk):
    disk(3 * MIB)
    check_room(jobs(3), Store(tmp_path), LocalLauncher(2, "cpu"))
    with pytest.raises(InputError, match=r"3 MiB free, and 4 trainings .* about 4 MiB"):
        check_room(jobs(4), Store(tmp_path), LocalLauncher(2, "cpu"))


@pytest.mark.usefixtures("memory")
def test_weights_and_checkpoints_count_where_the_store_knows_the_network(tmp_path, disk):
    store = Store(tmp_path)
    remember(store, 10 * MIB)
    needed = 3 * 1 * MIB + 3 * 10 * MIB + 2 * 2 * 4 * 10 * MIB
    disk(needed)
    check_room(jobs(3), store, LocalLauncher(2, "cpu"))
    disk(needed - MIB)
    with pytest.raises(InputError, match=r"store\.root=DIR"):
        check_room(jobs(3), store, LocalLauncher(2, "cpu"))


@pytest.mark.usefixtures("disk")
def test_memory_that_does_not_do_for_all_workers_is_told_with_how_many_fit(tmp_path, memory):
    memory(1600 * MIB)
    with pytest.warns(HarnessWarning, match=r"1\.6 GiB of memory are free, and 3 .* launch\.workers=2 is safer"):
        check_room(jobs(5), Store(tmp_path), LocalLauncher(3, "cpu"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_room(jobs(5), Store(tmp_path), LocalLauncher(2, "cpu"))
        check_room(jobs(2), Store(tmp_path), LocalLauncher(3, "cpu"))


def test_nothing_to_train_needs_nothing(tmp_path, disk, memory):
    disk(0)
    memory(0)
    check_room([], Store(tmp_path), LocalLauncher(2, "cpu"))


@pytest.mark.usefixtures("memory")
def test_a_store_whose_parents_are_yet_to_be_made_is_asked_about_too(tmp_path, monkeypatch):
    def free(path):
        if not path.exists():
            raise FileNotFoundError(path)
        return SimpleNamespace(free=MIB)

    monkeypatch.setattr(room.shutil, "disk_usage", free)
    with pytest.raises(InputError, match="1 MiB free"):
        check_room(jobs(2), Store(tmp_path / "a" / "b" / "store"), LocalLauncher(2, "cpu"))
