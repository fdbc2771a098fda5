"""A training whose losses are no numbers any more ends there, and says where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct import train as dct_train
from shadow_models.one_training import DivergedError
from shadow_models.train import train


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_it_ends_with_the_step_and_the_rate_and_keeps_nothing_of_it(
    tiny: DctRecipe, slices: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    losses = dct_train._Learner.losses

    def spoilt(self, step, networks):  # type: ignore[no-untyped-def]
        for name, loss in losses(self, step, networks):
            yield name, loss * value if step == 6 else loss

    monkeypatch.setattr(dct_train._Learner, "losses", spoilt)
    with pytest.raises(DivergedError, match=r"is (nan|inf) after step 7, where the learning rate was 0\.\d+\. Try"):
        train(slices, replace(tiny, steps=12), seed=0, device="cpu", checkpoint=tmp_path, checkpoint_every=0)
    (kept,) = tmp_path.iterdir()
    assert kept.name == "step-000000006"
