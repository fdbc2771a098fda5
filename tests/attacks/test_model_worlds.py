"""Attacks on models where the truth is known: generators that memorised, and what is learnt on shadows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from attacks.base import LabelledTarget, Reference, Target
from attacks.conformance.denoisers import LinearDenoiser, MemorisingDenoiser
from attacks.conformance.worlds import World, labelled_shadows, planted
from attacks.fcre import FrequencyCalibratedError
from attacks.gsa import GradientNorms
from attacks.loss import DenoisingLoss
from attacks.loss_mlp import LossClassifier
from attacks.noising import clean, fixed_noise, noised
from attacks.pfami import ProbabilityFluctuation
from attacks.pia import NormalisedProximalInitialization, ProximalInitialization
from attacks.reconstruction import Reconstruction
from attacks.secmi import StepwiseError
from attacks.sima import ScoreNorm
from attacks.view import CountedModel, View

LEARNING = [LossClassifier(), ScoreNorm(), GradientNorms()]
ATTACKS = [
    DenoisingLoss(),
    StepwiseError(),
    ProximalInitialization(),
    NormalisedProximalInitialization(),
    Reconstruction(),
    FrequencyCalibratedError(),
    ProbabilityFluctuation(),
    *LEARNING,
]
every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
every_learner = pytest.mark.parametrize("attack", LEARNING, ids=lambda attack: attack.name)


@pytest.fixture(scope="module")
def world() -> World:
    return World(n_pairs=5, seed=4)


def auc_at(world: World, attack, bandwidth: float) -> float:
    """Mean AUC over generators of one bandwidth, those of pair 0 and 1; what learns does so on pairs 2 to 4."""

    def labelled(j: int) -> LabelledTarget:
        model = MemorisingDenoiser(world.candidates[world.held[j]], bandwidth)
        return LabelledTarget(Target(world.ids, world.candidates, world.candidates[:1], model=model), world.held[j])

    fitted = attack.fit([labelled(j) for j in range(4, 8)])
    judged = [labelled(j) for j in range(4)]
    return float(np.mean([roc_auc_score(member, fitted.score(target)) for target, member in judged]))


@pytest.mark.parametrize("attack", ATTACKS[:-1], ids=lambda attack: attack.name)  # gsa: see below
def test_members_show_at_a_small_bandwidth_and_not_at_a_very_large_one(world, attack):
    """Generators come in complementary pairs, so what is no membership cancels out of the mean of a pair."""
    small, large = auc_at(world, attack, 0.05), auc_at(world, attack, 100.0)
    assert small > 0.95
    assert abs(large - 0.5) < 0.1


def test_gsa_finds_members_at_a_small_bandwidth_and_not_at_an_enormous_one(world):
    """Members are among the weights, and a gradient reads the trace that they leave at any bandwidth in between."""
    attack = GradientNorms(timesteps=[50, 200])
    assert auc_at(world, attack, 0.05) > 0.95
    assert abs(auc_at(world, attack, 1e6) - 0.5) < 0.1


@every_learner
def test_what_is_learnt_on_shadows_holds_for_another_generator(world, attack):
    target, member = planted(world)
    assert roc_auc_score(member, attack.fit(labelled_shadows(world)).score(target)) > 0.95
    with pytest.raises(ValueError, match="has not been fitted"):
        attack.score(target)


@pytest.mark.parametrize("attack", [LossClassifier(), GradientNorms()], ids=lambda attack: attack.name)
def test_the_labels_of_shadows_alone_decide(world, attack):
    """Shadows whose labels are turned round turn the score round: nothing else tells the classifier the sign."""
    turned = [LabelledTarget(target, ~member) for target, member in labelled_shadows(world)]
    target, member = planted(world)
    assert roc_auc_score(member, attack.fit(turned).score(target)) < 0.05


@pytest.mark.parametrize("calibration", ["none", "reg"])
def test_columns_put_generators_of_any_scale_on_one(calibration):
    """A generator whose errors are all three times another's scores the same."""
    rng = np.random.default_rng(0)
    member = rng.permutation(30) < 15
    errors = np.exp(rng.normal(0, 0.3, (30, 6, 4)) - member[:, None, None])

    def target(scale: float) -> Target:
        images = np.zeros((30, 8, 8), np.uint8)
        ids = tuple(f"{i:02d}" for i in range(30))
        plain = Target(ids, images, images[:1], model=LinearDenoiser(0.1), seen=lambda attack: scale * errors)
        return plain if calibration == "none" else with_references(plain)

    def with_references(plain: Target) -> Target:
        others = [np.exp(np.random.default_rng(j).normal(0, 0.3, errors.shape)) for j in (1, 2)]
        references = tuple(
            Reference(plain.release, np.zeros(30, bool), LinearDenoiser(0.1), lambda attack, one=one: one)
            for one in others
        )
        return Target(plain.ids, plain.candidates, plain.release, references, plain.model, plain.seen)

    fitted = LossClassifier(calibration=calibration).fit([LabelledTarget(target(1.0), member)])
    assert roc_auc_score(member, fitted.score(target(1.0))) > 0.95
    assert fitted.score(target(3.0)) == pytest.approx(fitted.score(target(1.0)), abs=1e-6)


def test_every_column_is_calibrated_by_its_own_references():
    rng = np.random.default_rng(1)
    own, *others = np.exp(rng.normal(size=(3, 12, 2, 2)))
    held = rng.random((2, 12)) < 0.5
    held[1] &= ~held[0]
    images, model = np.zeros((12, 8, 8), np.uint8), LinearDenoiser(0.1)
    references = tuple(
        Reference(images, row, model, lambda attack, one=one: one) for row, one in zip(held, others, strict=True)
    )
    ids = tuple(f"{i:02d}" for i in range(12))
    target = Target(ids, images, images, references, model, lambda attack: own)
    expected = np.zeros((12, 4))
    for i, column in itertools.product(range(12), range(4)):
        outside = [np.log(one[i].flat[column]) for one, row in zip(others, held, strict=True) if not row[i]]
        expected[i, column] = np.mean(outside) - np.log(own[i].flat[column])
    expected = (expected - expected.mean(axis=0)) / expected.std(axis=0)
    assert LossClassifier(calibration="cal").table(target) == pytest.approx(expected, abs=1e-9)


def test_options_that_come_after_observing_share_the_observation():
    assert LossClassifier(width=3, strength=2.0, calibration="reg").observation() == DenoisingLoss().observation()
    for one, other in [
        (GradientNorms(), GradientNorms(strength=2.0)),
        (ProbabilityFluctuation(), ProbabilityFluctuation(fluctuation="relative")),
    ]:
        assert one.observation() == other.observation()
    assert LossClassifier(n_noises=2).observation() != DenoisingLoss().observation()


class ToldAt(LinearDenoiser):
    """Sees less noise in members at one timestep, and the same in all at the others."""

    def __init__(self, members: np.ndarray, timestep: int) -> None:
        super().__init__(0.3)
        self.members, self.timestep = self.encode(members), timestep

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        if int(t[0]) != self.timestep:
            return torch.ones_like(z_t)
        near = ((z_t[:, None] - self.members[None]) ** 2).flatten(2).sum(2).min(1).values
        return torch.ones_like(z_t) + near[:, None, None, None]


def test_the_timestep_of_sima_is_chosen_on_shadows_only(world):
    """Shadows tell at 100; the target would tell at 25, which must not help it."""

    def labelled(j: int, timestep: int) -> LabelledTarget:
        model = ToldAt(world.candidates[world.held[j]], timestep)
        return LabelledTarget(Target(world.ids, world.candidates, world.candidates[:1], model=model), world.held[j])

    fitted = ScoreNorm().fit([labelled(j, 100) for j in (2, 3)])
    assert fitted.timesteps[fitted.chosen] == 100
    same, other = labelled(0, 100), labelled(0, 25)
    assert roc_auc_score(same.member, fitted.score(same.target)) == 1.0
    assert roc_auc_score(other.member, fitted.score(other.target)) == 0.5


class Affine(LinearDenoiser):
    """eps = w z + b with two weights, whose gradients are known."""

    def __init__(self) -> None:
        super().__init__(0.3)
        self.network = torch.nn.ParameterDict({"b": torch.tensor(0.1).double(), "w": torch.tensor(0.3).double()})

    def eps_with_grad(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        return self.network["w"] * z_t + self.network["b"]


def test_gradient_norms_of_an_affine_denoiser(world):
    """d/db and d/dw of the mean of (w z + b - n)^2 are the means of 2 (w z + b - n) and of 2 (w z + b - n) z."""
    attack = GradientNorms(timesteps=[50, 300])
    view = View(world.candidates[:4], world.candidates[:0], CountedModel(Affine()))
    x = clean(view)
    noise = fixed_noise(x, 0, 0)
    b, w = (float(weight.detach()) for weight in Affine().network.values())
    by_timestep = []
    for t in attack.timesteps:
        z = noised(view.denoiser, x, noise, t)
        residual = 2 * (w * z + b - noise)
        by_timestep.append(torch.stack([each.mean(dim=(1, 2, 3)) for each in (residual, residual * z)], dim=1))
    expected = torch.stack(by_timestep).mean(dim=0).abs()
    assert attack.observed(view) == pytest.approx(expected.numpy(), rel=1e-6)
    assert view.denoiser.images_seen == 2 * 4


def test_gsa_says_that_a_model_shows_no_weights(world):
    target, _ = planted(world)
    for model in (LinearDenoiser(0.1), CountedModel(LinearDenoiser(0.1))):
        closed = Target(target.ids, target.candidates, target.release, model=model)
        assert "weights" in GradientNorms().skip(closed)
    assert GradientNorms().skip(target) is None
    with pytest.raises(ValueError, match="does not show its weights"):
        GradientNorms().observe(View(target.candidates, target.release[:0], CountedModel(LinearDenoiser(0.1))))


@every_attack
def test_a_generator_of_ours_answers_every_attack(world, attack):
    """In float32, and a candidate's numbers do not depend on its place."""
    from shadow_models.families.dct import DctRecipe
    from shadow_models.families.dct.codec import fit_codec
    from shadow_models.families.dct.generator import DctGenerator
    from shadow_models.families.dct.network import build_network

    recipe = DctRecipe(size=16, channels=[8, 8], overview=8, closeup=8, norm_groups=4)
    generator = DctGenerator(recipe, fit_codec(world.candidates.copy(), recipe), build_network(recipe, 0))
    few = world.candidates[:5].copy()
    whole, turned = (attack.observed(View(x, x[:0], CountedModel(generator))) for x in (few, few[::-1].copy()))
    assert whole.dtype == np.float64
    np.testing.assert_allclose(turned[::-1], whole, rtol=1e-3, atol=1e-4)
