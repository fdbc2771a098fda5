"""Compiled networks are called only where their gradients are the plain network's."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from shadow_models.accelerator import COMPILED_FROM, accelerator_for, compiling
from shadow_models.compiled import trusted
from shadow_models.one_training import Training
from shadow_models.phantoms.patient import draw_patient
from shadow_models.registry import find_family

Backend = Callable[[torch.fx.GraphModule, list[torch.Tensor]], Callable[..., Any]]


class Squares:
    """The mean square of what a network says."""

    def losses(self, step: int, networks: Mapping[str, nn.Module]) -> Iterator[tuple[str, torch.Tensor]]:
        data = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        yield "network", networks["network"](data).square().mean()


def right(graph: torch.fx.GraphModule, _: list[torch.Tensor]) -> Callable[..., Any]:
    return graph.forward


def wrong_by(factor: float) -> Backend:
    def backend(graph: torch.fx.GraphModule, _: list[torch.Tensor]) -> Callable[..., Any]:
        return lambda *given: tuple(factor * one for one in graph.forward(*given))

    return backend


def compiled(backend: Backend) -> nn.Module:
    torch.manual_seed(0)
    torch.compiler.reset()
    return torch.compile(nn.Sequential(nn.Linear(4, 4), nn.SiLU(), nn.Linear(4, 2)), backend=backend)  # type: ignore[return-value]


def test_a_compiler_that_is_right_is_trusted() -> None:
    networks = {"network": compiled(right)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert trusted(Squares(), 3, networks)["network"] is networks["network"]
    assert all(weight.grad is None for weight in networks["network"].parameters())


@pytest.mark.parametrize("factor", [0.0, 0.8, 1.2, float("nan")])
def test_one_that_is_wrong_is_not_and_that_is_said(factor: float) -> None:
    networks = {"network": compiled(wrong_by(factor))}
    with pytest.warns(UserWarning, match="not compiled"):
        called = trusted(Squares(), 3, networks)["network"]
    assert called is networks["network"]._orig_mod


def test_plain_networks_are_not_tried() -> None:
    networks = {"network": nn.Linear(4, 2)}
    assert trusted(None, 0, networks) is networks  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("device", "steps", "compiles"),
    [("cuda", COMPILED_FROM, True), ("cuda", COMPILED_FROM - 1, False), ("cuda", 0, False), ("cpu", 10**6, False)],
)
def test_only_long_trainings_on_a_gpu_compile(
    device: str, steps: int, compiles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shadow_models.accelerator.find_spec", lambda name: name)
    assert (compiling(torch.device(device), steps) is not None) == compiles


@pytest.mark.parametrize("family", ["dct", "ddpm", "flow"])
def test_a_training_asks_whether_its_network_is_to_be_trusted(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from accelerate.utils import TorchDynamoPlugin

    recipe = find_family(family).tiny().changed(steps=2)
    slices = np.concatenate([draw_patient("compiled", patient, 1, recipe.size) for patient in range(4)])
    plain = recipe.train(slices, Training(3, device="cpu")).fingerprint()
    asked = []
    plugin = TorchDynamoPlugin(backend="eager")
    monkeypatch.setattr("shadow_models.accelerator.compiling", lambda where, steps: plugin if steps == 2 else None)
    monkeypatch.setattr("shadow_models.training.trusted", lambda *given: asked.append(given) or trusted(*given))
    assert recipe.train(slices, Training(3, device="cpu")).fingerprint() == plain
    ((_, step, networks),) = asked
    assert step == 0
    assert all(hasattr(network, "_orig_mod") for network in networks.values())


def test_the_plan_reaches_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    from accelerate.utils import TorchDynamoPlugin

    plugin = TorchDynamoPlugin(backend="eager")
    monkeypatch.setattr("shadow_models.accelerator.compiling", lambda where, steps: plugin if steps else None)
    plain = nn.Linear(2, 2)
    assert accelerator_for("fp32", 1, "cpu").prepare(plain) is plain
    assert accelerator_for("fp32", 1, "cpu", steps=1).prepare(nn.Linear(2, 2))._orig_mod
