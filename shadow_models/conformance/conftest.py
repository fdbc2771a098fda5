"""What the conformance tests are given: every family that is found, its tiny recipe, and what that learnt."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from shadow_models.conformance.elsewhere import Elsewhere, asked_elsewhere
from shadow_models.conformance.excuses import EXCUSABLE
from shadow_models.conformance.worlds import DRAWN_WITH, N_IMAGES, members_for, others_for, trained_on
from shadow_models.generator import Generator, load_generator
from shadow_models.pytest_plugin import OPTION
from shadow_models.recipe import Recipe
from shadow_models.registry import family_names, find_family


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every family, or those that were named, through every test; one after the other, so that each trains once."""
    if "family" in metafunc.fixturenames:
        names = metafunc.config.getoption(OPTION, default=None) or family_names()
        metafunc.parametrize("family", names, indirect=True, scope="session")


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Tiny networks lose more to waking threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def family(request: pytest.FixtureRequest) -> type[Recipe]:
    """The family."""
    return find_family(request.param)


@pytest.fixture(autouse=True)
def _excused(request: pytest.FixtureRequest, family: type[Recipe]) -> None:
    name = request.node.originalname
    if name in family.excused and name in EXCUSABLE:
        pytest.skip(f"{family.name} is excused: {family.excused[name]}")


@pytest.fixture(scope="session")
def recipe(family: type[Recipe]) -> Recipe:
    """Its tiny recipe."""
    return family.tiny()


@pytest.fixture
def members(recipe: Recipe) -> NDArray[np.uint8]:
    """Eight slices, uint8 [8, size, size], fresh ones for every test."""
    return members_for(recipe)


@pytest.fixture
def others(recipe: Recipe) -> NDArray[np.uint8]:
    """Slices of the same kind, uint8 [64, size, size], none of them a member."""
    return others_for(recipe)


@pytest.fixture(scope="session")
def trained(recipe: Recipe) -> Generator:
    """A generator of the tiny recipe, trained on the members."""
    return trained_on(members_for(recipe), recipe)


@pytest.fixture(scope="session")
def release(trained: Generator) -> NDArray[np.uint8]:
    """Its release, uint8 [6, size, size], whatever type the family gives it."""
    return trained.sample(N_IMAGES, seed=DRAWN_WITH)


@pytest.fixture(scope="session")
def overfitted(family: type[Recipe], recipe: Recipe) -> Generator:
    """A generator that was to learn the members by heart."""
    return trained_on(members_for(recipe), family.overfits())


@pytest.fixture(scope="session")
def elsewhere(family: type[Recipe], recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    """What another process makes of the same recipe, members and seeds."""
    return asked_elsewhere(recipe, members_for(recipe), N_IMAGES, tmp_path_factory.mktemp(family.name))


@pytest.fixture(scope="session")
def loaded(trained: Generator, tmp_path_factory: pytest.TempPathFactory) -> Generator:
    """The trained generator, saved and loaded."""
    folder = tmp_path_factory.mktemp("saved")
    trained.save(folder)
    return load_generator(folder)
