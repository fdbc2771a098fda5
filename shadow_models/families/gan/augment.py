"""Differentiable augmentation: what the discriminator sees of real and made slices alike.

Zhao et al. 2020, arXiv 2006.10738: brightness and contrast, translation and cutout. Gradients pass through to the
made slices, so the generator learns what slices are before augmentation.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

BRIGHTNESS = 0.1  # added grey, up to, in units of [-1, 1]; after the 0.5 of the paper slices come out too bright
CONTRAST = 0.1  # factor 1 +- this on the distance from the mean of a slice; the paper takes 0.5, to the same effect
SHIFT = 1 / 8  # of the side, up to; the paper's
HOLE = 1 / 2  # side of the square that is cut out; the paper's


class Draws(NamedTuple):
    """The random numbers of n slices, all uniform in [0, 1), float32 [n, 1, 1, 1] each."""

    brightness: torch.Tensor
    contrast: torch.Tensor
    down: torch.Tensor
    right: torch.Tensor
    hole_down: torch.Tensor
    hole_right: torch.Tensor

    def to(self, device: torch.device) -> Draws:
        """The same on another device."""
        return Draws(*(one.to(device) for one in self))

    def of(self, part: slice) -> Draws:
        """Those of some slices."""
        return Draws(*(one[part] for one in self))


def draw(n: int, generator: torch.Generator) -> Draws:
    """Return the random numbers for n slices."""
    numbers = torch.rand((len(Draws._fields), n, 1, 1, 1), generator=generator)
    return Draws(*numbers)


def augment(images: torch.Tensor, draws: Draws, strength: float) -> torch.Tensor:
    """Return the slices, float32 [n, 1, h, w] in about [-1, 1], changed; strength: 1 as the paper, 0 not at all."""
    if strength == 0:
        return images
    side = images.shape[-1]
    brighter = images + (2 * draws.brightness - 1) * BRIGHTNESS * strength
    mean = brighter.mean(dim=(1, 2, 3), keepdim=True)
    contrasted = (brighter - mean) * (1 + (2 * draws.contrast - 1) * CONTRAST * strength) + mean
    most = int(side * SHIFT * strength)
    moved = _moved(contrasted, _whole(draws.down, -most, most), _whole(draws.right, -most, most))
    return moved * _kept(moved, int(side * HOLE * strength), draws)


def _whole(uniform: torch.Tensor, low: int, high: int) -> torch.Tensor:
    """Whole numbers low .. high, int64 [n], from uniform ones."""
    return low + (uniform.flatten() * (high - low + 1)).long()


def _moved(images: torch.Tensor, down: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Slices moved by whole pixels, int64 [n]; mid-grey comes in from outside, so a shift is to be seen as one."""
    n, _, height, width = images.shape
    rows = torch.arange(height, device=images.device)[None, :, None] - down[:, None, None]
    columns = torch.arange(width, device=images.device)[None, None, :] - right[:, None, None]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    which = torch.arange(n, device=images.device)[:, None, None]
    moved = images[which, 0, rows.clamp(0, height - 1), columns.clamp(0, width - 1)]
    return (moved * inside)[:, None]


def _kept(images: torch.Tensor, hole: int, draws: Draws) -> torch.Tensor:
    """0 in a square of `hole` pixels a side with its centre anywhere, 1 elsewhere: float32 [n, 1, h, w]."""
    side = images.shape[-1]
    place = torch.arange(side, device=images.device)

    def within(uniform: torch.Tensor) -> torch.Tensor:
        first = _whole(uniform, 0, side - 1)[:, None] - hole // 2
        return (place >= first) & (place < first + hole)

    cut = within(draws.hole_down)[:, :, None] & within(draws.hole_right)[:, None, :]
    return (~cut)[:, None].to(images.dtype)
