"""On a GPU the families do what they do on a CPU; skipped where there is none."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from shadow_models.generator import load_generator
from shadow_models.one_training import Training
from shadow_models.phantoms.patient import draw_patient
from shadow_models.recipe import Gives
from shadow_models.registry import built_in, find_family
from shadow_models.sample import sample
from shadow_models.train import train

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="This machine has no CUDA device.")
TRAINED = [name for name in built_in() if find_family(name).tiny().n_steps]
STEPS = 12


@pytest.fixture(autouse=True)
def _whole_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.mark.parametrize("name", TRAINED)
def test_a_gpu_learns_and_draws_what_a_cpu_does(name: str, tmp_path: Path) -> None:
    recipe = find_family(name).tiny().changed(steps=STEPS)
    slices = np.concatenate([draw_patient("cuda", patient, 1, recipe.size) for patient in range(8)])
    curves: list[list[float]] = []
    learnt = []
    for device in ("cuda", "cpu"):
        losses: list[float] = []
        training = Training(3, device=device, watch=lambda step, of, to=losses: to.extend(of.values()))
        learnt.append(recipe.train(slices, training))
        curves.append(losses)
    # Not the weights: Adam's first steps go by the signs of gradients, which rounding turns where they are near zero.
    assert np.allclose(*curves, rtol=0.02, atol=1e-3)
    here = learnt[1]
    here.save(tmp_path)
    there = load_generator(tmp_path, "cuda")
    assert np.abs(sample(there, 8, seed=5).astype(int) - sample(here, 8, seed=5)).max() <= 2, "grey levels"
    if recipe.gives is Gives.DENOISER:
        z, t = here.encode(slices), torch.full((len(slices),), 400)  # type: ignore[attr-defined]
        noised = 0.6 * z + 0.8 * torch.randn(z.shape, generator=torch.Generator().manual_seed(1))
        wide = [one.eps(noised, t) for one in (there, here)]  # type: ignore[attr-defined]
        assert float((wide[0] - wide[1]).norm() / wide[1].norm()) < 1e-3


@pytest.mark.parametrize("name", ["dct", "ddpm", "flow"])
def test_a_compiled_network_learns_what_a_plain_one_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = find_family(name).tiny().changed(steps=STEPS)
    slices = np.concatenate([draw_patient("cuda", patient, 1, recipe.size) for patient in range(8)])
    curves: list[list[float]] = []
    for from_steps in (STEPS, STEPS + 1):
        monkeypatch.setattr("shadow_models.accelerator.COMPILED_FROM", from_steps)
        losses: list[float] = []
        training = Training(3, device="cuda", watch=lambda step, of, to=losses: to.extend(of.values()))
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "The network is not compiled")
            recipe.train(slices, training)
        curves.append(losses)
    assert np.allclose(*curves, rtol=0.02, atol=1e-3)


@pytest.mark.parametrize("name", TRAINED)
def test_the_same_seed_draws_the_same_release_on_a_gpu(name: str) -> None:
    recipe = find_family(name).tiny()
    slices = np.concatenate([draw_patient("cuda", patient, 1, recipe.size) for patient in range(8)])
    generator = train(slices, recipe, seed=3, device="cuda")
    assert np.abs(sample(generator, 4, seed=5).astype(int) - sample(generator, 4, seed=5)).max() <= 1
