"""The labelled release of an edition: read as its folders say, looked at once, and without a word in any choice."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shapes import run_has_shapes
from tiny import score_rows
from tiny_edition import N_DEV_USED, N_TEST, SIDE, write_edition

from attacks.base import Target
from attacks.registry import find_attacks
from harness.config.settings import composed
from harness.data.edition_release import RELEASED_FILE
from harness.data.options import EditionFolder
from harness.data.pool import load_pool, load_released
from harness.jobs.generators import SurrogateJob
from harness.jobs.targets import ReleaseSpec, names_of
from harness.seeds import seed_of
from harness.store import Store
from shadow_models.generator import load_generator

pytestmark = pytest.mark.filterwarnings("ignore::harness.errors.HarnessWarning")  # of counts: it is a tiny copy


def of_folder(folder: Path) -> set[bytes]:
    return {np.asarray(Image.open(path)).tobytes() for path in folder.iterdir()}


@pytest.mark.parametrize("swapped", [False, True])
def test_members_of_dev_are_the_slices_in_the_folder_of_those_used(tmp_path, images, swapped):
    root = write_edition(tmp_path / "clef", images)
    used, not_used = root / "dev" / "used", root / "dev" / "not_used"
    if swapped:
        used.rename(root / "aside")
        not_used.rename(used)
        (root / "aside").rename(not_used)
        for folder in (
            used,
            not_used,
        ):  # each image under its new folder's name: with the old one it would be refused
            for number, path in enumerate(sorted(folder.iterdir()), start=1):
                path.rename(folder / f"{folder.name}_{number:04d}.png")
    data = EditionFolder(root=str(root), size=SIDE, group="given")
    pool = load_pool(data, Store(tmp_path / "store"))
    dev = pool.given["dev"]
    pixels = [np.asarray(pool.pixels[place]).tobytes() for place in dev.candidates]
    assert {one for one, member in zip(pixels, dev.member, strict=True) if member} == of_folder(used)
    assert {one for one, member in zip(pixels, dev.member, strict=True) if not member} == of_folder(not_used)
    assert [pool.ids[place].startswith("dev_used/") for place in dev.candidates] == dev.member.tolist()
    assert pool.given["test"].member is None


def test_labels_of_dev_reach_no_decision(official):
    """Every label the other way round: the figures of dev turn, and nothing else may."""
    for name in ("submission.csv", "baseline_winner_2023.csv", "baseline_knn_top_half.csv"):
        assert (official.run / name).read_bytes() == (official.flipped / name).read_bytes()
    one, other = (json.loads((run / "results.json").read_text()) for run in (official.run, official.flipped))
    assert one["matches"], "recipes were tried"
    assert one["choices"].keys() >= {"best_calibrated", "highest_auc", "declared"}
    for what in ("chosen", "choices", "recipe", "matches", "decisions", "surrogates"):
        assert one[what] == other[what], what
    figures = [
        {record["attack"]: record["auc"]["value"] for record in found["records"] if of_dev(record)}
        for found in (one, other)
    ]
    assert figures[1] == {name: pytest.approx(1 - auc) for name, auc in figures[0].items()}
    assert max(figures[0], key=figures[0].get) != max(figures[1], key=figures[1].get), "dev would choose otherwise"


def of_dev(record: dict) -> bool:
    return record["target_set"] == "dev" and record["kind"] == "attack"


def test_its_files_have_the_shapes_that_ship(official):
    """Matching, surrogates, dev and a test: what a run on phantoms has not."""
    run_has_shapes(official.run)


def test_dev_is_scored_with_its_own_labels(official):
    """Its release is made of copies of those used, so nearest neighbours have to tell them all."""
    records = json.loads((official.run / "results.json").read_text())["records"]
    (knn,) = (one for one in records if of_dev(one) and one["attack"] == "knn")
    assert knn["auc"]["value"] == 1.0
    assert knn["n_members"] == N_DEV_USED
    assert not [one for one in records if one["target_set"] == "test" and one["auc"]], "nobody knows the test's truth"


@pytest.mark.parametrize("name", ["dev", "test"])
def test_a_surrogate_attack_is_scored_by_a_surrogate_of_that_very_release(official, name):
    """Anew from the parts: the recipe of the shadows, the release, the attack itself."""
    rows = {row["candidate_id"]: float(row["score"]) for row in score_rows(official.run) if told(row, name, official)}
    assert rows == {one: pytest.approx(score) for one, score in by_hand(official, name).items()}


def told(row: dict[str, str], name: str, official) -> bool:
    return (row["target"], row["attack"]) == (name, official.chosen)


def by_hand(official, name: str) -> dict[str, float]:
    """The chosen attack's scores by id, from what the store must hold."""
    settings = composed([one for one in official.options if not one.startswith("rule=")])
    store = Store(settings.store_root)
    pool = load_pool(settings.data, store)
    load_released(pool, store)
    given = pool.given[name]
    steps = json.loads((official.run / "results.json").read_text())["recipe"]["steps"]
    release = ReleaseSpec("given", given.key, RELEASED_FILE, given.n_images)
    job = SurrogateJob("", "", release, replace(settings.recipe, steps=steps), seed_of(settings.seed, "surrogate"))
    trained = store.find("generator", job.key)
    assert trained is not None, "such a surrogate was trained"
    target = Target(
        names_of(tuple(pool.digests[place] for place in given.candidates)),
        np.asarray(pool.pixels[given.candidates]),
        np.load(store.folder("given", given.key) / RELEASED_FILE),
        model=load_generator(trained.folder, device="cpu"),
    )
    scores = find_attacks().by_name[official.chosen.split("@")[0]]().score(target)
    return {pool.ids[place]: float(score) for place, score in zip(given.candidates, scores, strict=True)}


def test_the_submission_is_the_chosen_attacks_and_the_declared_rules(official):
    """decision=top_half: the six largest scores of the chosen attack among twelve candidates, and no other's."""
    scores = by_hand(official, "test")
    with (official.run / "submission.csv").open() as file:
        answers = dict(csv.reader(file))
    used = sorted(scores, key=scores.get)[N_TEST // 2 :]
    assert answers == {name: "1" if name in used else "0" for name in scores}
