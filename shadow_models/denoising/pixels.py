"""Families of one network that denoises pixels: how they train and load."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from shadow_models.accelerator import accelerator_for
from shadow_models.denoising.batches import Batches, views_of
from shadow_models.denoising.generator import NETWORK, DenoisingGenerator
from shadow_models.denoising.learner import DenoisingLearner, first_network
from shadow_models.denoising.space import PixelSpace
from shadow_models.denoising.unet import UnetRecipe, build_unet
from shadow_models.device import resolve_device
from shadow_models.images import pixels_of
from shadow_models.privacy import privacy_of
from shadow_models.private_training import part_for
from shadow_models.recipe import Gives, Training
from shadow_models.training import optimise
from shadow_models.weights import bytes_of

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from shadow_models.denoising.batches import DrawTimes, Pair
    from shadow_models.denoising.learner import Ask
    from shadow_models.denoising.space import Space
    from shadow_models.denoising.unet import Unet


@dataclass(frozen=True)
class PixelRecipe(UnetRecipe):
    """A UNet over pixels; a family says what it is asked, and how its answers make images."""

    gives: ClassVar[Gives] = Gives.DENOISER

    def train(self, members: NDArray[np.uint8], training: Training) -> DenoisingGenerator:
        """Return a generator trained on the members, uint8 [n, size, size]; with a start, from its weights on."""
        accelerator = accelerator_for(self.precision, self.batch, training.device, steps=self.steps)
        privacy = privacy_of(self, len(members), training.seed, accelerator.num_processes)
        views = views_of(members, self.flip, pixels_of)
        batches = Batches(
            views, self.batch, training.seed, self.draw_times(), accelerator, poisson=privacy is not None,
            pair=self.pair(),
        )  # fmt: skip
        network = first_network(self, self._shape, self.patch, training.seed, training.start)
        learner = DenoisingLearner(self, network, batches, self.ask(accelerator.device))
        averages = optimise(learner, self, members, training, accelerator, make_part=part_for(privacy))
        trained = self._network()
        averages.into({NETWORK: trained})
        return self.generator(trained, PixelSpace(self.size, accelerator.device), accelerator.device)

    def load(self, folder: Path, device: str) -> DenoisingGenerator:
        """Return what was saved of this recipe."""
        here = resolve_device(device)
        generator = self.generator(self._network(), PixelSpace(self.size, here), here)
        generator.load_weights(folder)
        return generator

    def weight_bytes(self) -> int:
        """Return those of the network."""
        return bytes_of(lambda: [self._network()])

    @abstractmethod
    def draw_times(self) -> DrawTimes:
        """Return the draw of training times."""

    def pair(self) -> Pair | None:
        """Return what says which noise goes with which slice of a batch. Default: as they are drawn."""
        return None

    @abstractmethod
    def ask(self, device: torch.device) -> Ask:
        """Return what the network is asked about a batch, which lies on the device."""

    @abstractmethod
    def generator(self, network: Unet, space: Space, device: torch.device) -> DenoisingGenerator:
        """Return the generator of a trained network."""

    @property
    def _shape(self) -> tuple[int, int, int]:
        return 1, self.size, self.size

    def _network(self) -> Unet:
        return build_unet(self, self._shape, self.patch, seed=0)
