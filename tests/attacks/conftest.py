"""Stand-ins for a diffusion model whose answers are known in closed form."""

from __future__ import annotations

import pytest

from attacks.conformance.denoisers import LinearDenoiser, MemorisingDenoiser


@pytest.fixture
def linear_denoiser():
    return LinearDenoiser


@pytest.fixture
def memorising_denoiser():
    return MemorisingDenoiser
