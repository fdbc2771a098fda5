"""The rows of the largest similarities agree with the peer, or do not hold."""

from __future__ import annotations

import numpy as np
import pytest

from attacks.similarity import ssim_largest
from benchmarks.speed import structural_similarity as benchmark

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 16, 16), dtype=np.uint8)


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("off", [0.0, 1e-3, -1e-3])
def test_a_largest_similarity_that_is_off_either_way_does_not_hold(own, off, monkeypatch):
    monkeypatch.setattr(benchmark, "ssim_largest", lambda *one, **how: ssim_largest(*one, **how) + off)
    first = IMAGES if own else IMAGES[:5]
    row = benchmark._largest_row("noise", first, IMAGES, 2, reach=0.0, own=own)
    assert row.holds is (off == 0.0)
    assert row.sides[1].apart == pytest.approx(abs(off), abs=1e-6)
