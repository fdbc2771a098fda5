"""The noise in a flow's words, and the pairs that are learnt."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from tiny_denoisers import tiny_recipe

from shadow_models.denoising.batches import Batch, Batches, Pair
from shadow_models.denoising.space import PixelSpace
from shadow_models.families.ddpm import DdpmRecipe
from shadow_models.families.flow import FlowGenerator, FlowRecipe, ask_for_velocity, nearest_pairs
from shadow_models.recipe import check_start


class StraightTo(torch.nn.Module):
    """The velocity of a data set of one point: (x_s - x0) / s, exactly."""

    def __init__(self, point: torch.Tensor) -> None:
        super().__init__()
        self.point = point
        self.times: list[float] = []

    def forward(self, x_s: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        self.times += t.tolist()
        return (x_s - self.point) / (t / 1000)[:, None, None, None]


@pytest.fixture
def recipe() -> FlowRecipe:
    recipe = tiny_recipe("flow")
    assert isinstance(recipe, FlowRecipe)
    return recipe


def generator_of_a_point(recipe: FlowRecipe, grey: int = 200) -> tuple[FlowGenerator, torch.Tensor]:
    space = PixelSpace(16, torch.device("cpu"))
    point = space.encode(np.full((1, 16, 16), grey, np.uint8))
    return FlowGenerator(recipe, StraightTo(point), space, torch.device("cpu")), point  # type: ignore[arg-type]


def test_the_velocity_of_a_point_gives_the_noise_back(recipe: FlowRecipe) -> None:
    generator, point = generator_of_a_point(recipe)
    t = torch.tensor([10, 100, 300, 600, 999])
    a = torch.from_numpy(generator.alphas_cumprod).float()[t][:, None, None, None]
    noise = torch.randn((5, 1, 16, 16), generator=torch.Generator().manual_seed(0))
    z_t = a.sqrt() * point + (1 - a).sqrt() * noise
    assert (generator.eps(z_t, t) - noise).abs().max() < 1e-4


def test_a_timestep_is_the_noise_level_that_ddpm_has_there(recipe: FlowRecipe) -> None:
    generator, _ = generator_of_a_point(recipe)
    theirs = torch.from_numpy(generator.alphas_cumprod).float()
    s = generator._times
    assert torch.allclose((1 - s) ** 2 / ((1 - s) ** 2 + s**2), theirs, rtol=1e-4, atol=1e-6)
    assert len(theirs) == DdpmRecipe().n_timesteps == 1000


def test_euler_walks_straight_to_the_point_from_whatever_noise(recipe: FlowRecipe) -> None:
    generator, point = generator_of_a_point(replace(recipe, sample_steps=5), grey=77)
    assert (generator.sample(3, seed=0) == 77).all()
    assert np.allclose(np.unique(generator.network.times), [200, 400, 600, 800, 1000])
    assert float(point.max()) < 0


def test_pairs_are_those_of_the_least_distance() -> None:
    draw = torch.Generator().manual_seed(0)
    clean, noise = torch.randn((2, 6, 1, 4, 4), generator=draw)
    distances = (clean[:, None] - noise[None]).square().sum((2, 3, 4)).numpy()
    rows, columns = linear_sum_assignment(distances)
    paired = nearest_pairs(clean, noise)
    assert sorted(paired.tolist()) == list(range(6))
    assert distances[rows, columns].sum() == pytest.approx(distances[rows, paired.numpy()].sum())
    assert paired.tolist() != list(range(6)), "or the draw says nothing"


def test_the_velocity_asked_for_is_that_of_the_pair() -> None:
    draw = torch.Generator().manual_seed(0)
    clean, noise = torch.randn((2, 6, 1, 4, 4), generator=draw)
    s = torch.rand(6, generator=draw)
    task = ask_for_velocity(Batch(clean, s, noise))
    assert torch.allclose(task.target + clean, noise)
    assert torch.allclose(task.noised, clean + s[:, None, None, None] * task.target, atol=1e-6)
    assert torch.allclose(task.t, 1000 * s)


class _Process:
    """One of several, as `Batches` asks an accelerator."""

    device = torch.device("cpu")

    def __init__(self, rank: int, of: int) -> None:
        self.process_index, self.num_processes = rank, of


@pytest.mark.parametrize("coupling", ["ot", "independent"])
def test_slices_are_paired_within_the_whole_batch_however_many_processes_share_it(coupling: str) -> None:
    recipe = FlowRecipe.tiny().changed(coupling=coupling)
    views = torch.randn((1, 5, 1, 4, 4), generator=torch.Generator().manual_seed(0))

    def drawn(rank: int, of: int, pair: Pair | None) -> Batch:
        return Batches(views, 8, 1, recipe.draw_times(), _Process(rank, of), pair=pair).at(3)  # type: ignore[arg-type]

    whole, as_drawn, halves = (
        drawn(0, 1, recipe.pair()), drawn(0, 1, None), [drawn(rank, 2, recipe.pair()) for rank in (0, 1)]
    )  # fmt: skip
    for rank, half in enumerate(halves):
        for mine, all_of_it in zip(half, whole, strict=True):
            assert torch.equal(mine, all_of_it[rank::2])
    assert torch.equal(whole.clean, as_drawn.clean)
    assert torch.equal(whole.noise, as_drawn.noise) == (coupling == "independent")
    assert sorted(whole.noise.sum((1, 2, 3)).tolist()) == sorted(as_drawn.noise.sum((1, 2, 3)).tolist())


def test_pairing_and_levels_do_not_decide_what_weights_mean(recipe: FlowRecipe) -> None:
    check_start(recipe, replace(recipe, coupling="independent", schedule="cosine", n_timesteps=500))
    with pytest.raises(ValueError, match="another network"):
        check_start(recipe, replace(recipe, patch=1))


def test_another_pairing_is_refused(recipe: FlowRecipe) -> None:
    with pytest.raises(ValueError, match="coupling is 'near', but must be one of ot, independent"):
        replace(recipe, coupling="near")
