"""A generator of the store tells its kind without its weights; attacks that ask for another kind do not look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attacks.base import Target
from attacks.knn import NearestNeighbour
from attacks.logan import Logan, logan_cal
from attacks.loss import DenoisingLoss
from attacks.retrieval import Retrieval
from attacks.view import CountedModel
from harness.jobs.observations import observation_key
from harness.jobs.observe import ObserveJob, observe
from harness.jobs.targets import ReleaseSpec, StoredModel, ViewSpec
from harness.jobs.work import Work
from harness.store import Store
from shadow_models.families.gan import GanRecipe
from shadow_models.recipe import Gives, write_about
from shadow_models.train import train

TINY = replace(GanRecipe(), size=16, channels=[8, 8], critic_channels=[8, 8], steps=2, batch=2, latent=4)
SLICES = np.random.default_rng(0).integers(0, 256, (6, 16, 16), dtype=np.uint8)


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(tmp_path)
    store.get("generator", "told", lambda folder: write_about(folder, TINY) or {})
    store.get("generator", "whole", lambda folder: train(SLICES[:3], TINY, seed=0, device="cpu").save(folder) or {})
    store.get("pool", "p", lambda folder: np.save(folder / "pixels.npy", SLICES) or {})
    store.get("release", "r", lambda folder: np.save(folder / "images.npy", SLICES[:2]) or {})
    return store


def test_its_kind_is_told_without_weights(store):
    model = StoredModel(store, "told", "cpu")
    assert (model.gives, model.family) == (Gives.DISCRIMINATOR, "gan")
    target = Target(("a",), SLICES[:1], SLICES[1:2], model=CountedModel(model))
    assert DenoisingLoss().skip(target) == (
        "it asks a denoiser for noise, and this target's generator (gan) gives a discriminator."
    )
    assert Logan().skip(target) is None
    with pytest.raises(OSError, match="safetensors"):  # asked for an answer, it would need them
        Logan().score(target)


def test_attacks_that_ask_for_another_kind_are_not_observed(store):
    release = ReleaseSpec("release", "r", "images.npy", 2)
    view = ViewSpec("p", (0, 1, 2, 3), ("aa", "bb", "cc", "dd"), release, "whole")
    attacks = (DenoisingLoss(), Logan(), logan_cal(), NearestNeighbour())
    observe(ObserveJob(str(store.root), "view", view, attacks), Work("cpu", lambda *told: None))
    found = {one.name: store.find("observation", observation_key(one, view)) for one in attacks}
    assert found["loss"] is None
    assert found["knn"] is not None
    assert found["logan"] is not None
    assert found["logan"].facts["network_calls"] == 1
    expected = StoredModel(store, "whole", "cpu").discriminate(SLICES[:4])
    assert np.load(found["logan"].folder / "observed.npy") == pytest.approx(expected, abs=1e-6)
    assert observation_key(Logan(), view) == observation_key(logan_cal(), view)


def test_who_looks_at_all_distances_goes_first(store, monkeypatch):
    """The nearest are then among them, and are sought by nobody."""
    monkeypatch.setattr("attacks.distances._LEAST_WORK", 0)
    monkeypatch.setattr("attacks.distances._LARGEST_SHARE", 1.0)
    monkeypatch.setattr("attacks.distances.nearest", None)
    release = ReleaseSpec("release", "r", "images.npy", 2)
    view = ViewSpec("p", (0, 1, 2, 3), ("aa", "bb", "cc", "dd"), release, "whole")
    attacks = (NearestNeighbour(), Retrieval())
    observe(ObserveJob(str(store.root), "view", view, attacks), Work("cpu", lambda *told: None))
    assert all(store.find("observation", observation_key(one, view)) is not None for one in attacks)
