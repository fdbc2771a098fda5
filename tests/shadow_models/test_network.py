from dataclasses import replace

import numpy as np
import pytest
import torch

from shadow_models.diffusion import level_at
from shadow_models.families.dct import DctRecipe
from shadow_models.families.dct.codec import block_dct, inverse_block_dct
from shadow_models.families.dct.network import Closeup, Network, Overview, build_network, coordinate_channels


def output_of(network: Network, recipe: DctRecipe) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    scaled = torch.randn(2, recipe.n_channels, recipe.grid, recipe.grid, generator=draw)
    level = level_at(torch.tensor([0.3, 0.9]), torch.ones(recipe.n_channels, 1, 1))
    with torch.no_grad():
        answer: torch.Tensor = network(scaled, torch.tensor([400, 50]), level)
    return answer


@pytest.mark.parametrize(("overview", "closeup"), [(0, 0), (8, 0), (0, 4), (8, 4)])
def test_every_branch_can_be_left_out(tiny: DctRecipe, overview: int, closeup: int) -> None:
    recipe = replace(tiny, overview=overview, closeup=closeup)
    network = build_network(recipe, 0)
    assert (network.overview is None, network.closeup is None) == (overview == 0, closeup == 0)
    assert output_of(network, recipe).shape == (2, 16, 4, 4)


def test_initial_weights_depend_on_the_seed_alone(tiny: DctRecipe) -> None:
    first = output_of(build_network(tiny, 3), tiny)
    torch.rand(5)
    assert torch.equal(first, output_of(build_network(tiny, 3), tiny))
    assert not torch.equal(first, output_of(build_network(tiny, 4), tiny))


def test_the_closeup_treats_every_place_alike_and_sees_only_its_neighbourhood(tiny: DctRecipe) -> None:
    recipe = replace(tiny, closeup=4, size=64)
    torch.manual_seed(0)
    closeup = Closeup(recipe)
    torch.nn.init.normal_(closeup.leave.weight)
    spot = torch.zeros(2, 64, 64)
    spot[0, 30, 30] = spot[1, 36, 38] = 5.0  # 6 and 8 pixels on: not a multiple of the DCT block
    with torch.no_grad():
        empty, dotted = (
            inverse_block_dct(closeup(block_dct(image, 4), torch.tensor([50, 50])), 4)
            for image in (torch.zeros(2, 64, 64), spot)
        )
    first, second = (dotted - empty).numpy()
    assert np.abs(first).max() > 0.01
    assert np.allclose(first[18:44, 18:44], second[24:50, 26:52], atol=1e-5)
    assert np.abs(first[:18]).max() < 1e-5
    assert np.abs(first[44:]).max() < 1e-5


def test_the_overview_lets_every_place_see_every_other(tiny: DctRecipe) -> None:
    recipe = replace(tiny, overview=8, size=64)
    torch.manual_seed(0)
    overview = Overview(recipe)
    torch.nn.init.normal_(overview.recall.weight)
    z = torch.zeros(1, 16, 16, 16, requires_grad=True)
    overview(z, torch.tensor([50]))[0, 0, 0, 0].backward()
    assert z.grad is not None
    assert (z.grad != 0).all()


def test_coordinates_tell_all_places_apart() -> None:
    where = coordinate_channels(8)[0].flatten(1).T
    assert where.shape == (64, 6)
    assert torch.pdist(where).min() > 0.1
