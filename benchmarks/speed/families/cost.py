"""What a family costs: few steps of training and a few images, timed, counted and weighed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from benchmarks.speed.families.slices import N_MEMBERS, phantoms
from shadow_models.one_training import Training
from shadow_models.recipe import Recipe
from shadow_models.weights import WEIGHTS

_WARM_STEPS = 5


class Cost(NamedTuple):
    """losses: the first network's, a step each; seconds_a_step, seconds_an_image: after warming up; gib: at most."""

    losses: list[float]
    seconds_a_step: float
    seconds_an_image: float
    gib: float
    weights: float
    gflop_an_image: float


def cost_of(recipe: Recipe, options: argparse.Namespace) -> Cost:
    """Train for a few steps and draw a few images, as the options of the benchmark say."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    cuda = options.device.startswith("cuda")
    changes: dict[str, Any] = {"steps": options.few_steps, "precision": precision_of(recipe, options)}
    if hasattr(recipe, "autoencoder_steps"):
        changes["autoencoder_steps"] = options.few_steps
    if options.batch is not None:
        changes["batch"] = options.batch
    short = recipe.changed(**{name: value for name, value in changes.items() if hasattr(recipe, name)})
    losses: dict[str, list[float]] = {}
    clock: list[float] = []

    def watch(step: int, of_step: Mapping[str, float]) -> None:
        del step
        for network, loss in of_step.items():
            losses.setdefault(network, []).append(loss)
        clock.append(time.perf_counter())

        saved.next_step()

    if cuda:
        torch.cuda.reset_peak_memory_stats()
    saved = _SavedBytes()
    with nullcontext() if cuda else saved.counted():
        generator = short.train(phantoms(recipe.size, N_MEMBERS), Training(0, device=options.device, watch=watch))
    gib = torch.cuda.max_memory_allocated() / 2**30 if cuda else saved.most / 2**30
    counter = FlopCounterMode(display=False)
    with counter:  # also warms up
        generator.sample(1, seed=0)
    started = time.perf_counter()
    generator.sample(options.drawn, seed=1, batch=options.drawn)
    seconds = time.perf_counter() - started
    warm = min(_WARM_STEPS, len(clock) - 2)
    return Cost(
        losses=losses[next(reversed(losses))],
        seconds_a_step=(clock[-1] - clock[warm]) / (len(clock) - 1 - warm),
        seconds_an_image=seconds / options.drawn,
        gib=gib,
        weights=len(generator.content()[WEIGHTS]) / 4,
        gflop_an_image=counter.get_total_flops() / 1e9,
    )


class _SavedBytes:
    """What a step's forward pass keeps for its backward pass: the most bytes of any step, weights left out."""

    def __init__(self) -> None:
        self.most = 0
        self._held: dict[int, int] = {}

    def counted(self) -> AbstractContextManager[Any]:
        """Count within."""
        from torch.autograd.graph import saved_tensors_hooks

        def pack(tensor: Any) -> Any:
            if not tensor.is_leaf:
                storage = tensor.untyped_storage()
                self._held[storage.data_ptr()] = storage.nbytes()
            return tensor

        return saved_tensors_hooks(pack, lambda tensor: tensor)

    def next_step(self) -> None:
        """Begin anew."""
        self.most = max(self.most, sum(self._held.values()))
        self._held = {}


def precision_of(recipe: Recipe, options: argparse.Namespace) -> str:
    """bfloat16 on a CPU is emulated, hundreds of times slower: there the presets are tried in float32."""
    return getattr(recipe, "precision", "fp32") if options.device.startswith("cuda") else "fp32"
