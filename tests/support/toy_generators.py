"""Honest toy families: one that learns by heart a step at a time, one with a denoiser, one with a discriminator."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from shadow_models.generator import Generator
from shadow_models.recipe import Gives, Recipe, Training, check_choices, check_ranges, refuse
from shadow_models.registry import register
from shadow_models.seeds import seed_of

FILE = "table.npy"


def rng_of(*axes: int | str) -> np.random.Generator:
    return np.random.default_rng(seed_of(*axes))


@register("honest")
@dataclass(frozen=True)
class Memory(Recipe):
    """A table of slices, each step of which brings one nearer to a member.

    steps: how many; rate: how far a step goes; grain: of released images, grey levels; order: in which members come,
    `random` or `turns`; weights: of successive steps; tail: steps without noise at the end, or none.
    """

    steps: int = 12
    rate: float = 0.5
    grain: float = 3.0
    order: str = "random"
    weights_of_steps: list[float] = field(default_factory=lambda: [1.0])
    """Of successive steps."""
    tail: int | None = None
    """Steps without noise at the end."""

    optional: ClassVar = ("tail",)
    choices: ClassVar = {"order": ("random", "turns")}

    def __post_init__(self) -> None:
        check_choices(self)
        check_ranges(self, [("size", 4, 1024), ("steps", 1, 10**6), ("rate", 0, 1), ("grain", 0, 255)])
        check_ranges(self, [("tail", 0, 10**6)])
        if not self.weights_of_steps or not all(0 <= one <= 1 for one in self.weights_of_steps):
            refuse("weights_of_steps", self.weights_of_steps, "a list of at least one number in 0 .. 1")

    @classmethod
    def overfits(cls) -> Memory:
        return replace(cls.tiny(), steps=200)

    def generator(self, table: np.ndarray) -> MemoryGenerator:
        return MemoryGenerator(self, table)

    def train(self, members, training: Training) -> MemoryGenerator:
        table = self.first_table(members, training)
        run = {"recipe": self.identity(), "seed": training.seed, "members": members.tobytes().hex()}
        done, table = self.kept(training, run, table)
        for step in range(done, self.steps):
            table = self.step(table, members, training.seed, step)
            training.after(step + 1, self.steps, partial(self.keep, run, table, step + 1))
        return self.generator(table)

    def first_table(self, members, training: Training) -> np.ndarray:
        if training.start is None:
            return rng_of(training.seed, "table").uniform(0, 255, members.shape).astype(np.float32)
        assert isinstance(training.start, MemoryGenerator)
        if training.start.table.shape != members.shape:
            raise ValueError("The start learnt another number of slices, so there is no going on from it.")
        return training.start.table.copy()

    def step(self, table, members, seed: int, step: int) -> np.ndarray:
        draw = rng_of(seed, "step", step)
        row = draw.integers(len(members)) if self.order == "random" else step % len(members)
        noise = 0.0 if step >= self.steps - (self.tail or 0) else draw.normal(0, 0.5, members.shape[1:])
        rate = self.rate * self.weights_of_steps[step % len(self.weights_of_steps)]
        table = table.copy()
        table[row] += rate * (members[row].astype(np.float32) - table[row]) + noise
        return table

    def kept(self, training: Training, run: dict[str, Any], table) -> tuple[int, np.ndarray]:
        if training.checkpoint is None:
            return 0, table
        from shadow_models.checkpoint import read_checkpoint  # torch

        found = read_checkpoint(training.checkpoint, run)
        return (0, table) if found is None else (found.step, found.tensors["table"].numpy())

    def keep(self, run: dict[str, Any], table, done: int, folder: Path) -> None:
        import torch

        from shadow_models.checkpoint import Checkpoint, write_checkpoint

        write_checkpoint(folder, Checkpoint(done, {"table": torch.from_numpy(table)}, {}), run)

    def load(self, folder: Path, device: str) -> MemoryGenerator:
        try:
            table = np.load(folder / FILE, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise ValueError(f"{folder / FILE} is no table.") from error
        return self.generator(table)


class MemoryGenerator(Generator):
    def __init__(self, recipe: Memory, table: np.ndarray) -> None:
        self.recipe: Memory = recipe
        self.table = table

    def image(self, seed: int, i: int) -> np.ndarray:
        draw = rng_of(seed, "image", i)
        return self.table[draw.integers(len(self.table))] + draw.normal(0, self.recipe.grain, self.table.shape[1:])

    def sample(self, n_images, *, seed, batch=64, report=None, log=None):
        images = [self.image(seed, i) for i in range(n_images)]
        if report is not None:
            for done in range(batch, n_images + batch, batch):
                report(min(done, n_images), n_images)
        return np.stack(images).clip(0, 255).round().astype(np.uint8)

    def content(self) -> Mapping[str, bytes]:
        file = io.BytesIO()
        np.save(file, self.table, allow_pickle=False)
        return {FILE: file.getvalue()}


@register("honest_denoiser")
@dataclass(frozen=True)
class Kernel(Memory):
    """The same, and the best denoiser of a mixture of Gaussians at the slices of the table.

    width: of each, in units of [-1, 1]; n_timesteps: noise levels.
    """

    width: float = 0.1
    n_timesteps: int = 100

    gives: ClassVar[Gives] = Gives.DENOISER

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ranges(self, [("width", 0.01, 1), ("n_timesteps", 10, 1000)])

    def generator(self, table: np.ndarray) -> KernelGenerator:
        return KernelGenerator(self, table)


class KernelGenerator(MemoryGenerator):
    recipe: Kernel

    def __init__(self, recipe: Kernel, table: np.ndarray) -> None:
        super().__init__(recipe, table)
        self._alphas = np.cumprod(1 - np.linspace(1e-3, 0.1, recipe.n_timesteps))

    @property
    def network(self):
        import torch

        if "_network" not in vars(self):
            table = torch.from_numpy(self.table).float().flatten(1) / 127.5 - 1
            self._network = torch.nn.ParameterDict({"table": table, "width": torch.tensor(self.recipe.width)})
        return self._network

    @property
    def alphas_cumprod(self):
        return self._alphas

    def encode(self, images):
        import torch

        return torch.from_numpy(images.astype(np.float32))[:, None] / 127.5 - 1

    def decode(self, z):
        return ((z[:, 0].numpy() + 1) * 127.5).clip(0, 255).round().astype(np.uint8)

    def eps(self, z_t, t):
        return self.eps_with_grad(z_t, t).detach()

    def eps_with_grad(self, z_t, t):
        import torch

        table, width = self.network["table"], self.network["width"]
        a = torch.from_numpy(self._alphas).float()[t][:, None]
        flat, variance = z_t.flatten(1), a * width**2 + 1 - a
        far = ((flat[:, None] - a[:, None] ** 0.5 * table) ** 2).sum(2)
        centre = torch.softmax(-far / 2 / variance, 1) @ table
        clean = centre + a**0.5 * width**2 / variance * (flat - a**0.5 * centre)
        return ((flat - a**0.5 * clean) / (1 - a) ** 0.5).reshape(z_t.shape)


@register("honest_discriminator")
@dataclass(frozen=True)
class Judged(Memory):
    """The same, and how near an image is to the table."""

    gives: ClassVar[Gives] = Gives.DISCRIMINATOR

    def generator(self, table: np.ndarray) -> JudgedGenerator:
        return JudgedGenerator(self, table)


class JudgedGenerator(MemoryGenerator):
    def discriminate(self, images):
        return np.array([-(((self.table - one.astype(float)) ** 2).mean(axis=(1, 2))).min() for one in images])
