"""Training on cosine blocks: what the network of `dct` learns in each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from shadow_models.accelerator import accelerator_for
from shadow_models.denoising.batches import Batches, views_of
from shadow_models.denoising.learner import pace_of
from shadow_models.diffusion import alphas_cumprod, level_at, target_of, time_sampler
from shadow_models.families.dct.codec import fit_codec
from shadow_models.families.dct.generator import DctGenerator
from shadow_models.families.dct.network import build_network
from shadow_models.privacy import privacy_of, refuse_measured
from shadow_models.private_training import part_for
from shadow_models.seeds import seed_of
from shadow_models.training import Pace, Phase, optimise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from accelerate import Accelerator
    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.diffusion import Level
    from shadow_models.families.dct import DctRecipe
    from shadow_models.families.dct.codec import Codec
    from shadow_models.one_training import Training


def train_dct(members: NDArray[np.uint8], recipe: DctRecipe, training: Training) -> DctGenerator:
    """Train on the members, uint8 [n, size, size]: see `DctRecipe.train`."""
    start = training.start
    assert start is None or isinstance(start, DctGenerator)
    if start is None:
        refuse_measured(recipe)
    accelerator = accelerator_for(recipe.precision, recipe.batch, training.device, steps=recipe.steps)
    privacy = privacy_of(recipe, len(members), training.seed, accelerator.num_processes)
    codec = fit_codec(members, recipe) if start is None else start.codec.to(torch.device("cpu"))
    learner = _Learner(members, codec, recipe, training, accelerator)
    averages = optimise(learner, recipe, members, training, accelerator, make_part=part_for(privacy))
    network = build_network(recipe, seed=0)
    averages.into({"network": network})
    return DctGenerator(recipe, codec, network, str(accelerator.device))


class _Learner:
    """One network, from noised members."""

    def __init__(
        self,
        members: NDArray[np.uint8],
        codec: Codec,
        recipe: DctRecipe,
        training: Training,
        accelerator: Accelerator,
    ) -> None:
        network = build_network(recipe, seed_of(training.seed, "weights"))
        if isinstance(training.start, DctGenerator):
            network.load_state_dict(training.start.network.state_dict())
        self.networks: dict[str, nn.Module] = {"network": network}
        self._recipe, self._batches = recipe, _Batches(members, codec, recipe, training.seed, accelerator)

    def pace(self, network: str) -> Pace:
        """As the recipe says."""
        del network
        return pace_of(self._recipe)

    def phase(self, network: str) -> Phase:
        """All the time."""
        del network
        return Phase(0, self._recipe.steps)

    def losses(self, step: int, networks: Mapping[str, nn.Module]) -> Iterator[tuple[str, torch.Tensor]]:
        """Mean square error of the prediction."""
        batch = self._batches.at(step)
        if not len(batch.scaled):
            yield "network", batch.scaled.sum()  # nothing to learn from: a constant
            return
        output = networks["network"](batch.scaled, batch.t, batch.level)
        yield "network", (output - batch.target).square().mean()


class _Noised(NamedTuple):
    """What one optimiser step learns from."""

    scaled: torch.Tensor
    """Noised data, each value of unit variance, float32 [b, c, h', w']."""
    t: torch.Tensor
    """Timesteps, int64 [b]."""
    level: Level
    target: torch.Tensor
    """What the network should output, like `scaled`."""


class _Batches:
    """The data of every step: scaled network input, timesteps and target, this process's share."""

    def __init__(
        self, members: NDArray[np.uint8], codec: Codec, recipe: DctRecipe, seed: int, accelerator: Accelerator
    ) -> None:
        self._prediction = recipe.prediction
        self._alpha_bar = torch.from_numpy(alphas_cumprod(recipe)).float().to(accelerator.device)
        self._gain = codec.gain.to(accelerator.device)
        # z / gain has unit variance in every channel, whatever the whitening
        private = recipe.epsilon is not None
        views = views_of(members, recipe.flip, lambda slices: codec.encode(slices) / codec.gain)
        self._batches = Batches(views, recipe.batch, seed, time_sampler(recipe).draw, accelerator, poisson=private)

    def at(self, step: int) -> _Noised:
        """Return the batch of the step."""
        clean, t, noise = self._batches.at(step)
        level = level_at(self._alpha_bar[t], self._gain)
        target = target_of(self._prediction, clean, noise, level)
        return _Noised(level.signal * clean + level.noise * noise, t, level, target)
