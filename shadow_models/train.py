"""Training a generator on its members, resumable bit for bit."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from shadow_models.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from shadow_models.dct import Codec, fit_codec
from shadow_models.device import resolve_device
from shadow_models.diffusion import alphas_cumprod, level_at, target_of, time_sampler
from shadow_models.generator import Generator
from shadow_models.network import build_network
from shadow_models.recipe import check_start
from shadow_models.seeds import seed_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from accelerate import Accelerator
    from numpy.typing import NDArray

    from shadow_models.diffusion import Level
    from shadow_models.recipe import Recipe

_REPORT_EVERY = 25
_ACCELERATE_PRECISION = {"fp32": "no", "bf16": "bf16", "fp16": "fp16"}


def train(
    members: NDArray[np.uint8],
    recipe: Recipe,
    *,
    seed: int,
    start: Generator | None = None,
    device: str = "auto",
    checkpoint: Path | None = None,
    checkpoint_every: int = 500,
    report: Callable[[int, int], None] | None = None,
) -> Generator:
    """Train a generator on the members, uint8 [n, size, size]; it stays on the device it was trained on.

    With `start`, a generator of the same network, training goes on from its weights, which are also the first
    averaged ones, and in its space: codec and normalisation are the start's. Without, weights are drawn from the
    seed, and the codec is measured on the members.

    Which slices, noise levels and noise step s uses is drawn from (seed, s), never from a generator that runs
    along: a run that goes on from a checkpoint ends bit for bit where an undisturbed one ends, on the same
    hardware and number of processes. With `checkpoint` a folder, the state is kept there every
    `checkpoint_every` steps and taken up again; deleting the folder is the caller's job. `report(done_steps,
    total_steps)` is called every few steps.

    Raises ValueError, one sentence, for members of a wrong shape, a start of another network, a device that is not
    here, or a checkpoint of another recipe, seed, start or set of members.
    """
    _check(members, recipe, checkpoint_every)
    if start is not None:
        check_start(start.recipe, recipe)
    accelerator = _accelerator(recipe, device)
    run: dict[str, Any] = {"recipe": recipe.to_dict(), "seed": seed, "members": _fingerprint(members)}
    if start is not None:
        run["start"] = start.fingerprint()
    codec = fit_codec(members, recipe) if start is None else start.codec.to(torch.device("cpu"))
    state = _State(codec, recipe, accelerator, seed, start)
    kept = read_checkpoint(checkpoint, run) if checkpoint is not None else None
    if kept is not None:
        state.restore(kept)
    batches = _Batches(members, state.codec, recipe, seed, accelerator)
    for step in range(state.step, recipe.steps):
        state.advance(batches.at(step))
        done = step + 1
        if report is not None and (done % _REPORT_EVERY == 0 or done == recipe.steps):
            report(done, recipe.steps)
        due = done % checkpoint_every == 0 and done < recipe.steps
        if checkpoint is not None and due and accelerator.is_main_process:
            write_checkpoint(checkpoint, state.freeze(), run)
    return state.finish()


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
        self, members: NDArray[np.uint8], codec: Codec, recipe: Recipe, seed: int, accelerator: Accelerator
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


class _State:
    """Weights, averaged weights and optimiser, one step at a time."""

    def __init__(
        self, codec: Codec, recipe: Recipe, accelerator: Accelerator, seed: int, start: Generator | None = None
    ) -> None:
        self.codec, self.recipe, self.step = codec, recipe, 0
        self._accelerator = accelerator
        network = build_network(recipe, seed_of(seed, "weights"))
        if start is not None:
            network.load_state_dict(start.network.state_dict())
        self._bare = network
        optimiser = torch.optim.AdamW(
            network.parameters(),
            lr=recipe.learning_rate,
            betas=(0.9, 0.99),
            weight_decay=recipe.weight_decay,
            fused=accelerator.device.type in ("cpu", "cuda"),
        )
        self._network, self._optimiser = accelerator.prepare(network, optimiser)
        self._weights = list(network.parameters())
        self._average = [weight.detach().clone() for weight in self._weights]

    def advance(self, batch: Batch) -> None:
        """Do one optimiser step, and move the averaged weights along."""
        for group in self._optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * rate_at(self.step, self.recipe)
        output = self._network(batch.scaled, batch.t, batch.level)
        loss = (output - batch.target).square().mean()
        self._accelerator.backward(loss)
        self._accelerator.clip_grad_norm_(self._weights, 1.0)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self.step += 1
        # a short memory at first, or the average would hold on to the initial weights
        decay = min(self.recipe.ema_decay, self.step / (self.step + 9))
        torch._foreach_lerp_(self._average, [w.detach() for w in self._weights], 1 - decay)

    def freeze(self) -> Checkpoint:
        """Return everything that `restore` needs."""
        tensors = {f"weight.{i}": weight.detach() for i, weight in enumerate(self._weights)}
        tensors |= {f"average.{i}": weight for i, weight in enumerate(self._average)}
        for i, moments in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{i}.{name}": torch.as_tensor(value) for name, value in moments.items()}
        scaler = self._accelerator.scaler
        return Checkpoint(self.step, tensors, {"scaler": None if scaler is None else scaler.state_dict()})

    def restore(self, kept: Checkpoint) -> None:
        """Take up a state from `freeze`."""
        self.step = kept.step
        state: dict[int, dict[str, torch.Tensor]] = {}
        with torch.no_grad():
            for i, (weight, average) in enumerate(zip(self._weights, self._average, strict=True)):
                weight.copy_(kept.tensors[f"weight.{i}"])
                average.copy_(kept.tensors[f"average.{i}"])
        for name, value in kept.tensors.items():
            if name.startswith("optimiser."):
                _, index, moment = name.split(".", 2)
                state.setdefault(int(index), {})[moment] = value
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})
        if kept.extra["scaler"] is not None:
            self._accelerator.scaler.load_state_dict(kept.extra["scaler"])

    def finish(self) -> Generator:
        """Return the generator with the averaged weights."""
        network = build_network(self.recipe, seed=0)
        with torch.no_grad():
            for weight, average in zip(network.parameters(), self._average, strict=True):
                weight.copy_(average)
        return Generator(self.recipe, self.codec, network, str(self._accelerator.device))


def rate_at(step: int, recipe: Recipe) -> float:
    """Return the step size at a step as a fraction of the peak: linear rise, then half a cosine."""
    rise = recipe.warm_up * recipe.steps
    if step < rise:
        return (step + 1) / (rise + 1)
    fall = (step - rise) / max(recipe.steps - rise, 1)
    return recipe.final_rate + (1 - recipe.final_rate) * (1 + math.cos(math.pi * fall)) / 2


def _accelerator(recipe: Recipe, device: str) -> Accelerator:
    """Return the accelerator for the device; one process may train several generators on different ones."""
    from accelerate import Accelerator  # seconds to import
    from accelerate.state import AcceleratorState, PartialState

    where = resolve_device(device)
    if recipe.precision == "fp16" and where.type != "cuda":
        raise ValueError(
            f"Recipe field precision is 'fp16', which needs a CUDA device, not {where}: take fp32 or bf16."
        )
    if where.type == "cuda" and where.index is not None:
        torch.cuda.set_device(where)
    # accelerate keeps device and precision for the whole process and refuses a second choice; forget the last
    # one
    alone = not PartialState._shared_state or PartialState().num_processes == 1
    AcceleratorState._reset_state(reset_partial_state=alone)
    accelerator = Accelerator(cpu=where.type == "cpu", mixed_precision=_ACCELERATE_PRECISION[recipe.precision])
    if recipe.batch % accelerator.num_processes:
        raise ValueError(
            f"Recipe field batch is {recipe.batch}, which {accelerator.num_processes} processes cannot share "
            "evenly: start as many processes as divide it."
        )
    return accelerator


def _fingerprint(members: NDArray[np.uint8]) -> str:
    return hashlib.sha256(str(members.shape).encode() + np.ascontiguousarray(members).tobytes()).hexdigest()


def _check(members: NDArray[Any], recipe: Recipe, checkpoint_every: int) -> None:
    side = recipe.size
    if members.dtype != np.uint8 or members.ndim != 3 or members.shape[1:] != (side, side) or len(members) < 1:
        raise ValueError(
            f"Members must be at least one uint8 slice [n, {side}, {side}] for this recipe, "
            f"but are {members.dtype} {list(members.shape)}: resize them or set the recipe's size."
        )
    if checkpoint_every < 1:
        raise ValueError(f"checkpoint_every is {checkpoint_every}, but must be 1 or more steps.")
