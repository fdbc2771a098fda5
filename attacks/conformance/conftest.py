"""What the conformance tests are given: every attack that is found, fitted, and toy worlds to try it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from attacks.base import Access, Attack, LabelledTarget, Target
from attacks.conformance.worlds import World, fitted, planted, wrong_target
from attacks.encoder import one_thread
from attacks.observing import ObservingAttack
from attacks.pytest_plugin import OPTION
from attacks.registry import find_attacks
from shadow_models.recipe import Gives

WRONG_TARGETS = 12


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every attack through every test; tests of observations for those that observe, of pairs for those of pairs."""
    if "attack_class" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption(OPTION, default=None)
    found = find_attacks(chosen or None).by_name
    names = chosen or list(found)
    if "observing" in metafunc.fixturenames:
        names = [name for name in names if issubclass(found[name], ObservingAttack)]
    if "of_pairs" in metafunc.fixturenames:
        names = [name for name in names if _looks_at_pairs(found[name])]
    metafunc.parametrize("attack_class", [found[name] for name in names], ids=names, scope="module")


def _looks_at_pairs(attack_class: type[Attack]) -> bool:
    return (
        issubclass(attack_class, ObservingAttack)
        and attack_class.of_pairs
        and attack_class.observes is Access.RELEASE
    )


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Tiny networks lose more to waking threads than they gain."""
    with one_thread():
        yield


@cache
def world_of(n_pairs: int, seed: int, gives: Gives) -> World:
    """A world, made once: what was observed in it is remembered from attack to attack."""
    return World(n_pairs, seed, gives=gives)


@pytest.fixture(scope="module")
def kind(attack_class: type[Attack]) -> Gives:
    """The models of the attack's toy world: discriminators for one that asks these, denoisers for every other."""
    asked = attack_class().needs.asks
    return asked if asked is Gives.DISCRIMINATOR else Gives.DENOISER


@pytest.fixture(scope="module")
def world(kind: Gives) -> World:
    """Five pairs of generators."""
    return world_of(n_pairs=5, seed=1, gives=kind)


@pytest.fixture(scope="module")
def wrong_targets(kind: Gives) -> list[LabelledTarget]:
    """Targets whose generator saw no candidate."""
    other = world_of(n_pairs=WRONG_TARGETS, seed=2, gives=kind)
    return [wrong_target(other, pair) for pair in range(WRONG_TARGETS)]


@pytest.fixture(scope="module")
def ready(attack_class: type[Attack], world: World) -> Attack:
    """The attack with its default options, fitted on labelled shadows if it learns."""
    reason = attack_class().skip(planted(world).target)
    if reason is not None:
        if attack_class.__module__.split(".")[0] == "attacks":  # the toy world has all that an attack may ask for
            pytest.fail(f"A built-in attack must be able to run in the toy world, but {reason}")
        pytest.skip(f"In the toy world {attack_class.name} cannot run: {reason}")
    return fitted(attack_class(), world)


@pytest.fixture
def observing(ready: Attack) -> ObservingAttack:
    """The same, where it is an attack that observes one generator at a time."""
    assert isinstance(ready, ObservingAttack)
    return ready


@pytest.fixture
def of_pairs(observing: ObservingAttack) -> ObservingAttack:
    """The same, where it says that it compares a candidate with single released images."""
    return observing


@pytest.fixture
def target(world: World) -> Target:
    """A generator that leaks, nothing of it observed yet; of its references, what any attack observed before."""
    return replace(planted(world).target, seen=None)
