from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct.codec import block_dct, dct_matrix, fit_codec, inverse_block_dct


@pytest.mark.parametrize("block", [1, 2, 4, 8])
def test_round_trip_is_exact_and_keeps_energy(block: int) -> None:
    pixels = torch.rand(3, 16, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1
    spectrum = block_dct(pixels, block)
    assert spectrum.shape == (3, block**2, 16 // block, 24 // block)
    assert torch.allclose(spectrum.square().sum(), pixels.square().sum(), rtol=1e-5)
    assert (inverse_block_dct(spectrum, block) - pixels).abs().max() < 1e-5


def test_matches_scipy() -> None:
    from scipy.fft import dctn

    block = np.random.default_rng(1).normal(size=(4, 4)).astype(np.float32)
    pixels = torch.zeros(1, 8, 8)
    pixels[0, 4:, :4] = torch.from_numpy(block)
    spectrum = block_dct(pixels, 4)
    assert np.allclose(spectrum[0, :, 1, 0].reshape(4, 4), dctn(block, norm="ortho"), atol=1e-6)
    assert spectrum[0, :, 0].abs().max() == 0
    assert torch.allclose(dct_matrix(4) @ dct_matrix(4).T, torch.eye(4), atol=1e-6)


@pytest.mark.parametrize("whitening", [1.0, 0.5, 0.0])
def test_codec_has_unit_variance_and_loses_nothing(
    tiny: DctRecipe, slices: NDArray[np.uint8], whitening: float
) -> None:
    codec = fit_codec(slices, replace(tiny, whitening=whitening))
    z = codec.encode(slices)
    assert z.dtype == torch.float32
    assert abs(float(z.square().mean()) - 1) < 0.05
    assert float(z.mean(dim=(0, 2, 3)).abs().max()) < 1e-4
    spread = z.square().mean(dim=(0, 2, 3)).sqrt()
    if whitening == 1.0:
        assert torch.allclose(spread, torch.ones(16), atol=1e-3)
    if whitening == 0.0:  # pixels up to one factor: all distances keep their proportion
        pixels = torch.from_numpy(slices).float().flatten(1)
        ratio = torch.pdist(z.flatten(1)) / torch.pdist(pixels)
        assert torch.allclose(ratio, ratio[:1].expand_as(ratio), rtol=1e-4)
    assert np.array_equal(codec.decode(z), slices)
    assert torch.allclose(codec.clip(z), z, atol=1e-4)
    assert codec.to_pixels(codec.clip(3 * z)).abs().max() < 1 + 1e-5


def test_a_constant_pool_is_encoded_without_nan(tiny: DctRecipe) -> None:
    flat = np.full((2, 16, 16), 77, np.uint8)
    codec = fit_codec(flat, tiny)
    assert torch.isfinite(codec.encode(flat)).all()
    assert np.array_equal(codec.decode(codec.encode(flat)), flat)


def test_bits_do_not_hang_on_whether_opt_einsum_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """opacus brings it, and torch then orders products of three otherwise."""
    pytest.importorskip("opt_einsum")
    pixels = torch.rand((5, 64, 64), generator=torch.Generator().manual_seed(0))
    found = {}
    for installed in (True, False):
        monkeypatch.setattr(torch.backends.opt_einsum, "enabled", installed)
        spectrum = block_dct(pixels, 4)
        found[installed] = spectrum, inverse_block_dct(spectrum, 4)
    assert all(torch.equal(*both) for both in zip(found[True], found[False], strict=True))
