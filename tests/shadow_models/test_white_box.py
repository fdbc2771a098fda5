"""What a generator shows of its weights."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from shadow_models.denoiser import WhiteBox
from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct.codec import fit_codec
from shadow_models.families.dct.generator import DctGenerator
from shadow_models.families.dct.network import build_network


@pytest.fixture
def generator(tiny: DctRecipe, slices: NDArray[np.uint8]) -> DctGenerator:
    return DctGenerator(tiny, fit_codec(slices, tiny), build_network(tiny, 0))


def test_eps_with_grad_is_eps(generator: DctGenerator, slices: NDArray[np.uint8]) -> None:
    assert isinstance(generator, WhiteBox)
    z, t = generator.encode(slices), torch.full((len(slices),), 100)
    closed, traced = generator.eps(z, t), generator.eps_with_grad(z, t)
    assert torch.equal(closed, traced)
    assert traced.requires_grad
    assert not generator.eps(z, t).requires_grad


def test_gradients_are_slopes(generator: DctGenerator, slices: NDArray[np.uint8]) -> None:
    """Against finite differences of `eps` by each of the last layer's 16 biases."""
    bias = generator.network.unet.conv_out.bias
    z, t = generator.encode(slices), torch.full((len(slices),), 300)
    (gradient,) = torch.autograd.grad(generator.eps_with_grad(z, t).square().mean(), [bias])
    slopes = []
    for place in range(len(bias)):
        ends = []
        for step in (0.05, -0.05):
            with torch.no_grad():
                bias[place] += step
                ends.append(float(generator.eps(z, t).square().mean()))
                bias[place] -= step
        slopes.append((ends[0] - ends[1]) / 0.1)
    assert np.allclose(slopes, gradient.numpy(), rtol=0.02, atol=2e-5)
