"""A trained generator: averaged weights, recipe and codec; a `Denoiser`, and a `WhiteBox`, for the attacks."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from shadow_models.dct import Codec
from shadow_models.device import resolve_device
from shadow_models.diffusion import alphas_cumprod, eps_of, level_at
from shadow_models.network import build_network
from shadow_models.recipe import SCHEMA, Recipe, recipe_from_dict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.network import Network


class Generator:
    """A diffusion model of lung slices, ready to sample from and to be attacked; implements `WhiteBox`."""

    def __init__(self, recipe: Recipe, codec: Codec, network: Network, device: str = "cpu") -> None:
        """Take a network with its final (averaged) weights; moves it and the codec to the device."""
        self.recipe = recipe
        self.device = resolve_device(device)
        self.codec = codec.to(self.device)
        # Channels last: a seventh less time an image on a CPU core.
        network = network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = network.eval().requires_grad_(False)
        self._alpha_bar = alphas_cumprod(recipe)
        self._alpha_bar_here = torch.from_numpy(self._alpha_bar).float().to(self.device)

    @property
    def alphas_cumprod(self) -> NDArray[np.float64]:
        """Alpha-bar for t = 0 .. T-1: float64 [T]."""
        return self._alpha_bar

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """Turn slices, uint8 [n, size, size], into z, float32 [n, c, h', w']; ValueError for others."""
        side = self.recipe.size
        if images.ndim != 3 or images.shape[1:] != (side, side) or images.dtype != "uint8":
            raise ValueError(
                f"The generator works on uint8 slices [n, {side}, {side}], but was given "
                f"{images.dtype} {list(images.shape)}: resize the slices to data.size={side}."
            )
        return self.codec.encode(images)

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """Turn z, [n, c, h', w'], into slices, uint8 [n, size, size]."""
        return self.codec.decode(z)

    @torch.no_grad()
    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Predict the noise in z_t, [n, c, h', w'], at t, int64 [n]; on z_t's device, in its dtype."""
        return self._eps(z_t, t)

    def eps_with_grad(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As `eps`, but on the graph of the network's parameters, which take gradients from then on."""
        self.network.requires_grad_(True)
        with torch.enable_grad():
            return self._eps(z_t, t)

    def _eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        here = z_t.to(self.device, torch.float32, memory_format=torch.channels_last)
        t = t.to(self.device)
        level = level_at(self._alpha_bar_here[t], self.codec.gain)
        scaled = here / level.spread
        return eps_of(self.recipe.prediction, self.network(scaled, t, level), scaled, level).to(z_t)

    def fingerprint(self) -> str:
        """Return the sha256, hex, of weights and codec."""
        return hashlib.sha256(self._content()).hexdigest()

    def _content(self) -> bytes:
        """Weights and codec as the bytes of a safetensors file: the same values give the same bytes."""
        from safetensors.torch import save

        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"codec.{name}": getattr(self.codec, name) for name in _CODEC_TENSORS}
        return save({name: value.detach().cpu().contiguous() for name, value in tensors.items()})

    def save(self, folder: Path) -> None:
        """Write `generator.safetensors` and `generator.json` into the folder, making it if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        # As bytes, not by its own writer: a full disk is then an OSError with an errno, as everywhere else.
        (folder / "generator.safetensors").write_bytes(self._content())
        write_about(folder, self.recipe)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> Generator:
        """Read what `save` wrote; FileNotFoundError or ValueError, one sentence, where it cannot."""
        if not (folder / "generator.json").is_file():
            raise FileNotFoundError(f"{folder} holds no generator: generator.json is missing.")
        about = json.loads((folder / "generator.json").read_text(encoding="utf-8"))
        if about.get("schema") != SCHEMA:
            raise ValueError(
                f"The generator in {folder} has schema {about.get('schema')}, this version reads {SCHEMA}: "
                "train it anew."
            )
        recipe = recipe_from_dict(about["recipe"])
        network = build_network(recipe, seed=0)
        tensors = _tensors(folder / "generator.safetensors", _shapes(recipe, network))
        network.load_state_dict(
            {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")}
        )
        codec = Codec(recipe.block, *(tensors[f"codec.{name}"] for name in _CODEC_TENSORS))
        return cls(recipe, codec, network, device)


_CODEC_TENSORS = ("mean", "sd", "gain")


def _shapes(recipe: Recipe, network: Network) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor that a file of weights holds, by name."""
    shapes = {f"network.{name}": tuple(value.shape) for name, value in network.state_dict().items()}
    return shapes | {f"codec.{name}": (recipe.n_channels, 1, 1) for name in _CODEC_TENSORS}


def _tensors(path: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Return what the file holds, float32; ValueError, one sentence, for what are not these tensors, all finite.

    Names and shapes are those of the file's head, so that what is too large is not read.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    try:
        with safe_open(path, "pt") as file:
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  # no mapping
            if {name: tuple(part.get_shape()) for name, part in found.items()} != shapes:
                raise ValueError(f"{path} holds other weights than those of the recipe beside it.")
            kinds = {part.get_dtype() for part in found.values()}
        tensors = load_file(path) if kinds == {"F32"} else {}
    except SafetensorError as error:
        raise ValueError(f"{path} is no file of weights ({error}).") from error
    if not tensors or not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise ValueError(f"{path} holds weights that are no finite float32 numbers.")
    return tensors


def write_about(folder: Path, recipe: Recipe) -> None:
    """Write `generator.json`, which says of what recipe the weights beside it are."""
    text = json.dumps({"schema": SCHEMA, "recipe": recipe.to_dict()}, indent=2)
    (folder / "generator.json").write_text(text + "\n", encoding="utf-8")
