"""What a target remembers of its view: read once, and nobody's to spoil."""

from __future__ import annotations

import numpy as np
import pytest

from attacks.knn import NearestNeighbour
from harness.jobs.observations import FILE, observation_key, stored_observations
from harness.jobs.targets import ReleaseSpec, ViewSpec
from harness.store import Store

VIEW = ViewSpec("p", (0, 1), ("aa", "bb"), ReleaseSpec("release", "r", "images.npy", 2), None)
KNN, WIDER = NearestNeighbour(), NearestNeighbour(k=2)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


def observed(store: Store, attack: NearestNeighbour, values: list[float]) -> None:
    store.get("observation", observation_key(attack, VIEW), lambda folder: np.save(folder / FILE, values) or {})


def test_an_observation_is_read_once(store, monkeypatch):
    observed(store, KNN, [1.0, 2.0])
    observed(store, WIDER, [3.0, 4.0])
    seen, read, load = stored_observations(VIEW, store), [], np.load
    monkeypatch.setattr(np, "load", lambda path: read.append(path) or load(path))
    for _ in range(3):
        assert seen(KNN).tolist() == [1.0, 2.0]
        assert seen(WIDER).tolist() == [3.0, 4.0]
    assert len(read) == 2


def test_whoever_writes_into_it_spoils_only_his_own(store):
    observed(store, KNN, [1.0, 2.0])
    seen = stored_observations(VIEW, store)
    for _ in range(2):
        seen(KNN)[:] = 0.0
        assert seen(KNN).tolist() == [1.0, 2.0]


def test_one_that_is_made_later_is_found_then(store):
    seen = stored_observations(VIEW, store)
    assert seen(KNN) is None
    observed(store, KNN, [1.0, 2.0])
    assert seen(KNN).tolist() == [1.0, 2.0]
