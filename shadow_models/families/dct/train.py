"""Training on cosine blocks: what the network of `dct` learns in each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from shadow_models.diffusion import alphas_cumprod, level_at, target_of, time_sampler
from shadow_models.families.dct.codec import fit_codec
from shadow_models.families.dct.generator import DctGenerator
from shadow_models.families.dct.network import build_network
from shadow_models.seeds import seed_of
from shadow_models.training import Pace, Phase, accelerator_for, optimise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from accelerate import Accelerator
    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.diffusion import Level
    from shadow_models.families.dct import DctRecipe
    from shadow_models.families.dct.codec import Codec
    from shadow_models.recipe import Training


def train_dct(members: NDArray[np.uint8], recipe: DctRecipe, training: Training) -> DctGenerator:
    """Train on the members, uint8 [n, size, size]: see `DctRecipe.train`."""
    start = training.start
    assert start is None or isinstance(start, DctGenerator)
    accelerator = accelerator_for(recipe.precision, recipe.batch, training.device)
    codec = fit_codec(members, recipe) if start is None else start.codec.to(torch.device("cpu"))
    learner = _Learner(members, codec, recipe, training, accelerator)
    averages = optimise(learner, recipe, members, training, accelerator)
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
        of = self._recipe
        return Pace(of.learning_rate, of.warm_up, of.final_rate, of.weight_decay, of.ema_decay)

    def phase(self, network: str) -> Phase:
        """All the time."""
        del network
        return Phase(0, self._recipe.steps)

    def losses(self, step: int, networks: Mapping[str, nn.Module]) -> Iterator[tuple[str, torch.Tensor]]:
        """Mean square error of the prediction."""
        batch = self._batches.at(step)
        output = networks["network"](batch.scaled, batch.t, batch.level)
        yield "network", (output - batch.target).square().mean()


class Batch(NamedTuple):
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
        self._recipe, self._seed, self._device = recipe, seed, accelerator.device
        self._share = slice(accelerator.process_index, None, accelerator.num_processes)
        self._times = time_sampler(recipe)
        self._alpha_bar = torch.from_numpy(alphas_cumprod(recipe)).float().to(self._device)
        self._gain = codec.gain.to(self._device)
        views = [members, members[:, :, ::-1]] if recipe.flip else [members]
        # z / gain has unit variance in every channel, whatever the whitening
        self._clean = torch.stack([codec.encode(view) / codec.gain for view in views])

    def at(self, step: int) -> Batch:
        """Return the batch of the step."""
        draw = torch.Generator().manual_seed(seed_of(self._seed, "step", step))
        n = self._recipe.batch
        rows = torch.randint(self._clean.shape[1], (n,), generator=draw)
        views = torch.randint(len(self._clean), (n,), generator=draw)
        t = self._times.draw(n, draw)
        noise = torch.randn((n, *self._clean.shape[2:]), generator=draw)
        clean = self._clean[views[self._share], rows[self._share]].to(self._device)
        t, noise = t[self._share].to(self._device), noise[self._share].to(self._device)
        level = level_at(self._alpha_bar[t], self._gain)
        target = target_of(self._recipe.prediction, clean, noise, level)
        return Batch(level.signal * clean + level.noise * noise, t, level, target)
