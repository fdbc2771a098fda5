"""Differential privacy: what a step may take from one slice, and what it costs in all."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stops
import torch
from numpy.typing import NDArray
from tiny_denoisers import TINY, tiny_recipe
from torch import nn

from shadow_models.accelerator import accelerator_for
from shadow_models.denoising.batches import Batches
from shadow_models.denoising.unet import build_unet
from shadow_models.diffusion import level_at, stratified
from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct.codec import fit_codec
from shadow_models.families.dct.network import build_network
from shadow_models.generator import Generator, load_generator
from shadow_models.images import pixels_of
from shadow_models.one_training import Stopped
from shadow_models.privacy import Privacy, noise_for, privacy_of
from shadow_models.private_training import PrivatePart
from shadow_models.recipe import Recipe, recipe_from_dict
from shadow_models.train import train
from shadow_models.training import Pace, Phase

pytest.importorskip("opacus")
FAMILIES = ("dct", *sorted(TINY))


def recipe_of(family: str, tiny: DctRecipe, **changes: Any) -> Recipe:
    return replace(tiny, **changes) if family == "dct" else tiny_recipe(family, **changes)


def private_of(family: str, tiny: DctRecipe, **changes: Any) -> Recipe:
    coupling = {"coupling": "independent"} if family == "flow" else {}
    return recipe_of(family, tiny, **{"epsilon": 3.0, "batch": 2, **coupling, **changes})


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def start(family: str, tiny: DctRecipe, slices: NDArray[np.uint8]) -> Generator:
    return train(255 - slices, recipe_of(family, tiny, steps=2), seed=0, device="cpu")


def test_a_resumed_private_training_ends_where_an_undisturbed_one_ends(
    family: str, tiny: DctRecipe, slices: NDArray[np.uint8], start: Generator, tmp_path: Path
) -> None:
    recipe = private_of(family, tiny, steps=12, flip=True)

    run = partial(train, slices, recipe, seed=1, start=start, device="cpu")
    undisturbed = run()
    with pytest.raises(Stopped):
        run(checkpoint=tmp_path, stopping=stops.after(7))
    assert run(checkpoint=tmp_path).fingerprint() == undisturbed.fingerprint()
    assert train(slices, recipe, seed=2, start=start, device="cpu").fingerprint() != undisturbed.fingerprint()
    undisturbed.save(tmp_path / "kept")
    assert load_generator(tmp_path / "kept").recipe == recipe


class Line(nn.Module):
    """Two layers whose gradients are long."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 3), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.second(self.first(x).tanh())
        return out


def part_with(noise: float, clip: float = 0.5) -> tuple[PrivatePart, Line]:
    torch.manual_seed(0)
    network, still = Line(), Pace(1e-12, 0, 1, 0, 0)
    privacy = Privacy(seed=3, noise_multiplier=noise, clip=clip, batch=2)
    return PrivatePart(network, still, Phase(0, 10), accelerator_for("fp32", 2, "cpu"), privacy=privacy), network


def gradient_of(noise: float, x: torch.Tensor, step: int = 0) -> torch.Tensor:
    """What the optimiser is given: of the loss of x, clipped and noised."""
    part, network = part_with(noise)
    loss = part.network(x).square().sum(1).mean() * 100 if len(x) else torch.zeros(())
    part._descend(loss, step)
    return torch.cat([weight.grad.flatten() for weight in network.parameters() if weight.grad is not None])


def test_one_slice_moves_a_step_by_no_more_than_the_clip() -> None:
    x = torch.randn((5, 4), generator=torch.Generator().manual_seed(1)) * 10
    each = [2 * gradient_of(1e-9, x[i : i + 1]) for i in range(5)]  # a step divides by the batch on the average
    assert [round(float(one.norm()), 3) for one in each] == [0.5] * 5
    assert torch.allclose(2 * gradient_of(1e-9, x), sum(each, torch.zeros_like(each[0])), atol=1e-5)
    without = 2 * (gradient_of(1e-9, x) - gradient_of(1e-9, x[:-1]))
    assert float(without.norm()) <= 0.5 + 1e-5


def unet_and_input(slices: NDArray[np.uint8], tiny: DctRecipe) -> tuple[nn.Module, tuple[object, ...]]:
    del tiny
    recipe = tiny_recipe("ddpm", attention=[1])
    return build_unet(recipe, (1, 16, 16), recipe.patch, seed=0), (pixels_of(slices), torch.arange(6) * 100)


def dct_and_input(slices: NDArray[np.uint8], tiny: DctRecipe) -> tuple[nn.Module, tuple[object, ...]]:
    codec, a = fit_codec(slices, tiny), torch.linspace(0.1, 0.9, 6)
    return build_network(tiny, seed=0), (codec.encode(slices), torch.arange(6) * 100, level_at(a, codec.gain))


@pytest.mark.parametrize("network_and_input", [unet_and_input, dct_and_input])
def test_unclipped_the_gradients_of_single_slices_add_up_to_that_of_all(
    network_and_input: Callable[..., tuple[nn.Module, tuple[object, ...]]], tiny: DctRecipe, slices: NDArray[np.uint8]
) -> None:
    """Through every layer: convolutions in both layouts of memory, attention and norms among them."""
    (plain, given), (network, _) = (network_and_input(slices, tiny) for _ in range(2))
    plain(*given).square().mean().backward()
    privacy = Privacy(seed=3, noise_multiplier=1e-12, clip=1e6, batch=6)
    pace, accelerator = Pace(1e-12, 0, 1, 0, 0), accelerator_for("fp32", 6, "cpu")
    part = PrivatePart(network, pace, Phase(0, 1), accelerator, privacy=privacy)
    part._descend(part.network(*given).square().mean(), 0)
    for mine, usual in zip(network.parameters(), plain.parameters(), strict=True):
        assert mine.grad is not None
        assert usual.grad is not None
        assert torch.allclose(mine.grad, usual.grad, rtol=1e-3, atol=1e-5)


def test_noise_is_of_the_steps_own_seed_and_as_wide_as_said() -> None:
    nobody = torch.zeros((0, 4))
    drawn = torch.stack([2 * gradient_of(4.0, nobody, step) for step in range(200)])
    assert abs(float(drawn.std()) - 4.0 * 0.5) < 0.05
    assert torch.equal(gradient_of(4.0, nobody, 7), gradient_of(4.0, nobody, 7))
    assert not torch.isclose(gradient_of(4.0, nobody, 7), gradient_of(4.0, nobody, 8)).any()


def test_no_more_is_spent_than_was_granted_and_not_much_less() -> None:
    from opacus.accountants import RDPAccountant

    recipe = tiny_recipe("ddpm", epsilon=3.0, delta=1e-4, steps=200, batch=8)
    privacy = privacy_of(recipe, n_members=50, seed=0, n_processes=1)
    assert privacy is not None
    accountant = RDPAccountant()
    for _ in range(200):
        accountant.step(noise_multiplier=privacy.noise_multiplier, sample_rate=8 / 50)
    assert 0.97 * 3 <= accountant.get_epsilon(1e-4) <= 3
    assert noise_for(1.0, 1e-4, 8 / 50, 200) > privacy.noise_multiplier


def test_every_member_is_drawn_on_its_own() -> None:
    members = torch.arange(40.0)[None, :, None, None, None].expand(1, 40, 1, 2, 2)
    batches = Batches(members, 8, 5, stratified, accelerator_for("fp32", 8, "cpu"), poisson=True)
    drawn = [batches.at(step) for step in range(300)]
    counts = np.array([len(batch.clean) for batch in drawn])
    assert abs(counts.mean() - 8) < 0.5
    assert abs(counts.var() - 8 * 0.8) < 1.5, "binomial"
    who = torch.cat([batch.clean[:, 0, 0, 0] for batch in drawn]).long()
    assert all(len(set(batch.clean[:, 0, 0, 0].tolist())) == len(batch.clean) for batch in drawn)
    assert (torch.bincount(who, minlength=40) > 30).all()
    times = torch.cat([batch.t for batch in drawn if len(batch.t) == 8]).view(-1, 8)
    assert (times.diff(dim=1) < 0).any(), "spread over a batch they would rise"
    alone = Batches(members, 1, 5, stratified, accelerator_for("fp32", 1, "cpu"), poisson=True)
    assert 0 in {len(alone.at(step).t) for step in range(20)}


def test_without_epsilon_nothing_of_it_is_in_keys_and_files(family: str, tiny: DctRecipe) -> None:
    names = {"epsilon", "delta", "clip"}
    assert not names & set(recipe_of(family, tiny).to_dict())
    for alone in ({"delta": 1e-3}, {"clip": 5.0}):  # which would be passed over in silence
        with pytest.raises(ValueError, match="left out without epsilon"):
            recipe_of(family, tiny, **alone)
    private = private_of(family, tiny, delta=1e-3)
    assert {name: private.to_dict()[name] for name in names} == {"epsilon": 3.0, "delta": 1e-3, "clip": 1.0}
    assert recipe_from_dict(private.to_dict(), type(private)) == private


@pytest.mark.parametrize(("measuring", "what"), [("dct", "codec"), ("latent", "autoencoder")])
def test_what_is_fitted_to_the_members_is_no_part_of_the_promise(
    measuring: str, what: str, tiny: DctRecipe, slices: NDArray[np.uint8]
) -> None:
    with pytest.raises(ValueError, match=rf"epsilon is 3\.0, but must be None without a start, or the {what}.*\.$"):
        train(slices, private_of(measuring, tiny), seed=0, device="cpu")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"batch": 7}, "batch is 7, but must be at most the number of members, 6, with epsilon"),
        ({"delta": 0.2}, "delta is 0.2, but must be below one over the number of members, 6"),
        ({"epsilon": 0.0}, "epsilon is 0.0, but must be between"),
        ({"clip": 0.0}, "clip is 0.0, but must be between"),
        ({"precision": "bf16"}, "precision is 'bf16', but must be fp32 with epsilon"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused(
    changes: dict[str, Any], words: str, tiny: DctRecipe, slices: NDArray[np.uint8]
) -> None:
    with pytest.raises(ValueError, match=words):
        train(slices, private_of("ddpm", tiny, **changes), seed=0, device="cpu")


def test_pairs_by_optimal_transport_and_several_processes_are_refused(tiny: DctRecipe) -> None:
    with pytest.raises(ValueError, match="coupling is 'ot', but must be independent with epsilon"):
        private_of("flow", tiny, coupling="ot")
    with pytest.raises(ValueError, match="one process, not in 2"):
        privacy_of(private_of("ddpm", tiny), n_members=6, seed=0, n_processes=2)


def test_without_opacus_a_sentence_says_so(
    tiny: DctRecipe, slices: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    noise_for.cache_clear()
    monkeypatch.setitem(sys.modules, "opacus.accountants.utils", None)
    with pytest.raises(ValueError, match=r"needs the package opacus.*\[dp\]"):
        train(slices, private_of("ddpm", tiny), seed=0, device="cpu")


def test_members_are_drawn_one_by_one_as_the_accountant_counts_them(
    family: str, tiny: DctRecipe, slices: NDArray[np.uint8], start: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The promise is of Poisson sampling: batches of every size, none among them."""
    sizes: list[int] = []
    plain = Batches.at

    def at(self: Batches, step: int) -> Any:
        batch = plain(self, step)
        sizes.append(len(batch.clean))
        return batch

    monkeypatch.setattr(Batches, "at", at)
    train(slices, private_of(family, tiny, steps=40), seed=1, start=start, device="cpu")
    assert len(sizes) == 40
    assert 0 in sizes
    assert len(set(sizes)) > 3
