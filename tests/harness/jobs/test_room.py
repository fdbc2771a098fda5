"""Room for what is to be trained is asked for before it is trained."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from harness.errors import HarnessWarning, InputError
from harness.jobs import room
from harness.jobs.generators import GeneratorJob
from harness.jobs.launchers.local import LocalLauncher
from harness.jobs.room import check_room
from harness.jobs.train import BYTES
from harness.store import Store
from shadow_models.families.copies import Copies
from shadow_models.families.dct import DctRecipe

RECIPE = DctRecipe(size=16, block=2, channels=[8, 16], steps=60, overview=4, closeup=4)
MIB = 2**20


def jobs(n: int, n_images: int = 4096) -> list[GeneratorJob]:
    """Each releases 1 MiB."""
    return [GeneratorJob("store", f"shadow {i}", "p", (0, 1), ("d", "e"), RECIPE, i, n_images) for i in range(n)]


class Named(LocalLauncher):
    """Says which jobs it was given, and does them here."""

    def __init__(self, at_a_time: int) -> None:
        super().__init__(at_a_time, "cpu")
        self.given: list[object] = []

    def map(self, function, jobs, on_progress):
        self.given += jobs
        return self.here(function, jobs, on_progress)


@pytest.fixture
def disk(monkeypatch):
    def free(size: int) -> None:
        monkeypatch.setattr(room.shutil, "disk_usage", lambda _: SimpleNamespace(free=size))

    return free


@pytest.fixture
def memory(monkeypatch):
    def free(size: int) -> None:
        monkeypatch.setattr(room, "free_memory", lambda: size)

    free(100 * 2**30)
    return free


def remember(store: Store, size: int) -> None:
    """A generator of this network."""
    store.get("generator", "known", lambda folder: {"network": RECIPE.network(), BYTES: size})


@pytest.mark.usefixtures("memory")
def test_a_disk_without_room_for_the_releases_is_refused(tmp_path, disk):
    disk(3 * MIB)
    weightless = [replace(one, recipe=Copies(size=16)) for one in jobs(4)]
    check_room(weightless[:3], Store(tmp_path), Named(2))
    with pytest.raises(InputError, match=r"3 MiB free, and 4 trainings .* about 4 MiB"):
        check_room(weightless, Store(tmp_path), Named(2))


@pytest.mark.usefixtures("memory")
def test_weights_and_checkpoints_count_where_the_store_knows_the_network(tmp_path, disk):
    store = Store(tmp_path)
    remember(store, 10 * MIB)
    needed = 3 * 1 * MIB + 3 * 10 * MIB + 2 * 2 * 4 * 10 * MIB
    disk(needed)
    check_room(jobs(3), store, Named(2))
    disk(needed - MIB)
    with pytest.raises(InputError, match=r"store\.root=DIR"):
        check_room(jobs(3), store, Named(2))


@pytest.mark.usefixtures("disk")
def test_memory_that_does_not_do_for_all_workers_is_told_with_how_many_fit(tmp_path, memory):
    memory(1600 * MIB)
    with pytest.warns(HarnessWarning, match=r"1\.6 GiB of memory are free, and 3 .* launch\.workers=2 is safer"):
        check_room(jobs(5), Store(tmp_path), Named(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_room(jobs(5), Store(tmp_path), Named(2))
        check_room(jobs(2), Store(tmp_path), Named(3))


def test_nothing_to_train_needs_nothing(tmp_path, disk, memory):
    disk(0)
    memory(0)
    check_room([], Store(tmp_path), Named(2))


@pytest.mark.usefixtures("memory")
def test_a_store_whose_parents_are_yet_to_be_made_is_asked_about_too(tmp_path, monkeypatch):
    def free(path):
        if not path.exists():
            raise FileNotFoundError(path)
        return SimpleNamespace(free=MIB)

    monkeypatch.setattr(room.shutil, "disk_usage", free)
    with pytest.raises(InputError, match="1 MiB free"):
        check_room(jobs(2), Store(tmp_path / "a" / "b" / "store"), Named(2))


@pytest.mark.usefixtures("memory")
def test_an_empty_store_asks_the_family_how_large_its_weights_are(tmp_path, disk):
    size = RECIPE.weight_bytes()
    needed = 3 * MIB + 3 * size + 2 * 2 * 4 * size
    launcher = Named(2)
    disk(needed)
    check_room(jobs(3), Store(tmp_path), launcher)
    assert launcher.given == [RECIPE, RECIPE]  # every worker is begun by it
    disk(needed - 1)
    with pytest.raises(InputError, match="make room"):
        check_room(jobs(3), Store(tmp_path), launcher)


@pytest.mark.usefixtures("memory")
def test_each_network_is_asked_for_once(tmp_path, disk):
    large = RECIPE.changed(channels=[16, 32])
    every = [replace(one, recipe=recipe) for recipe in (RECIPE, large) for one in jobs(2)]
    launcher = Named(2)
    needed = 4 * MIB + 2 * RECIPE.weight_bytes() + (2 + 2 * 2 * 4) * large.weight_bytes()
    disk(needed)
    check_room(every, Store(tmp_path), launcher)
    assert launcher.given == [RECIPE, large]
    disk(needed - 1)
    with pytest.raises(InputError, match="make room"):
        check_room(every, Store(tmp_path), launcher)


@dataclass(frozen=True)
class Broken(Copies):
    """A family whose sizes cannot be told."""

    def weight_bytes(self) -> int:
        raise RuntimeError("broken")


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("recipe", [Copies(size=16), Broken(size=16)])
def test_a_family_that_does_not_know_its_weights_counts_its_releases(tmp_path, disk, recipe):
    every = [replace(one, recipe=recipe) for one in jobs(3)]
    disk(3 * MIB)
    check_room(every, Store(tmp_path), LocalLauncher(0, "cpu"))
    disk(3 * MIB - 1)
    with pytest.raises(InputError, match="make room"):
        check_room(every, Store(tmp_path), LocalLauncher(0, "cpu"))
