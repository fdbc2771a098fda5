"""The loop in which networks learn: optimisers, averaged weights and checkpoints, resumable bit for bit.

What is learnt, and from which slices, noise and losses, a `Learner` says. Everything random in step s is drawn from
(seed, s), never from a generator that runs along.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import torch

from shadow_models.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from shadow_models.device import resolve_device

if TYPE_CHECKING:
    from accelerate import Accelerator
    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.recipe import Recipe, Training

_REPORT_EVERY = 25
_ACCELERATE_PRECISION = {"fp32": "no", "bf16": "bf16", "fp16": "fp16"}


class Pace(NamedTuple):
    """How fast weights move: AdamW's numbers and the memory of their average; ema_decay 0: the last weights."""

    learning_rate: float
    warm_up: float
    final_rate: float
    weight_decay: float
    ema_decay: float
    betas: tuple[float, float] = (0.9, 0.99)

    def rate_at(self, step: int, steps: int) -> float:
        """Return the step size at a step as a fraction of the peak: linear rise, then half a cosine."""
        rise = self.warm_up * steps
        if step < rise:
            return (step + 1) / (rise + 1)
        fall = (step - rise) / max(steps - rise, 1)
        return self.final_rate + (1 - self.final_rate) * (1 + math.cos(math.pi * fall)) / 2


class Phase(NamedTuple):
    """Which steps train a network, first .. last - 1: its step size rises and falls within them."""

    first: int
    last: int


class Learner(Protocol):
    """What is learnt in each step."""

    networks: Mapping[str, nn.Module]
    """With their initial weights."""

    def pace(self, network: str) -> Pace:
        """How fast a network learns."""

    def phase(self, network: str) -> Phase:
        """When it learns."""

    def losses(self, step: int, networks: Mapping[str, nn.Module]) -> Iterator[tuple[str, torch.Tensor]]:
        """The losses of a step, each with the network that it trains; a network is trained before the next loss is
        asked for. networks: those to call, wrapped for precision and processes."""


class Averages(NamedTuple):
    """What came out: the averaged parameters of every network, in their order."""

    of: Mapping[str, list[torch.Tensor]]

    def into(self, networks: Mapping[str, nn.Module]) -> None:
        """Give networks, fresh ones, the averaged weights."""
        with torch.no_grad():
            for name, network in networks.items():
                for weight, average in zip(network.parameters(), self.of[name], strict=True):
                    weight.copy_(average)


def optimise(
    learner: Learner, recipe: Recipe, members: NDArray[np.uint8], training: Training, accelerator: Accelerator
) -> Averages:
    """Train the learner's networks for the recipe's steps, from a checkpoint where one is left."""
    run: dict[str, Any] = {
        "recipe": recipe.identity(),
        "seed": training.seed,
        "members": fingerprint_of(members),
    }
    if training.start is not None:
        run["start"] = training.start.fingerprint()
    state = _State(learner, accelerator)
    kept = read_checkpoint(training.checkpoint, run) if training.checkpoint is not None else None
    if kept is not None:
        state.restore(kept)
    total = recipe.n_steps
    for step in range(state.step, total):
        state.advance()
        done = step + 1
        if training.report is not None and (done % _REPORT_EVERY == 0 or done == total):
            training.report(done, total)
        due = done % training.checkpoint_every == 0 and done < total
        if training.checkpoint is not None and due and accelerator.is_main_process:
            write_checkpoint(training.checkpoint, state.freeze(), run)
    return Averages({name: part.average for name, part in state.parts.items()})


class _Part:
    """One network with its optimiser and its averaged weights."""

    def __init__(self, network: nn.Module, pace: Pace, phase: Phase, accelerator: Accelerator) -> None:
        self._pace, self._phase, self._accelerator = pace, phase, accelerator
        optimiser = torch.optim.AdamW(
            network.parameters(),
            lr=pace.learning_rate,
            betas=pace.betas,
            weight_decay=pace.weight_decay,
            fused=accelerator.device.type in ("cpu", "cuda"),
        )
        self.weights = list(network.parameters())
        self.network, self._optimiser = accelerator.prepare(network, optimiser)
        self.average = [weight.detach().clone() for weight in self.weights]

    def update(self, loss: torch.Tensor, step: int) -> None:
        """Do one optimiser step, and move the averaged weights along."""
        step -= self._phase.first
        for group in self._optimiser.param_groups:
            group["lr"] = self._pace.learning_rate * self._pace.rate_at(step, self._phase.last - self._phase.first)
        self._accelerator.backward(loss)
        self._accelerator.clip_grad_norm_(self.weights, 1.0)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        # a short memory at first, or the average would hold on to the initial weights
        decay = min(self._pace.ema_decay, (step + 1) / (step + 10))
        torch._foreach_lerp_(self.average, [w.detach() for w in self.weights], 1 - decay)

    def freeze(self) -> dict[str, torch.Tensor]:
        """Return everything that `restore` needs."""
        tensors = {f"weight.{i}": weight.detach() for i, weight in enumerate(self.weights)}
        tensors |= {f"average.{i}": weight for i, weight in enumerate(self.average)}
        for i, moments in self._optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{i}.{name}": torch.as_tensor(value) for name, value in moments.items()}
        return tensors

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Take up a state from `freeze`."""
        state: dict[int, dict[str, torch.Tensor]] = {}
        with torch.no_grad():
            for i, (weight, average) in enumerate(zip(self.weights, self.average, strict=True)):
                weight.copy_(tensors[f"weight.{i}"])
                average.copy_(tensors[f"average.{i}"])
        for name, value in tensors.items():
            if name.startswith("optimiser."):
                _, index, moment = name.split(".", 2)
                state.setdefault(int(index), {})[moment] = value
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})


class _State:
    """All networks, one step at a time."""

    def __init__(self, learner: Learner, accelerator: Accelerator) -> None:
        self.step = 0
        self._learner, self._accelerator = learner, accelerator
        self.parts = {
            name: _Part(network, learner.pace(name), learner.phase(name), accelerator)
            for name, network in learner.networks.items()
        }
        self._networks = {name: part.network for name, part in self.parts.items()}

    def advance(self) -> None:
        """Do one step."""
        for name, loss in self._learner.losses(self.step, self._networks):
            self.parts[name].update(loss, self.step)
        self.step += 1

    def freeze(self) -> Checkpoint:
        """Return everything that `restore` needs."""
        tensors = {f"{of}/{name}": one for of, part in self.parts.items() for name, one in part.freeze().items()}
        scaler = self._accelerator.scaler
        return Checkpoint(self.step, tensors, {"scaler": None if scaler is None else scaler.state_dict()})

    def restore(self, kept: Checkpoint) -> None:
        """Take up a state from `freeze`."""
        self.step = kept.step
        for of, part in self.parts.items():
            part.restore({n.removeprefix(f"{of}/"): t for n, t in kept.tensors.items() if n.startswith(f"{of}/")})
        if kept.extra["scaler"] is not None:
            self._accelerator.scaler.load_state_dict(kept.extra["scaler"])


def accelerator_for(precision: str, batch: int, device: str) -> Accelerator:
    """Return the accelerator for the device; one process may train several generators on different ones."""
    from accelerate import Accelerator  # seconds to import
    from accelerate.state import AcceleratorState, PartialState

    where = resolve_device(device)
    if precision == "fp16" and where.type != "cuda":
        raise ValueError(
            f"Recipe field precision is 'fp16', which needs a CUDA device, not {where}: take fp32 or bf16."
        )
    if where.type == "cuda" and where.index is not None:
        torch.cuda.set_device(where)
    # accelerate keeps device and precision for the whole process and refuses a second choice; forget the last
    # one
    alone = not PartialState._shared_state or PartialState().num_processes == 1
    AcceleratorState._reset_state(reset_partial_state=alone)
    accelerator = Accelerator(cpu=where.type == "cpu", mixed_precision=_ACCELERATE_PRECISION[precision])
    if batch % accelerator.num_processes:
        raise ValueError(
            f"Recipe field batch is {batch}, which {accelerator.num_processes} processes cannot share "
            "evenly: start as many processes as divide it."
        )
    return accelerator


def fingerprint_of(members: NDArray[np.uint8]) -> str:
    """Return the sha256, hex, of the members and their order."""
    return hashlib.sha256(str(members.shape).encode() + np.ascontiguousarray(members).tobytes()).hexdigest()
