from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from shadow_models.denoiser import Denoiser
from shadow_models.device import resolve_device
from shadow_models.diffusion import Level, level_at
from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct.codec import fit_codec
from shadow_models.families.dct.generator import DctGenerator
from shadow_models.families.dct.network import build_network
from shadow_models.generator import load_generator
from shadow_models.train import train


class TrueV(torch.nn.Module):
    """Outputs the v of data and noise it was told."""

    def __init__(self, v: torch.Tensor) -> None:
        super().__init__()
        self.v = v

    def forward(self, scaled: torch.Tensor, t: torch.Tensor, _level: Level) -> torch.Tensor:
        assert scaled.shape == self.v.shape
        assert t.dtype == torch.int64
        return self.v


@pytest.fixture(scope="module")
def trained(tiny: DctRecipe, slices: NDArray[np.uint8]) -> DctGenerator:
    return train(slices, tiny, seed=5, device="cpu")


@pytest.mark.parametrize("whitening", [1.0, 0.4])
def test_eps_recovers_the_noise_from_a_network_that_outputs_the_true_v(
    tiny: DctRecipe, slices: NDArray[np.uint8], whitening: float
) -> None:
    recipe = replace(tiny, whitening=whitening)
    codec = fit_codec(slices, recipe)
    generator = DctGenerator(recipe, codec, build_network(recipe, 0))
    z = generator.encode(slices)
    t = torch.tensor([10, 100, 300, 500, 700, 990])
    a = torch.from_numpy(generator.alphas_cumprod).float()[t]
    noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(0))
    level = level_at(a, codec.gain)
    generator.network = TrueV(level.signal * noise - level.noise * z / codec.gain)  # type: ignore[assignment]
    wide = a[:, None, None, None]
    predicted = generator.eps(wide.sqrt() * z + (1 - wide).sqrt() * noise, t)
    assert (predicted - noise).abs().max() < 2e-4


@pytest.mark.parametrize("prediction", ["v_prediction", "epsilon"])
def test_training_lowers_the_noise_error(tiny: DctRecipe, slices: NDArray[np.uint8], prediction: str) -> None:
    def error(steps: int) -> float:
        generator = train(slices, replace(tiny, prediction=prediction, steps=steps), seed=0, device="cpu")
        z, t = generator.encode(slices), torch.full((6,), 200)
        noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(1))
        a = generator.alphas_cumprod[200]
        return float((generator.eps(a**0.5 * z + (1 - a) ** 0.5 * noise, t) - noise).square().mean())

    assert error(100) < 0.6 * error(1)


def test_it_is_a_denoiser(trained: DctGenerator, slices: NDArray[np.uint8]) -> None:
    assert isinstance(trained, Denoiser)
    assert trained.alphas_cumprod.shape == (1000,)
    z = trained.encode(slices)
    assert z.shape == (6, 16, 4, 4)
    assert np.array_equal(trained.decode(z), slices)
    t = torch.full((6,), 50)
    wide = trained.eps(z.double(), t)
    assert wide.dtype == torch.float64
    assert not wide.requires_grad
    alone = torch.cat([trained.eps(z[i : i + 1], t[:1]) for i in range(6)])
    assert torch.allclose(alone, wide.float(), atol=1e-5)  # the others in a batch change nothing


def test_saved_and_loaded_it_predicts_the_same(
    trained: DctGenerator, slices: NDArray[np.uint8], tmp_path: Path
) -> None:
    trained.save(tmp_path / "kept")
    again = load_generator(tmp_path / "kept")
    assert again.recipe == trained.recipe
    z, t = trained.encode(slices), torch.arange(0, 600, 100)
    assert torch.equal(again.encode(slices), z)
    assert torch.equal(again.eps(z, t), trained.eps(z, t))
    assert sorted(path.suffix for path in (tmp_path / "kept").iterdir()) == [".json", ".safetensors"]


def test_errors_are_sentences(trained: DctGenerator, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"uint8 slices \[n, 16, 16\].*float64 \[2, 16, 16\]"):
        trained.encode(np.zeros((2, 16, 16)))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"data\.size=16"):
        trained.encode(np.zeros((2, 32, 32), np.uint8))
    with pytest.raises(FileNotFoundError, match="holds no generator"):
        load_generator(tmp_path)
    with pytest.raises(ValueError, match="not known"):
        resolve_device("gpu")
    with pytest.raises(ValueError, match="is not here"):
        resolve_device("cuda:99")
    assert resolve_device("cpu") == torch.device("cpu")


def test_another_schema_is_refused(trained: DctGenerator, tmp_path: Path) -> None:
    trained.save(tmp_path)
    text = (tmp_path / "generator.json").read_text()
    (tmp_path / "generator.json").write_text(text.replace('"schema": 1', '"schema": 99'))
    with pytest.raises(ValueError, match="schema 99"):
        load_generator(tmp_path)
