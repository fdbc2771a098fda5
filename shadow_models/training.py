"""The loop in which networks learn: optimisers, averaged weights and checkpoints, resumable bit for bit.

What is learnt, and from which slices, noise and losses, a `Learner` says. Everything random in step s is drawn from
(seed, s), never from a generator that runs along.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import torch

from shadow_models.checkpoint import Checkpoint, CheckpointError, read_checkpoint, write_checkpoint
from shadow_models.compiled import trusted
from shadow_models.one_training import DivergedError

if TYPE_CHECKING:
    from pathlib import Path

    from accelerate import Accelerator
    from numpy.typing import NDArray
    from torch import nn

    from shadow_models.recipe import Recipe, Training

_LOOKED_AT_EVERY = 25  # steps: to read a loss that a GPU computes waits for it


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

    @property
    def networks(self) -> Mapping[str, nn.Module]:
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
    learner: Learner,
    recipe: Recipe,
    members: NDArray[np.uint8],
    training: Training,
    accelerator: Accelerator,
    *,
    make_part: MakePart | None = None,
) -> Averages:
    """Train the learner's networks until their last phase ends, from a checkpoint where one is left.

    make_part: what holds and moves each network; default `Part`.
    """
    run: dict[str, Any] = {
        "recipe": recipe.identity(),
        "seed": training.seed,
        "members": fingerprint_of(members),
    }
    if training.start is not None:
        run["start"] = training.start.fingerprint()
    state = _State(learner, accelerator, make_part or Part)
    if training.checkpoint is not None:
        _take_up(state, training.checkpoint, run, accelerator)
    total = max(learner.phase(name).last for name in learner.networks)
    state.check_compiled()
    for step in range(state.step, total):
        losses = state.advance()
        if training.watch is not None:
            training.watch(step, {name: float(loss) for name, loss in losses.items()})
        done = step + 1
        if accelerator.device.type == "cpu" or done % _LOOKED_AT_EVERY == 0 or done == total:
            state.check_losses(losses)
        training.after(done, total, partial(_keep, state, losses, run, accelerator))
    return Averages({name: part.average for name, part in state.parts.items()})


def _take_up(state: _State, folder: Path, run: dict[str, Any], accelerator: Accelerator) -> None:
    """Go on from the folder's checkpoint, where there is one.

    Raises CheckpointError in all processes of the training or in none of them, and once all have read: else one would
    wait for the others, or clear away what another still reads.
    """
    kept, fault = None, ""
    try:
        kept = read_checkpoint(folder, run)
        if kept is not None:
            state.restore(kept)
    except CheckpointError as error:
        fault = str(error)
    found = [(0 if kept is None else kept.step, fault)]
    if accelerator.num_processes > 1:
        from accelerate.utils import gather_object

        found = gather_object(found)
    faults = [one for _, one in found if one]
    if faults:
        raise CheckpointError(faults[0])
    if len({step for step, _ in found}) > 1:
        told = ", ".join(str(step) for step, _ in found)
        raise CheckpointError(
            f"Processes of one training found checkpoints of different steps ({told}): the folder must be the same "
            "one on all machines."
        )


def _keep(
    state: _State, losses: Mapping[str, torch.Tensor], run: dict[str, Any], accelerator: Accelerator, folder: Path
) -> None:
    if accelerator.is_main_process:
        state.check_losses(losses)  # what nobody can go on from is not kept
        write_checkpoint(folder, state.freeze(), run)


class Part:
    """One network with its optimiser and its averaged weights."""

    def __init__(self, network: nn.Module, pace: Pace, phase: Phase, accelerator: Accelerator) -> None:
        self._pace, self._phase, self._accelerator = pace, phase, accelerator
        self.weights = list(network.parameters())
        self.network, self._optimiser = self._prepared(network)
        self.average = [weight.detach().clone() for weight in self.weights]

    def update(self, loss: torch.Tensor, step: int) -> None:
        """Do one optimiser step, and move the averaged weights along."""
        own = step - self._phase.first
        for group in self._optimiser.param_groups:
            group["lr"] = self._pace.learning_rate * self._pace.rate_at(own, self._phase.last - self._phase.first)
        self._descend(loss, step)
        self._optimiser.zero_grad(set_to_none=True)
        # a short memory at first, or the average would hold on to the initial weights
        decay = min(self._pace.ema_decay, (own + 1) / (own + 10))
        torch._foreach_lerp_(self.average, [w.detach() for w in self.weights], 1 - decay)

    def _prepared(self, network: nn.Module) -> tuple[nn.Module, Any]:
        """The network, wrapped for precision and processes, and its optimiser."""
        where = self._accelerator.device.type
        if where == "cuda" and self._accelerator.state.dynamo_plugin.backend == "NO":
            # torch's group norm on a GPU copies every image that lies channels last into rows and back
            network = network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        fused = where in ("cpu", "cuda")
        wrapped, optimiser = self._accelerator.prepare(network, adam_w(network, self._pace, fused))
        return wrapped, optimiser

    def _descend(self, loss: torch.Tensor, step: int) -> None:
        """Move the weights down the loss of a step."""
        del step
        self._accelerator.backward(loss)
        self._accelerator.clip_grad_norm_(self.weights, 1.0)
        self._optimiser.step()

    @property
    def learning_rate(self) -> float:
        """The step size of the last update."""
        return float(self._optimiser.param_groups[0]["lr"])

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
                state.setdefault(int(index), {})[moment] = _laid_as(self.weights[int(index)], value)
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": state, "param_groups": groups})


def adam_w(network: nn.Module, pace: Pace, fused: bool) -> torch.optim.AdamW:
    """Return the optimiser of a network. fused: in one kernel, which wants gradients laid out as their weights."""
    return torch.optim.AdamW(
        network.parameters(),
        lr=pace.learning_rate,
        betas=pace.betas,
        weight_decay=pace.weight_decay,
        fused=fused,
    )


def _laid_as(weight: torch.Tensor, moment: torch.Tensor) -> torch.Tensor:
    """Lay a moment out in memory as its weight: fused AdamW walks both by one stride, and a file keeps none."""
    return torch.empty_like(weight).copy_(moment) if moment.shape == weight.shape else moment


MakePart = Callable[["nn.Module", Pace, Phase, "Accelerator"], Part]


class _State:
    """All networks, one step at a time."""

    def __init__(self, learner: Learner, accelerator: Accelerator, make_part: MakePart) -> None:
        self.step = 0
        self._learner, self._accelerator = learner, accelerator
        self.parts = {
            name: make_part(network, learner.pace(name), learner.phase(name), accelerator)
            for name, network in learner.networks.items()
        }
        self._networks: Mapping[str, nn.Module] = {name: part.network for name, part in self.parts.items()}

    def check_compiled(self) -> None:
        """Call the plain networks from here on where compiled ones are not to be trusted."""
        self._networks = trusted(self._learner, self.step, self._networks)

    def advance(self) -> dict[str, torch.Tensor]:
        """Do one step; the losses that it began with, by network."""
        losses = {}
        for name, loss in self._learner.losses(self.step, self._networks):
            self.parts[name].update(loss, self.step)
            losses[name] = loss.detach()
        self.step += 1
        return losses

    def check_losses(self, losses: Mapping[str, torch.Tensor]) -> None:
        """Raise `DivergedError` where a loss of the last step is NaN or infinite: so are the weights from there."""
        for name, loss in losses.items():
            if not math.isfinite(found := float(loss)):
                raise DivergedError(_diverged(name, found, self.step, self.parts[name].learning_rate))

    def freeze(self) -> Checkpoint:
        """Return everything that `restore` needs."""
        tensors = {f"{of}/{name}": one for of, part in self.parts.items() for name, one in part.freeze().items()}
        scaler = self._accelerator.scaler
        return Checkpoint(self.step, tensors, {"scaler": None if scaler is None else scaler.state_dict()})

    def restore(self, kept: Checkpoint) -> None:
        """Take up a state from `freeze`; CheckpointError where it is not one of these networks."""
        self.step = kept.step
        for of, part in self.parts.items():
            tensors = {n.removeprefix(f"{of}/"): t for n, t in kept.tensors.items() if n.startswith(f"{of}/")}
            try:
                part.restore(tensors)
            except (KeyError, ValueError) as error:
                raise CheckpointError(f"The checkpoint lacks what the network `{of}` is ({error}).") from error
        if kept.extra["scaler"] is not None:
            self._accelerator.scaler.load_state_dict(kept.extra["scaler"])


def _diverged(network: str, loss: float, step: int, learning_rate: float) -> str:
    return (
        f"The training diverged: the loss of the network `{network}` is {loss} after step {step:,}, where the "
        f"learning rate was {learning_rate:.3g}. Try shadow.learning_rate at a third of what it is, larger batches "
        "or, on a GPU, shadow.precision=fp32."
    )


def fingerprint_of(members: NDArray[np.uint8]) -> str:
    """Return the sha256, hex, of the members and their order."""
    return hashlib.sha256(str(members.shape).encode() + np.ascontiguousarray(members).tobytes()).hexdigest()
