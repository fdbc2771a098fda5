"""`dct`: a small network on cosine blocks between a look from afar and one from close by; the default.

Nothing here imports torch or diffusers, so that configuration, `--help` and a dry run stay quick.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from shadow_models.fine_tuning import FineTuning
from shadow_models.optimised import OptimisedRecipe
from shadow_models.privacy import PrivacyOptions, check_privacy, privacy_of
from shadow_models.recipe import DEFAULT, Gives, Training, check_ranges, refuse
from shadow_models.registry import register
from shadow_models.weights import bytes_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.families.dct.generator import DctGenerator

CHOICES: dict[str, tuple[str, ...]] = {
    "prediction": ("v_prediction", "epsilon"),
    "schedule": ("linear", "cosine"),
    "time_sampling": ("lognormal", "uniform"),
    "precision": ("fp32", "bf16", "fp16"),
    "sampler": ("sde-dpm++", "dpm++", "ddim"),
}


@register("dct")
@dataclass(frozen=True)
class DctRecipe(PrivacyOptions, OptimisedRecipe):
    """A UNet on DCT blocks, with coordinates and two cheap branches; from the base phantom-64 unless told otherwise.

    Noise levels are sigma = sqrt((1 - a) / a) with a = alpha-bar, in units of the encoded data (variance 1),
    the sigma of Karras et al. 2022 (EDM, arXiv 2206.00364).

    Raises ValueError, one sentence, for a value out of its range.
    """

    block: int = 4
    """Side of the blocks of the cosine transform, pixels; the network sees (size / block)^2 positions."""
    whitening: float = 0.4
    """1: every DCT channel has variance 1; 0: the channels keep their relative variances. Between them lies a
    trade: more gives whole chests and membership, less gives images without grain."""
    channels: list[int] = field(default_factory=lambda: [32, 64])
    """Width of each UNet resolution."""
    layers: int = 1
    """Residual blocks per resolution."""
    overview: int = 48
    """Width of the fully connected branch that sees the whole slice at once; 0 leaves it out. Wider: more of the
    members is learnt by heart."""
    closeup: int = 24
    """Width of the convolutional branch at half the pixel resolution, which removes grain; 0 leaves it out."""
    norm_groups: int = 8
    """Groups of every group norm; divides each of `channels`."""
    steps: int = 800
    """Optimiser steps."""
    learning_rate: float = 3.5e-3
    """AdamW peak step size."""
    prediction: str = "v_prediction"
    """What the network predicts: "v_prediction" (Salimans and Ho 2022, arXiv 2202.00512) or "epsilon"."""
    schedule: str = "linear"
    """Alpha-bar of the n_timesteps: "linear" (DDPM, arXiv 2006.11239) or "cosine" (arXiv 2102.09672)."""
    n_timesteps: int = 1000
    """Discrete noise levels."""
    time_sampling: str = "lognormal"
    """Density of training noise levels: "lognormal" in sigma (EDM) or "uniform" in the timestep."""
    time_mean: float = 0.3
    """Mean of log sigma when `time_sampling` is "lognormal"."""
    time_sd: float = 1.5
    """Standard deviation of log sigma when `time_sampling` is "lognormal"."""
    sampler: str = "sde-dpm++"
    """"dpm++" (DPM-Solver++ 2M, arXiv 2211.01095), "sde-dpm++" (the same with fresh noise at every step, which
    lets an image leave a blend of two members) or "ddim" (arXiv 2010.02502)."""
    sample_steps: int = 16
    """Network calls per released image, 15 to 25."""
    sample_sigma_max: float = 40.0
    """Noise level at which sampling starts."""
    sample_sigma_min: float = 0.02
    """Last noise level; from there one denoising step leads to zero noise."""
    sample_rho: float = 7.0
    """Bend of the noise levels between them; larger puts more steps at low noise (EDM, equation 5)."""
    sample_clip: bool = True
    """While sampling, bring every clean estimate back to the grey range in pixel space."""

    gives: ClassVar[Gives] = Gives.DENOISER
    measured: ClassVar[str] = "the codec"
    starts: ClassVar[bool] = True
    shares_training: ClassVar[bool] = True
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = CHOICES
    from_start: ClassVar[tuple[str, ...]] = FineTuning._fields

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ranges(self, _RANGES)
        check_privacy(self)
        if not self.channels or any(width < 1 for width in self.channels):
            refuse("channels", self.channels, "a list of at least one positive width")
        if any(width % self.norm_groups for width in self.channels):
            refuse("norm_groups", self.norm_groups, f"a divisor of every width in channels={list(self.channels)}")
        # the branch at half the pixel resolution needs an even side
        stride = math.lcm(self.block * 2 ** (len(self.channels) - 1), 2)
        if self.size % stride:
            refuse("size", self.size, f"a multiple of {stride}: 2 and block x 2^(resolutions - 1)")
        if self.sample_sigma_min >= self.sample_sigma_max:
            refuse("sample_sigma_min", self.sample_sigma_min, f"below sample_sigma_max={self.sample_sigma_max:g}")

    @property
    def n_channels(self) -> int:
        """Channels of the encoded space, block^2."""
        return self.block**2

    @property
    def grid(self) -> int:
        """Side of the encoded space, positions."""
        return self.size // self.block

    def check_members(self, n_members: int) -> None:
        """As the base: what is promised must be possible."""
        privacy_of(self, n_members)

    @classmethod
    def presets(cls) -> Mapping[str, DctRecipe]:
        """Return the recipe of each preset."""
        return PRESETS

    @classmethod
    def tiny(cls) -> DctRecipe:
        """Return a small recipe of 16 px for tests, a second."""
        return cls(
            size=16,
            whitening=0.0,
            channels=[8, 8],
            overview=32,
            closeup=8,
            norm_groups=4,
            steps=12,
            batch=4,
            learning_rate=4e-3,
            time_mean=0.2,
            sample_steps=15,
        )

    @classmethod
    def overfits(cls) -> DctRecipe:
        """Return a recipe of 16 px that learns 8 slices by heart, seconds."""
        return replace(cls.tiny(), overview=256, steps=200, batch=16)

    def identity(self) -> dict[str, Any]:
        """Return the options alone: keys of the years without another family. Of one made from it, all."""
        return self.to_dict() if self.name == DEFAULT else super().identity()

    def network(self) -> dict[str, Any]:
        """Return the fields on which the time of one step and of one released image depends."""
        names = ("size", "block", "channels", "layers", "overview", "closeup", "batch", "precision", "sample_steps")
        return {name: value for name, value in self.to_dict().items() if name in names}

    def weights(self) -> dict[str, Any]:
        """Return the fields on which it depends what weights mean: two recipes that agree may share them."""
        return {name: value for name, value in self.to_dict().items() if name in _OF_WEIGHTS}

    def train(self, members: NDArray[np.uint8], training: Training) -> DctGenerator:
        """Return a generator trained on the members, uint8 [n, size, size].

        With a start, training goes on from its weights, which are also the first averaged ones, and in its space:
        codec and normalisation are the start's. Without, weights are drawn from the seed, and the codec is measured
        on the members.
        """
        from shadow_models.families.dct.train import train_dct  # torch costs seconds: only where it is used

        return train_dct(members, self, training)

    def weight_bytes(self) -> int:
        """Return those of the network."""
        from shadow_models.families.dct.network import build_network  # torch costs seconds: only where it is used

        return bytes_of(lambda: [build_network(self, seed=0)])

    def load(self, folder: Path, device: str) -> DctGenerator:
        """Return what was saved of this recipe."""
        from shadow_models.families.dct.generator import load_dct  # torch costs seconds: only where it is used

        return load_dct(folder, self, device)


_OF_WEIGHTS = (
    "size",
    "block",
    "whitening",
    "channels",
    "layers",
    "overview",
    "closeup",
    "norm_groups",
    "prediction",
    "schedule",
    "n_timesteps",
)

_RANGES: tuple[tuple[str, float, float], ...] = (
    ("block", 1, 32),
    ("whitening", 0, 1),
    ("layers", 1, 8),
    ("overview", 0, 8192),
    ("closeup", 0, 1024),
    ("norm_groups", 1, 1024),
    ("n_timesteps", 500, 4000),
    ("time_mean", -10, 10),
    ("time_sd", 0.01, 10),
    ("sample_steps", 15, 25),
    ("sample_sigma_max", 0.1, 1000),
    ("sample_sigma_min", 0.001, 10),
    ("sample_rho", 1, 20),
)

PRESETS: dict[str, DctRecipe] = {
    "quick": DctRecipe(),
    "small": DctRecipe(size=128, channels=[32, 64, 96], overview=64, steps=6_000, batch=16, learning_rate=2e-3),
    "gpu": DctRecipe(
        size=256,
        channels=[96, 192, 256, 256],
        layers=2,
        overview=128,
        closeup=64,
        norm_groups=32,
        steps=60_000,
        batch=32,
        learning_rate=5e-4,
        ema_decay=0.9995,
        precision="bf16",
        sample_steps=25,
    ),
}
"""`quick`: tuned on 35 real slices and tried on the phantoms, minutes on two CPU cores. `small` (hours on a CPU core)
and `gpu` (the official size): first guesses by the same pattern, neither tuned nor trained yet."""
