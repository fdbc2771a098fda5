"""A generator whose training diverges is named, and the run ends there."""

from __future__ import annotations

import numpy as np
import pytest

from harness.errors import InputError
from harness.jobs.generators import GeneratorJob
from harness.jobs.train import train_and_release
from harness.jobs.work import Work
from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct import train as dct_train


def test_it_is_named_and_nothing_of_it_is_in_the_store(tmp_path, images, monkeypatch):
    losses = dct_train._Learner.losses
    monkeypatch.setattr(
        dct_train._Learner, "losses", lambda *of: ((name, loss * float("nan")) for name, loss in losses(*of))
    )
    (tmp_path / "pool" / "p").mkdir(parents=True)
    np.save(tmp_path / "pool" / "p" / "pixels.npy", images(8, 16, 0))
    recipe = DctRecipe(size=16, block=2, channels=[8, 16], steps=5, overview=4, closeup=4)
    job = GeneratorJob(str(tmp_path), "shadow 3", "p", tuple(range(8)), ("d",) * 8, recipe, 3, 8)
    with pytest.raises(InputError, match=r"^Shadow 3: The .* nan after step 1, .*shadow\.learning_rate"):
        train_and_release(job, Work("cpu", lambda *_: None))
    assert not list(tmp_path.glob("generator/*"))
    assert not list(tmp_path.glob("release/*"))
