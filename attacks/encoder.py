"""A user's own feature extractor: convolution weights in one local safetensors file, nothing pickled, no code.

The file holds tensors `0.weight`, `0.bias`, `1.weight`, ... A weight of four axes [out, in, k, k] is a convolution
of stride 2 with zero padding k // 2; one of two axes [out, in] is a linear layer on the mean over positions. A ReLU
stands between layers. The first takes one channel: grey levels in [0, 1]. The features are brought to unit norm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attacks.base import Images, Scores

if TYPE_CHECKING:
    import torch


@lru_cache(maxsize=8)
def file_digest(path: str) -> str:
    """sha256 of the file; ValueError, in a sentence, where there is none."""
    return hashlib.sha256(_file(path).read_bytes()).hexdigest()


def _file(path: str) -> Path:
    with suppress(RuntimeError):  # ~nobody
        found = Path(path).expanduser()
        if found.is_file():
            return found
    raise ValueError(f"encoder={path} is no file; give a safetensors file of layer weights.")


def encoded(images: Images, path: str) -> Scores:
    """Features of unit norm, float64 [n, p], of uint8 [n, h, w]. ValueError where the file is no encoder."""
    import torch  # torch only where a network is called: release attacks start without it
    from safetensors.torch import load_file

    tensors = load_file(_file(path))
    count = sum(name.endswith(".weight") for name in tensors)
    if count == 0 or any(f"{i}.weight" not in tensors or f"{i}.bias" not in tensors for i in range(count)):
        raise ValueError(f"encoder={path} must hold 0.weight, 0.bias, 1.weight, ...; it holds {sorted(tensors)[:6]}.")
    layers = [(tensors[f"{i}.weight"].float(), tensors[f"{i}.bias"].float()) for i in range(count)]
    with torch.no_grad(), one_thread():
        # One by one: the size of a batch and the threads may choose the order in which a convolution adds up.
        pixels = (torch.from_numpy(image.astype(np.float32)) / 255.0 for image in images)
        try:
            features = torch.cat([_through(layers, one[None, None]) for one in pixels])
        except RuntimeError as error:
            if "memory" in str(error):
                raise
            told = " ".join(str(error).split())
            raise ValueError(
                f"encoder={path}: its layers do not fit images of one channel, or each other ({told})."
            ) from error
    return np.asarray(features.double().numpy(), dtype=np.float64)


def _through(layers: list[tuple[torch.Tensor, torch.Tensor]], x: torch.Tensor) -> torch.Tensor:
    """Features of unit norm, [n, p], of grey levels float32 [n, 1, h, w] in [0, 1]."""
    from torch.nn.functional import conv2d, normalize, relu

    for number, (weight, bias) in enumerate(layers):
        x = relu(x) if number else x
        if weight.ndim == 4:
            x = conv2d(x, weight, bias, stride=2, padding=weight.shape[-1] // 2)
        else:
            x = (x.mean(dim=(2, 3)) if x.ndim == 4 else x) @ weight.T + bias
    return normalize(x.mean(dim=(2, 3)) if x.ndim == 4 else x, dim=1)


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch with a single thread, and afterwards with as many as before."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
