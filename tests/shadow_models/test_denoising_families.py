"""What holds of every family of one denoising network."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import stops
import torch
from numpy.typing import NDArray
from omegaconf import OmegaConf
from tiny_denoisers import TINY, tiny_recipe

from shadow_models.denoiser import WhiteBox
from shadow_models.generator import Generator, load_generator
from shadow_models.one_training import Stopped
from shadow_models.recipe import recipe_from_dict
from shadow_models.sample import sample
from shadow_models.train import train


@pytest.fixture(scope="module", params=sorted(TINY))
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def trained(family: str, slices: NDArray[np.uint8]) -> Generator:
    return train(slices, tiny_recipe(family, flip=True), seed=1, device="cpu")


def test_training_and_release_hang_on_the_seed_alone(
    family: str, trained: Generator, slices: NDArray[np.uint8]
) -> None:
    torch.manual_seed(99)  # the process's own generator has no say
    again = train(slices, trained.recipe, seed=1, device="cpu")
    assert again.fingerprint() == trained.fingerprint()
    assert train(slices, trained.recipe, seed=2, device="cpu").fingerprint() != trained.fingerprint()
    release = sample(trained, 5, seed=3)
    assert np.array_equal(sample(again, 5, seed=3), release)
    assert not np.array_equal(sample(trained, 5, seed=4), release)
    by_twos = sample(trained, 3, seed=3, batch=2)
    assert np.abs(by_twos.astype(int) - release[:3]).max() <= 1, "an image hangs on its seed and number alone"


@pytest.mark.parametrize("stop", [21, 49])
def test_a_resumed_training_ends_where_an_undisturbed_one_ends(
    family: str, slices: NDArray[np.uint8], tmp_path: Path, stop: int
) -> None:
    """For `latent`, step 21 is one of the autoencoder's, and step 49 of the UNet's."""
    recipe = tiny_recipe(family, steps=60, **({"autoencoder_steps": 30} if family == "latent" else {}))
    undisturbed = train(slices, recipe, seed=1, device="cpu")
    with pytest.raises(Stopped):
        train(slices, recipe, seed=1, device="cpu", checkpoint=tmp_path, stopping=stops.after(stop))
    (kept,) = tmp_path.iterdir()
    assert kept.name == f"step-{stop:09d}"
    resumed = train(slices, recipe, seed=1, device="cpu", checkpoint=tmp_path)
    assert resumed.fingerprint() == undisturbed.fingerprint()


def test_training_lowers_the_error_of_the_noise(family: str, slices: NDArray[np.uint8]) -> None:
    def error(steps: int) -> float:
        generator = train(slices, tiny_recipe(family, steps=steps), seed=0, device="cpu")
        assert isinstance(generator, WhiteBox)
        z, t = generator.encode(slices), torch.full((6,), 200)
        noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(1))
        a = generator.alphas_cumprod[200]
        return float((generator.eps(a**0.5 * z + (1 - a) ** 0.5 * noise, t) - noise).square().mean())

    assert error(150) < 0.8 * error(1)


def test_training_goes_on_from_a_start(family: str, trained: Generator, slices: NDArray[np.uint8]) -> None:
    before = trained.fingerprint()
    still = train(slices, tiny_recipe(family, steps=1, learning_rate=1e-8), seed=7, start=trained, device="cpu")
    for mine, its in zip(still.network.parameters(), trained.network.parameters(), strict=True):
        assert torch.allclose(mine, its, atol=1e-6)
    further = train(slices[:3], tiny_recipe(family), seed=7, start=trained, device="cpu")
    assert further.fingerprint() not in (before, train(slices[:3], tiny_recipe(family), seed=7).fingerprint())
    assert trained.fingerprint() == before


@pytest.mark.parametrize("change", [{"channels": [16]}, {"layers": 2}, {"patch": 4}, {"norm_groups": 8}])
def test_a_start_of_another_network_is_refused(
    family: str, trained: Generator, slices: NDArray[np.uint8], change: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=f"another network .*{next(iter(change))}"):
        train(slices, tiny_recipe(family, **change), seed=0, start=trained, device="cpu")


def test_saved_and_loaded_it_is_the_same(trained: Generator, slices: NDArray[np.uint8], tmp_path: Path) -> None:
    trained.save(tmp_path)
    again = load_generator(tmp_path)
    assert (again.recipe, again.fingerprint()) == (trained.recipe, trained.fingerprint())
    assert np.array_equal(sample(again, 3, seed=5), sample(trained, 3, seed=5))
    assert torch.equal(again.encode(slices), trained.encode(slices))
    assert recipe_from_dict(again.recipe.to_dict(), type(again.recipe)) == again.recipe


def test_it_is_a_white_box(trained: Generator, slices: NDArray[np.uint8]) -> None:
    assert isinstance(trained, WhiteBox)
    z, t = trained.encode(slices), torch.arange(0, 600, 100)
    assert z.dtype == torch.float32
    closed, traced = trained.eps(z, t), trained.eps_with_grad(z, t)
    assert torch.allclose(closed, traced, atol=1e-5)
    assert not trained.eps(z, t).requires_grad
    (gradient,) = torch.autograd.grad(traced.square().mean(), [next(trained.network.parameters())])
    assert gradient.abs().max() > 0
    assert trained.eps(z.double(), t).dtype == torch.float64
    alone = torch.cat([trained.eps(z[i : i + 1], t[i : i + 1]) for i in range(6)])
    assert torch.allclose(alone, closed, atol=1e-5), "the others in a batch change nothing"
    a = trained.alphas_cumprod
    assert len(a) == trained.recipe.n_timesteps_asked
    assert (np.diff(a) < 0).all()
    assert 0 < a[-1] < a[0] < 1


def test_slices_of_another_kind_are_refused(trained: Generator) -> None:
    assert isinstance(trained, WhiteBox)
    with pytest.raises(ValueError, match=r"data\.size=16"):
        trained.encode(np.zeros((2, 32, 32), np.uint8))
    with pytest.raises(ValueError, match="float64"):
        trained.encode(np.zeros((2, 16, 16)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("channels", [], "at least one"),
        ("channels", [12], "multiple of 8"),
        ("norm_groups", 5, "divisor"),
        ("attention", [2], "resolutions"),
        ("schedule", "cosin", "one of linear, cosine"),
        ("precision", "fp8", "one of fp32, bf16, fp16"),
        ("size", 18, "multiple of"),
        ("sample_steps", 0, "between 1"),
        ("n_timesteps", 5, "between 500"),
        ("learning_rate", float("nan"), "between"),
    ],
)
def test_a_bad_option_gives_a_sentence(family: str, field: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=rf"^Recipe field .*{words}.*\.$"):
        tiny_recipe(family, **{field: value})


def test_presets_have_the_promised_sizes(family: str) -> None:
    presets = type(tiny_recipe(family)).presets()
    assert {name: recipe.size for name, recipe in presets.items()} == {"quick": 64, "small": 128, "gpu": 256}


def test_a_preset_survives_json_and_hydra(family: str) -> None:
    for recipe in type(tiny_recipe(family)).presets().values():
        assert recipe_from_dict(json.loads(json.dumps(recipe.to_dict())), type(recipe)) == recipe
        node = OmegaConf.merge(OmegaConf.structured(recipe), OmegaConf.from_dotlist(["steps=7", "epsilon=null"]))
        assert OmegaConf.to_object(node) == replace(recipe, steps=7)
