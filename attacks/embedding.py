"""A small network, taught on slices alone, whose embeddings' cosine follows the slices' SSIM however one was moved.

After arXiv 2509.16582 (DeepSSIM), without its download: no label is looked at, and nothing but the slices.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from attacks.base import Images
from attacks.encoder import one_thread
from attacks.exact import Features, on_grid
from attacks.similarity import ssim_matrix

if TYPE_CHECKING:
    import torch

_MOST = 256  # slices that are learnt from, those whose digests come first
_SIDE = 64  # pixels: larger images are seen at about this size
_MAP = 4  # positions a side, at most, that are left to the linear layer
_SLICES = 48  # a step, at most
_SHADE = 0.4  # of the contrast: by so much of white a slice becomes darker or lighter, at most


@dataclass(frozen=True)
class Teaching:
    """How a network is taught. steps: of Adam; rate: its largest; width: channels of the first layer.

    turn: degrees to either side; shift: fraction of a side, along both; contrast: greys up to 1 + this times as far
    from their mean, or as near, and darker or lighter; flip: half of them mirrored.
    apart: weight of telling a slice's moved copy from the other slices; temperature: of the cosines in that;
    teaching_seed: of all that is drawn.
    """

    steps: int
    rate: float
    width: int
    turn: float
    shift: float
    contrast: float
    flip: bool
    apart: float
    temperature: float
    teaching_seed: int


@dataclass(frozen=True)
class Network:
    """What was taught.

    mean: of the slices and their mirror images, [1, 1, h, w]; spread: about it; layers: weight and bias of each.
    """

    mean: torch.Tensor
    spread: float
    layers: list[tuple[torch.Tensor, torch.Tensor]]

    def embed(self, images: Images) -> Features:
        """Embeddings of unit norm, float64 [n, 4 width], of uint8 [n, h, w]; products of them are exact.

        One by one: the size of a batch may choose the order in which a convolution adds up.
        """
        import torch  # torch only where a network is called: release attacks start without it

        with torch.no_grad(), one_thread():
            found = [self.of(_seen(image[None])) for image in images]
            return on_grid(np.asarray(torch.cat(found).double().numpy(), dtype=np.float64), 1.0)

    def of(self, x: torch.Tensor) -> torch.Tensor:
        """Embeddings of unit norm [n, p] of grey levels [n, 1, h, w] in [0, 1]."""
        from torch.nn.functional import conv2d, linear, normalize, relu

        x = (x - self.mean) / self.spread
        *convolutions, last = self.layers
        for number, (weight, bias) in enumerate(convolutions):
            x = relu(conv2d(x, weight, bias, stride=2 if number else 4, padding=weight.shape[-1] // 2))
        return normalize(linear(x.flatten(1), *last), dim=1)


@dataclass(frozen=True)
class _Slices:
    """Slices, sorted by content, each once; equal where their digest is."""

    digest: str
    images: Images = field(compare=False, repr=False)


def taught(images: Images, teaching: Teaching) -> Network:
    """A network taught on uint8 [n, h, w], of which only the set counts: 256 of them at most, as digests choose."""
    by_digest = {hashlib.sha256(image.tobytes()).hexdigest(): image for image in images}
    first = sorted(by_digest)[:_MOST]
    every = hashlib.sha256("".join([str(images.shape[1:]), *first]).encode()).hexdigest()
    return _taught(_Slices(every, np.stack([by_digest[one] for one in first])), teaching)


@lru_cache(maxsize=4)  # all generators of a run face the same candidates
def _taught(slices: _Slices, teaching: Teaching) -> Network:
    """In each step: slices as they are against moved ones, towards the SSIM of the unmoved pair."""
    import torch

    x, similarity = _seen(slices.images), torch.from_numpy(ssim_matrix(slices.images, slices.images)).float()
    draw, n = torch.Generator().manual_seed(teaching.teaching_seed), min(_SLICES, len(x))
    with one_thread():
        network = _untaught(x, teaching.width, draw)
        weights = [one.requires_grad_() for layer in network.layers for one in layer]
        adam = torch.optim.Adam(weights, lr=teaching.rate)
        for step in range(teaching.steps):
            for group in adam.param_groups:
                group["lr"] = teaching.rate * _warm(step / teaching.steps)
            chosen = torch.randperm(len(x), generator=draw)[:n]
            still = x[chosen]
            embedded = network.of(torch.cat([still, _moved(still, teaching, draw)]))
            adam.zero_grad()
            _loss(embedded[:n] @ embedded[n:].T, similarity[chosen][:, chosen], teaching).backward()  # type: ignore[no-untyped-call]
            adam.step()
    for one in weights:
        one.requires_grad_(False)
    return network


def _loss(cosine: torch.Tensor, similarity: torch.Tensor, teaching: Teaching) -> torch.Tensor:
    """Mean squares of what own copies and others are off, of [n, n]; and how badly copies are told from others."""
    import torch
    from torch.nn.functional import cross_entropy

    n = len(cosine)
    own = torch.eye(n)
    weight = own / n + (1.0 - own) / max(1, n * (n - 1))
    telling = cross_entropy(cosine / teaching.temperature, torch.arange(n))
    return (weight * (cosine - similarity) ** 2).sum() + teaching.apart * telling


def _warm(done: float) -> float:
    """What of the rate holds after this fraction of the steps: up within a fifth, then down as a cosine."""
    return done / 0.2 if done < 0.2 else 0.5 + 0.5 * math.cos(math.pi * (done - 0.2) / 0.8)


def _untaught(x: torch.Tensor, width: int, draw: torch.Generator) -> Network:
    """Layers for x [n, 1, h, w]: a convolution of 5 x 5 in steps of 4, of 3 x 3 in steps of 2, a linear one."""
    import torch

    mean = x.mean(dim=0, keepdim=True)
    mean = (mean + mean.flip(3)) / 2
    spread = max(float((x - mean).std(correction=0)), 1.0 / 255.0)
    shapes = [(width, 1, 5, 5)]
    sides = [-(-side // 4) for side in x.shape[2:]]
    while max(sides) > _MAP:
        shapes.append((min(len(shapes) + 1, 3) * width, shapes[-1][0], 3, 3))
        sides = [-(-side // 2) for side in sides]
    every: list[tuple[int, ...]] = [*shapes, (4 * width, shapes[-1][0] * sides[0] * sides[1])]
    layers = []
    for shape in every:
        scale = math.sqrt(1.0 / (3.0 * math.prod(shape[1:])))  # small: what is learnt soon outweighs what was drawn
        layers.append((scale * torch.randn(shape, generator=draw), torch.zeros(shape[0])))
    return Network(mean, spread, layers)


def _moved(x: torch.Tensor, teaching: Teaching, draw: torch.Generator) -> torch.Tensor:
    """Each of [n, 1, h, w] turned, shifted, perhaps mirrored (edges repeated), and of another contrast."""
    import torch
    from torch.nn.functional import affine_grid, grid_sample

    def within(most: float) -> torch.Tensor:
        return most * (2.0 * torch.rand(len(x), generator=draw) - 1.0)

    angle, side = within(math.radians(teaching.turn)), 2.0  # of the image, in the units of affine_grid
    across, down = within(side * teaching.shift), within(side * teaching.shift)
    mirrored = torch.where((torch.rand(len(x), generator=draw) < 0.5) & teaching.flip, -1.0, 1.0)
    rows = [mirrored * angle.cos(), -angle.sin(), across, mirrored * angle.sin(), angle.cos(), down]
    where = affine_grid(torch.stack(rows, dim=1).reshape(-1, 2, 3), list(x.shape), align_corners=False)
    moved = grid_sample(x, where, padding_mode="border", align_corners=False)
    gain, shade = (1.0 + teaching.contrast) ** within(1.0), within(_SHADE * teaching.contrast)
    mean = moved.mean(dim=(1, 2, 3), keepdim=True)
    return (mean + gain[:, None, None, None] * (moved - mean) + shade[:, None, None, None]).clamp(0.0, 1.0)


def _seen(images: Images) -> torch.Tensor:
    """Grey levels [n, 1, h, w] in [0, 1] of uint8 [n, h, w]; blocks of pixels averaged where images are large."""
    import torch
    from torch.nn.functional import avg_pool2d

    x = torch.from_numpy(images.astype(np.float32))[:, None] / 255.0
    block = max(1, min(images.shape[1:]) // _SIDE)
    return avg_pool2d(x, block) if block > 1 else x
