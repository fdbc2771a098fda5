"""`logan`: its score is the discriminator's, and models of one kind are not asked what only the other answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from attacks.base import Access, Target, TargetShape
from attacks.conformance.denoisers import LinearDenoiser
from attacks.conformance.discriminators import MemorisingDiscriminator
from attacks.conformance.worlds import World, planted, toy_slices
from attacks.logan import Logan, logan_cal, logan_lira, logan_reg
from attacks.loss import DenoisingLoss, loss_cal
from attacks.registry import find_attacks
from attacks.view import CountedModel, View, gives_of, other_kind
from shadow_models.recipe import Gives

MODEL_ATTACKS = sorted(name for name, cls in find_attacks().by_name.items() if cls().needs.of_model)
DENOISING = [name for name in MODEL_ATTACKS if not name.startswith("logan")]


class MeanGrey:
    """A discriminator that finds bright slices real."""

    def discriminate(self, images):
        return images.mean(axis=(1, 2), dtype=np.float64)


class OfFamily(MeanGrey):
    """One that says what it is before it is asked, as a generator of the store does, which has every method."""

    gives, family = Gives.DISCRIMINATOR, "gan"

    def eps(self, z_t, t):
        raise AssertionError("its weights were read to find out what it is")

    eps_with_grad = eps


@pytest.fixture(scope="module")
def world() -> World:
    return World(n_pairs=5, seed=4, gives=Gives.DISCRIMINATOR)


def plain_target(model, references=()) -> Target:
    images = np.random.default_rng(0).integers(0, 256, (9, 8, 8), dtype=np.uint8)
    return Target(tuple(f"{i}" for i in range(9)), images, images[:1], references, model)


def test_the_score_is_what_the_discriminator_says():
    target = plain_target(MeanGrey())
    expected = target.candidates.reshape(9, -1).mean(axis=1)
    assert np.array_equal(Logan().score(target), expected)


def test_every_candidate_is_one_network_call():
    model = CountedModel(MeanGrey())
    Logan().score(plain_target(model))
    assert model.images_seen == 9


def test_members_that_a_discriminator_knows_by_heart_are_found(world):
    """And of one that learnt other slices nothing is told; complementary pairs cancel what is no membership."""

    def mean_auc(known) -> float:
        found = []
        for held in world.held[:4]:
            model = MemorisingDiscriminator(known(held), bandwidth=0.5)
            target = Target(world.ids, world.candidates, world.candidates[:1], model=model)
            found.append(roc_auc_score(held, Logan().score(target)))
        return float(np.mean(found))

    assert mean_auc(lambda held: world.candidates[held]) > 0.9
    assert mean_auc(lambda held: toy_slices(15, seed=9)) == pytest.approx(0.5)


@pytest.mark.parametrize("attack", [logan_cal(), logan_reg(), logan_lira()], ids=lambda attack: attack.name)
def test_calibrated_it_finds_them_and_shares_the_observation(world, attack):
    labelled = planted(world)
    assert roc_auc_score(labelled.member, attack.score(labelled.target)) > 0.9
    assert attack.observation() == Logan().observation()


def test_calibration_takes_away_what_other_discriminators_find_real_too(world):
    """Slices that every discriminator likes hide members from the plain score alone."""
    target, member = planted(world, remembers=False)
    liked = np.where(member, 0.0, 1e5)

    class Liking:
        def __init__(self, model):
            self._model = model

        def discriminate(self, images):
            return self._model.discriminate(images) + liked

    others = tuple(replace(one, model=Liking(one.model)) for one in target.references)
    hidden = replace(target, model=Liking(target.model), references=others)
    assert roc_auc_score(member, Logan().score(hidden)) < 0.1
    assert roc_auc_score(member, logan_cal().score(hidden)) > 0.9


@pytest.mark.parametrize("name", DENOISING)
def test_an_attack_that_asks_for_noise_says_that_a_gan_has_none(name):
    attack = find_attacks([name]).by_name[name]()
    attack.check(TargetShape(n_images=300, size=16, n_timesteps=0))  # no fault of the options
    reason = attack.skip(replace(planted(World(n_pairs=5, seed=4)).target, model=CountedModel(OfFamily())))
    assert reason.removeprefix("its part loss cannot run: ") == (
        "it asks a denoiser for noise, and this target's generator (gan) gives a discriminator."
    )


def test_logan_says_that_a_denoiser_is_no_discriminator():
    expected = "it asks a discriminator for its score, and this target's generator gives a denoiser."
    assert Logan().skip(plain_target(LinearDenoiser(0.1))) == expected
    with pytest.raises(ValueError, match="gives a denoiser"):
        Logan().score(plain_target(LinearDenoiser(0.1)))
    assert Logan().skip(plain_target(None)) is not None


def test_references_of_another_kind_calibrate_nothing(world):
    target, _ = planted(world)
    mixed = replace(
        target, references=(*target.references[:5], replace(target.references[5], model=LinearDenoiser(1)))
    )
    expected = "it asks a discriminator for its score, and a reference's generator gives a denoiser."
    assert logan_cal().skip(mixed) == expected
    assert Logan().skip(mixed) is None
    denoisers = replace(mixed, model=LinearDenoiser(1))
    assert loss_cal().skip(denoisers).endswith("and a reference's generator gives a discriminator.")
    assert DenoisingLoss().skip(denoisers) is None


def test_a_view_shows_no_model_as_what_it_is_not():
    x = np.zeros((2, 8, 8), np.uint8)
    with pytest.raises(ValueError, match="gives a discriminator"):
        _ = View(x, x[:0], CountedModel(MeanGrey())).denoiser
    with pytest.raises(ValueError, match="gives a denoiser"):
        _ = View(x, x[:0], CountedModel(LinearDenoiser(0.1))).discriminator
    with pytest.raises(ValueError, match="has no model"):
        _ = View(x, x).discriminator


@pytest.mark.parametrize(
    ("model", "gives"),
    [
        (MeanGrey(), Gives.DISCRIMINATOR),
        (LinearDenoiser(0.1), Gives.DENOISER),
        (OfFamily(), Gives.DISCRIMINATOR),
        (CountedModel(OfFamily()), Gives.DISCRIMINATOR),
        (object(), Gives.RELEASE),
    ],
)
def test_a_model_says_what_it_is_or_else_its_methods_do(model, gives):
    assert gives_of(model) is gives
    answering = [access for access in Access if other_kind(access, model) is None]
    assert [access for access in Access if not access.of_model or access.asks is gives] == answering
