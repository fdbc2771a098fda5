"""Training that goes on from another generator."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import stops
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from shadow_models.checkpoint import CheckpointError
from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct.generator import DctGenerator
from shadow_models.generator import load_generator
from shadow_models.one_training import Stopped
from shadow_models.train import train


def weights_of(generator: DctGenerator) -> torch.Tensor:
    return torch.cat([weight.flatten() for weight in generator.network.parameters()])


@pytest.fixture(scope="module")
def base(tiny: DctRecipe, slices: NDArray[np.uint8]) -> DctGenerator:
    """Of other slices than those that are trained on from it: its codec is not the members'."""
    return train(255 - slices[:3], tiny, seed=4, device="cpu")


def test_the_first_average_is_the_starts_and_codec_and_normalisation_stay_its(
    tiny: DctRecipe, slices: NDArray[np.uint8], base: DctGenerator
) -> None:
    still = train(slices, replace(tiny, steps=1, learning_rate=1e-8), seed=0, start=base, device="cpu")
    assert torch.allclose(weights_of(still), weights_of(base), atol=1e-6)
    trained = train(slices, tiny, seed=0, start=base, device="cpu")
    assert not torch.allclose(weights_of(trained), weights_of(base), atol=1e-4)
    for name in ("mean", "sd", "gain"):
        assert torch.equal(getattr(trained.codec, name), getattr(base.codec, name))


def test_it_depends_on_the_start_and_leaves_it_as_it_was(
    tiny: DctRecipe, slices: NDArray[np.uint8], base: DctGenerator
) -> None:
    before = weights_of(base).clone()
    warm = train(slices, tiny, seed=0, start=base, device="cpu")
    cold = train(slices, tiny, seed=0, device="cpu")
    assert not torch.equal(weights_of(warm), weights_of(cold))
    assert torch.equal(weights_of(base), before)


def test_it_goes_on_from_a_checkpoint_bit_for_bit_and_from_none_of_another_start(
    tiny: DctRecipe, slices: NDArray[np.uint8], base: DctGenerator, tmp_path: Path
) -> None:
    longer = replace(tiny, steps=30)

    undisturbed = train(slices, longer, seed=1, start=base, device="cpu")
    with pytest.raises(Stopped):
        train(slices, longer, seed=1, start=base, device="cpu", checkpoint=tmp_path, stopping=stops.after(21))
    resumed = train(slices, longer, seed=1, start=base, device="cpu", checkpoint=tmp_path)
    assert torch.equal(weights_of(resumed), weights_of(undisturbed))
    for other in (None, train(slices, tiny, seed=9, device="cpu")):
        with pytest.raises(CheckpointError, match="start"):
            train(slices, longer, seed=1, start=other, device="cpu", checkpoint=tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"channels": [8, 16]},
        {"layers": 2},
        {"overview": 16},
        {"closeup": 4},
        {"norm_groups": 2},
        {"block": 2},
        {"whitening": 0.4},
        {"prediction": "epsilon"},
        {"schedule": "cosine"},
        {"n_timesteps": 600},
    ],
)
def test_a_start_of_another_network_is_refused(
    tiny: DctRecipe, slices: NDArray[np.uint8], base: DctGenerator, change: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=f"another network .*{next(iter(change))}"):
        train(slices, replace(tiny, **change), seed=0, start=base, device="cpu")  # type: ignore[arg-type]


def test_what_does_not_decide_the_weights_meaning_may_differ(
    tiny: DctRecipe, slices: NDArray[np.uint8], base: DctGenerator
) -> None:
    other = replace(tiny, steps=2, batch=2, learning_rate=1e-3, time_mean=0.8, sampler="ddim")
    assert train(slices, other, seed=0, start=base, device="cpu").recipe == other


def test_a_saved_generator_is_checked_when_it_is_read(base: DctGenerator, tmp_path: Path) -> None:
    base.save(tmp_path)
    weights = tmp_path / "generator.safetensors"
    tensors = load_file(weights)
    name = next(name for name in tensors if name.endswith("weight"))
    poisoned = tensors[name].clone()
    poisoned.view(-1)[0] = float("nan")
    for wrong, why in (
        ({**tensors, name: poisoned}, "finite"),
        ({**tensors, name: tensors[name].double()}, "float32"),
        ({**tensors, name: tensors[name][:-1]}, "other weights"),
        ({one: value for one, value in tensors.items() if one != name}, "other weights"),
        ({**tensors, "network.more": torch.zeros(1)}, "other weights"),
    ):
        save_file({one: value.contiguous() for one, value in wrong.items()}, weights)
        with pytest.raises(ValueError, match=why):
            load_generator(tmp_path)
    weights.write_bytes(b"no weights at all")
    with pytest.raises(ValueError, match="no file of weights"):
        load_generator(tmp_path)


def test_its_fingerprint_is_of_its_weights(base: DctGenerator, tmp_path: Path) -> None:
    base.save(tmp_path)
    assert load_generator(tmp_path).fingerprint() == base.fingerprint()
    tensors = load_file(tmp_path / "generator.safetensors")
    name = next(iter(tensors))
    save_file({**tensors, name: tensors[name] + 1}, tmp_path / "generator.safetensors")
    assert load_generator(tmp_path).fingerprint() != base.fingerprint()
    assert json.loads((tmp_path / "generator.json").read_text())["recipe"] == base.recipe.to_dict()
