"""`gan`: augmentation, the two networks, their training, and what the discriminator shows of members."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import stops
import torch
from numpy.typing import NDArray

from attacks.base import Target
from attacks.logan import Logan
from shadow_models.accelerator import accelerator_for
from shadow_models.denoiser import Denoiser, Discriminator
from shadow_models.families.gan import GanRecipe
from shadow_models.families.gan.augment import Draws, augment, draw
from shadow_models.families.gan.network import build_networks
from shadow_models.families.gan.train import _Learner
from shadow_models.generator import Generator, load_generator, recipe_in
from shadow_models.images import pixels_of
from shadow_models.one_training import Stopped
from shadow_models.recipe import Gives, Training
from shadow_models.sample import sample
from shadow_models.train import train
from shadow_models.training import optimise

TINY = GanRecipe.tiny()


@pytest.fixture(scope="module")
def trained(slices: NDArray[np.uint8]) -> Generator:
    return train(slices, TINY, seed=5, device="cpu")


def test_the_recipe_does_without_torch() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys, shadow_models.families.gan; print('torch' in sys.modules)"],
        capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"channels": []}, "channels"),
        ({"channels": [12, 8], "norm_groups": 8}, "multiple of norm_groups=8"),
        ({"critic_channels": [8]}, "as long as channels"),
        ({"size": 18}, "multiple of 4"),
        ({"augmentation": 1.5}, "augmentation"),
        ({"precision": "fp16"}, "fp32, bf16"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        replace(TINY, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", GanRecipe.presets())
def test_networks_of_every_preset_fit_its_slices_and_have_no_buffers(name: str) -> None:
    """A buffer that changes would be lost in a checkpoint, which keeps parameters."""
    recipe = GanRecipe.presets()[name]
    networks = build_networks(recipe, seed=0)
    made = networks["generator"](torch.zeros(2, recipe.latent))
    assert made.shape == (2, 1, recipe.size, recipe.size)
    assert networks["discriminator"](made).shape == (2,)
    assert not [one for network in networks.values() for one in network.buffers()]


def test_coarse_features_gate_the_channels_of_finer_ones() -> None:
    """Skip-layer excitation: a gate that is shut lets nothing through but the last layer's bias."""
    network = build_networks(TINY, seed=0)["generator"]
    (gate,) = network.gates  # type: ignore[union-attr]
    with torch.no_grad():
        gate.excite.weight.zero_()
        gate.excite.bias.fill_(-1e4)
        made = network(torch.randn(3, TINY.latent))
    assert torch.equal(made[0], made[1])


def uniform(**numbers: float) -> Draws:
    """Draws of one slice in the middle of their ranges, but for those given."""
    return Draws(**{name: torch.full((1, 1, 1, 1), numbers.get(name, 0.5)) for name in Draws._fields})


IMAGE = torch.linspace(-1, 1, 64).view(1, 1, 8, 8)


def test_augmentation_moves_brightens_and_cuts() -> None:
    middle = augment(IMAGE, uniform(), 1.0)
    cut = middle == 0
    assert int(cut.sum()) == 16
    assert torch.equal(middle[~cut], IMAGE[~cut])  # the middle of every range changes nothing besides
    brighter = augment(IMAGE, uniform(brightness=1.0), 1.0)
    assert torch.allclose(brighter[~cut], IMAGE[~cut] + 0.1)
    lower = augment(IMAGE, uniform(down=0.999), 1.0)[0, 0]
    assert (lower[0] == 0).all()
    outside = ~cut[0, 0, 1:]
    assert torch.equal(lower[1:][outside], IMAGE[0, 0, :-1][outside])
    flatter = augment(IMAGE, uniform(contrast=0.0), 1.0)
    assert torch.allclose(flatter[~cut], 0.9 * IMAGE[~cut], atol=1e-6)


def test_augmentation_is_drawn_for_every_slice_by_itself_and_lets_gradients_through() -> None:
    draws = draw(50, torch.Generator().manual_seed(0))
    images = IMAGE.expand(50, -1, -1, -1).clone().requires_grad_(True)
    shown = augment(images, draws, 1.0)
    assert len({one.detach().numpy().tobytes() for one in shown}) == 50
    (slope,) = torch.autograd.grad(shown.sum(), images)
    assert float((slope != 0).float().mean()) > 0.5
    assert augment(images, draws, 0.0) is images


def learner_of(slices: NDArray[np.uint8], recipe: GanRecipe = TINY) -> _Learner:
    return _Learner(slices, recipe, 0, accelerator_for("fp32", recipe.batch, "cpu"), None)


def test_losses_are_the_hinge_losses(slices: NDArray[np.uint8]) -> None:
    """Equations 3 and 4 of arXiv 2101.04775, of networks whose answers are known."""
    recipe = replace(TINY, augmentation=0.0, diversity=0.0)
    learner = learner_of(slices, recipe)
    made = torch.full((4, 1, 16, 16), 0.25, requires_grad=True)

    class Mean(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.mean(dim=(1, 2, 3)) * 4

    class Made(torch.nn.Module):
        def forward(self, z: torch.Tensor) -> torch.Tensor:
            return made

    learner.networks = {"generator": Made(), "discriminator": Mean()}
    real = learner._at(0).real
    (first, of_critic), (second, of_generator) = learner.losses(0, learner.networks)
    assert (first, second) == ("discriminator", "generator")
    expected = torch.relu(1 - real.mean(dim=(1, 2, 3)) * 4).mean() + 2  # made: 1 + 4 x 0.25
    assert float(of_critic) == pytest.approx(float(expected), abs=1e-5)
    (slope,) = torch.autograd.grad(of_generator, made)
    assert torch.allclose(slope, torch.full_like(slope, -4 / (4 * 256)))  # of -mean of the discriminator's output


def test_the_generators_loss_leaves_no_gradient_on_the_discriminator(slices: NDArray[np.uint8]) -> None:
    learner = learner_of(slices)
    losses = dict(learner.losses(0, learner.networks))
    losses["generator"].backward()
    assert all(one.grad is None for one in learner.networks["discriminator"].parameters())
    assert all(one.grad is not None for one in learner.networks["generator"].parameters())


def test_made_slices_as_far_apart_as_members_cost_the_weight_of_diversity(slices: NDArray[np.uint8]) -> None:
    """And slices that are all one cost far more."""

    def cost(made: torch.Tensor) -> float:
        losses = []
        for weight in (0.0, 0.5):
            learner = learner_of(slices, replace(TINY, diversity=weight, batch=6))
            learner.networks = {**learner.networks, "generator": lambda z: made}  # type: ignore[dict-item]
            losses.append(dict(learner.losses(0, learner.networks))["generator"].item())
        return losses[1] - losses[0]

    apart = pixels_of(slices).requires_grad_(True)
    assert cost(apart) == pytest.approx(0.5, rel=0.02)
    assert cost((apart[:1] + 0 * apart).detach().requires_grad_(True)) > 10


def test_released_weights_are_averaged_and_the_judging_ones_are_the_last(slices: NDArray[np.uint8]) -> None:
    """With a memory of one step the generator is another, the discriminator the same to the bit."""
    slow, quick = (train(slices, replace(TINY, ema_decay=decay), seed=5, device="cpu") for decay in (0.99, 0.0))
    assert np.array_equal(slow.discriminate(slices), quick.discriminate(slices))  # type: ignore[attr-defined]
    assert not np.array_equal(sample(slow, 3, seed=0), sample(quick, 3, seed=0))


def test_an_average_without_memory_is_the_last_weights_to_the_bit(slices: NDArray[np.uint8]) -> None:
    accelerator = accelerator_for("fp32", TINY.batch, "cpu")
    learner = _Learner(slices, TINY, 0, accelerator, None)
    averages = optimise(learner, TINY, slices, Training(seed=0, device="cpu"), accelerator)
    same = {
        name: all(torch.equal(*pair) for pair in zip(averages.of[name], network.parameters(), strict=True))
        for name, network in learner.networks.items()
    }
    assert same == {"generator": False, "discriminator": True}


def test_it_gives_a_discriminator_and_says_so(trained: Generator, slices: NDArray[np.uint8], tmp_path: Path) -> None:
    assert isinstance(trained, Discriminator)
    assert not isinstance(trained, Denoiser)
    scores = trained.discriminate(slices)
    assert scores.dtype == np.float64
    direct = trained.networks["discriminator"](pixels_of(slices))  # type: ignore[attr-defined]
    assert scores == pytest.approx(direct.numpy(), abs=1e-6)
    trained.save(tmp_path)
    assert recipe_in(tmp_path).gives is Gives.DISCRIMINATOR
    assert np.array_equal(load_generator(tmp_path).discriminate(slices), scores)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"uint8 slices \[n, 16, 16\]"):
        trained.discriminate(slices[:, :8])


def test_many_are_judged_as_one_by_one(trained: Generator, slices: NDArray[np.uint8]) -> None:
    many = np.tile(slices, (30, 1, 1))
    scores = trained.discriminate(many)  # type: ignore[attr-defined]
    assert scores == pytest.approx(np.tile(scores[:6], 30), abs=1e-5)


def test_an_image_hangs_on_its_own_number_alone(trained: Generator) -> None:
    few, many = sample(trained, 3, seed=2, batch=2), sample(trained, 8, seed=2)
    assert np.abs(few.astype(int) - many[:3]).max() <= 1
    assert len(np.unique(many, axis=0)) == 8


def test_going_on_from_a_checkpoint_ends_where_an_undisturbed_training_ends(
    trained: Generator, slices: NDArray[np.uint8], tmp_path: Path
) -> None:
    longer = replace(TINY, steps=30)
    with pytest.raises(Stopped):
        train(slices, longer, seed=5, device="cpu", checkpoint=tmp_path, stopping=stops.after(20))
    on = train(slices, longer, seed=5, device="cpu", checkpoint=tmp_path)
    assert on.fingerprint() == train(slices, longer, seed=5, device="cpu").fingerprint()
    assert on.fingerprint() != trained.fingerprint()


def test_training_goes_on_from_both_networks_of_a_start(trained: Generator, slices: NDArray[np.uint8]) -> None:
    still = replace(TINY, steps=1, learning_rate=1e-8, critic_rate=1e-8)
    on = train(slices, still, seed=1, device="cpu", start=train(slices, still, seed=9, device="cpu"))
    begun = build_networks(still, seed=0)
    train(slices, replace(still, augmentation=0.1, steps=2), seed=1, device="cpu", start=trained)  # of training alone
    with pytest.raises(ValueError, match="another network"):
        train(slices, replace(still, latent=8), seed=1, device="cpu", start=trained)
    other = train(slices, still, seed=9, device="cpu")
    assert on.discriminate(slices) == pytest.approx(other.discriminate(slices), abs=1e-4)  # type: ignore[attr-defined]
    assert sample(on, 2, seed=0) == pytest.approx(sample(other, 2, seed=0), abs=1)
    with torch.no_grad():
        fresh = begun["discriminator"](pixels_of(slices)).numpy()
    assert np.abs(fresh - on.discriminate(slices)).max() > 1e-3  # type: ignore[attr-defined]


def test_a_discriminator_that_overfits_gives_its_members_away(slices: NDArray[np.uint8]) -> None:
    """Half of the slices are members, and the others of the same kind: LOGAN tells them apart."""
    from sklearn.metrics import roc_auc_score

    grain = np.random.default_rng(0).normal(0, 6, (4, *slices.shape))
    pool = np.clip(slices + grain, 0, 255).astype(np.uint8).reshape(-1, 16, 16)
    member = np.arange(len(pool)) % 2 == 0
    generator = train(pool[member], replace(GanRecipe.overfits(), steps=250), seed=0, device="cpu")
    target = Target(tuple(f"{i:02d}" for i in range(len(pool))), pool, pool[:1], model=generator)  # type: ignore[arg-type]
    assert roc_auc_score(member, Logan().score(target)) > 0.9
