"""The published ways to answer, in the files that a run writes, against their own formulas."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image
from skimage.metrics import structural_similarity
from tiny_edition import N_TEST, USED


def pictures(folder: Path) -> dict[str, np.ndarray]:
    return {path.stem: np.asarray(Image.open(path)) for path in sorted(folder.iterdir())}


def answers(path: Path) -> dict[str, int]:
    with path.open() as file:
        return {name: int(answer) for name, answer in csv.reader(file)}


def largest_similarities(official) -> tuple[dict[str, float], float]:
    """Of each candidate to a released image, and the largest of two candidates, pair by pair."""
    candidates = pictures(official.root / "test" / "real_unknown_1")
    released = pictures(official.root / "test" / "generated_1")
    to_release = {
        name: max(structural_similarity(one, other, data_range=255) for other in released.values())
        for name, one in candidates.items()
    }
    among = max(
        structural_similarity(candidates[one], candidates[other], data_range=255)
        for one in candidates
        for other in candidates
        if one < other
    )
    return to_release, among


def test_the_winners_answers_are_his_rules(official):
    to_release, among = largest_similarities(official)
    expected = {name: int(similarity > among) for name, similarity in to_release.items()}
    found = answers(official.run / "baseline_winner_2023.csv")
    assert found == expected
    assert sum(found.values()) != N_TEST // 2, "no rule that takes half does"
    assert [place for place, used in enumerate(found.values()) if used] == list(USED), "copies of these were released"


def test_the_nearest_half_is_half(official):
    candidates = pictures(official.root / "test" / "real_unknown_1")
    released = np.stack(list(pictures(official.root / "test" / "generated_1").values())).astype(float)
    nearest = {name: np.square(released - one).sum(axis=(1, 2)).min() for name, one in candidates.items()}
    half = sorted(nearest, key=nearest.get)[: N_TEST // 2]
    found = answers(official.run / "baseline_knn_top_half.csv")
    assert found == {name: int(name in half) for name in candidates}


def test_they_stand_beside_every_set_of_targets(official):
    records = json.loads((official.run / "results.json").read_text())["records"]
    found = {(one["attack"], one["target_set"]) for one in records if one["kind"] == "baseline"}
    names = ("winner of 2023 (ssim)", "knn, top half")
    assert found == {(name, where) for name in names for where in ("shadow", "dev", "test")}
    (on_dev,) = (one for one in records if one["attack"] == names[0] and one["target_set"] == "dev")
    assert on_dev["recall"]["value"] == 1.0, "copies of all of dev's members were released"
