"""A network that learns with differential privacy: gradients of single slices, clipped and noised by opacus."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from shadow_models.seeds import seed_of
from shadow_models.training import MakePart, Pace, Part, Phase, adam_w

if TYPE_CHECKING:
    from accelerate import Accelerator
    from torch import nn

    from shadow_models.privacy import Privacy


class PrivatePart(Part):
    """DP-SGD (arXiv 1607.00133, algorithm 1) with AdamW: what it makes of the noised gradient is post-processing."""

    def __init__(
        self, network: nn.Module, pace: Pace, phase: Phase, accelerator: Accelerator, *, privacy: Privacy
    ) -> None:
        self._privacy = privacy
        super().__init__(network, pace, phase, accelerator)

    def _prepared(self, network: nn.Module) -> tuple[nn.Module, Any]:
        from opacus import GradSampleModule  # seconds to import, and not everybody has it
        from opacus.optimizers import DPOptimizer

        of = self._privacy
        wrapped = GradSampleModule(
            network.to(self._accelerator.device),
            loss_reduction="mean",
            strict=False,  # or buffers, which are constants here, are refused
            force_functorch=True,  # opacus' own rule for convolutions errs where memory is not laid out in rows
        )
        # not fused: opacus lays its gradients out in rows, the weights may be channels last
        optimiser = DPOptimizer(
            adam_w(network, self._pace, fused=False),
            noise_multiplier=of.noise_multiplier,
            max_grad_norm=of.clip,
            expected_batch_size=of.batch,
        )
        return wrapped, optimiser

    def _descend(self, loss: torch.Tensor, step: int) -> None:
        if loss.requires_grad:
            with warnings.catch_warnings():  # of hooks where what goes in takes no gradient: true, and no harm
                warnings.filterwarnings("ignore", "Full backward hook is firing")
                loss.backward()  # type: ignore[no-untyped-call]
        else:  # nobody was drawn: the step is of noise alone
            for weight in self.weights:
                weight.grad_sample = weight.new_zeros((0, *weight.shape))  # type: ignore[attr-defined]
        draw = torch.Generator(self._accelerator.device).manual_seed(seed_of(self._privacy.seed, "noise", step))
        self._optimiser.generator = draw
        self._optimiser.step()


def part_for(privacy: Privacy | None) -> MakePart:
    """Return what holds a network: one that learns in private, where that is asked for."""
    return Part if privacy is None else partial(PrivatePart, privacy=privacy)
