"""On a GPU the families do what they do on a CPU; skipped where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from shadow_models.phantoms.patient import draw_patient
from shadow_models.recipe import Gives
from shadow_models.registry import built_in, find_family
from shadow_models.sample import sample
from shadow_models.train import train
from shadow_models.weights import WEIGHTS

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="This machine has no CUDA device.")
TRAINED = [name for name in built_in() if find_family(name).tiny().n_steps]
STEPS = 12


def weights_of(generator) -> torch.Tensor:  # type: ignore[no-untyped-def]
    from safetensors.torch import load

    return torch.cat([value.flatten() for _, value in sorted(load(generator.content()[WEIGHTS]).items())])


@pytest.fixture(autouse=True)
def _whole_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


@pytest.mark.parametrize("name", TRAINED)
def test_a_gpu_learns_and_draws_what_a_cpu_does(name: str) -> None:
    recipe = find_family(name).tiny().changed(steps=STEPS)
    slices = np.concatenate([draw_patient("cuda", patient, 1, recipe.size) for patient in range(8)])
    there, here = (train(slices, recipe, seed=3, device=device) for device in ("cuda", "cpu"))
    far = weights_of(there) - weights_of(here)
    assert float(far.norm() / weights_of(here).norm()) < 5e-3
    apart = np.abs(sample(there, 8, seed=5).astype(int) - sample(here, 8, seed=5))
    assert apart.mean() < 3, "grey levels"
    if recipe.gives is Gives.DENOISER:
        z, t = here.encode(slices), torch.full((len(slices),), 400)  # type: ignore[attr-defined]
        noised = 0.6 * z + 0.8 * torch.randn(z.shape, generator=torch.Generator().manual_seed(1))
        wide = [one.eps(noised, t) for one in (there, here)]  # type: ignore[attr-defined]
        assert float((wide[0] - wide[1]).norm() / wide[1].norm()) < 2e-2


@pytest.mark.parametrize("name", TRAINED)
def test_the_same_seed_draws_the_same_release_on_a_gpu(name: str) -> None:
    recipe = find_family(name).tiny()
    slices = np.concatenate([draw_patient("cuda", patient, 1, recipe.size) for patient in range(8)])
    generator = train(slices, recipe, seed=3, device="cuda")
    assert np.abs(sample(generator, 4, seed=5).astype(int) - sample(generator, 4, seed=5)).max() <= 1
