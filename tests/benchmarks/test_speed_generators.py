"""What is set beside our training and sampling is what people use, and what the figures of generators count."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from benchmarks.power.dial.points import Point
from benchmarks.speed import sampling, time_to_signal, training
from benchmarks.speed.sampling import Peer
from benchmarks.speed.training.as_good import loss_of, losses_apart
from benchmarks.speed.training.cpu import ShadowJob, train_shadow
from benchmarks.speed.training.plain_loop import train_plainly
from harness.data.png import grey_png
from harness.jobs.work import Work
from shadow_models.families.ddpm import DdpmRecipe

RECIPE = DdpmRecipe.tiny().changed(prediction="epsilon", patch=1, steps=30)


@pytest.fixture(scope="module")
def slices() -> np.ndarray:
    ramp = np.add.outer(np.arange(16), np.arange(16))
    return np.stack([(ramp * (4 + k)).astype(np.uint8) for k in range(8)])


@pytest.fixture(scope="module")
def shadow(slices, tmp_path_factory):
    job = ShadowJob(slices, RECIPE, 0, tmp_path_factory.mktemp("shadow"))
    train_shadow(job, Work("cpu", lambda doing, done, total: None))
    return job


def trained(shadow):
    return shadow.recipe.load(shadow.folder, "cpu").network


def test_the_plain_loop_learns_from_files_what_ours_learns(slices, shadow, tmp_path):
    files = training._written(slices, tmp_path)
    assert [file.read_bytes() for file in files] == [grey_png(one) for one in slices]
    untrained = loss_of(train_plainly(files, RECIPE.changed(learning_rate=1e-8), "cpu"), RECIPE, slices, "cpu")
    theirs = train_plainly(files, RECIPE, "cpu")
    assert loss_of(theirs, RECIPE, slices, "cpu") < 0.9 * untrained
    assert losses_apart([trained(shadow)], theirs, RECIPE, slices, "cpu") < 0.5


def test_networks_of_one_loss_are_not_apart(slices, shadow):
    network = trained(shadow)
    assert losses_apart([trained(shadow)], network, RECIPE, slices, "cpu") == 0.0
    worse = copy.deepcopy(network)
    torch.nn.init.constant_(next(worse.parameters()), 1.0)
    assert losses_apart([trained(shadow)], worse, RECIPE, slices, "cpu") > 0.1


@pytest.mark.parametrize(("name", "steps"), [("DDPM", 100), ("DDIM", 10)])
def test_peers_sample_as_the_pipelines_of_diffusers_do(shadow, name, steps, monkeypatch):
    import diffusers

    monkeypatch.setattr(sampling, "SIZE", 16)
    generator = shadow.recipe.load(shadow.folder, "cpu")
    scheduler = getattr(diffusers, f"{name}Scheduler")(num_train_timesteps=1000)
    pipeline = getattr(diffusers, f"{name}Pipeline")(generator.network.unet, scheduler)
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(3, torch.Generator().manual_seed(0), num_inference_steps=steps, output_type="np").images
    ours = sampling._drawn(generator, Peer(name, steps, 1.0, 1), 3)
    assert np.abs(ours - theirs[..., 0] * 255).max() < 1.5


def point(seconds: float, loss: float, knn: float) -> Point:
    return Point(10, seconds, {"loss_cal": loss, "knn_cal": knn}, 0.0, 0.0, 0.0)


def test_the_cheapest_point_that_shows_both_is_the_figure():
    points = {"a": point(3, 0.96, 0.8), "b": point(20, 0.95, 0.85), "c": point(40, 1.0, 1.0)}
    row = time_to_signal._first(points)
    assert (row.value, row.holds, row.detail["shown_by"]) == (20, True, ["b", "c"])
    assert not time_to_signal._first({"dear": point(51, 1.0, 1.0)}).holds
    nowhere = time_to_signal._first({"a": points["a"]})
    assert (nowhere.value, nowhere.holds) == (3, False)


def test_points_rise_in_cost_and_end_with_training_from_nothing():
    names = [name for name, _ in time_to_signal._points(None)]
    assert (names[0], names[-1]) == ("leak=faint", "from nothing")
    assert [words[-1] for _, words in time_to_signal._points([5, 7])] == ["shadow.steps=5", "shadow.steps=7"]
