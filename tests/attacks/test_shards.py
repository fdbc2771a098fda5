"""What comes of shards is what comes of the whole release, to the last bit, and no pixel is looked at twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks import distances, search
from attacks.base import Access, Images, Scores
from attacks.distances import Distance
from attacks.knn import NearestNeighbour
from attacks.mc import MonteCarlo
from attacks.mosaic import Mosaic
from attacks.observing import ObservingAttack
from attacks.patch import TileDistance
from attacks.real_ratio import RealRatio
from attacks.registry import found_so_far
from attacks.shards import Extreme, Nearest, kept_of_shards
from attacks.ssim import StructuralSimilarity
from attacks.view import Observed, View

ROOT = Path(__file__).parents[2]
SIZE = 16
LOOK_AT_ALL = {
    "c2st", "carlini", "dpi", "domias", "kernel_crowded", "kernel_near", "learned_similarity", "retrieval",
}  # fmt: skip
MEASURES: list[dict[str, Any]] = [
    *({"distance": name} for name in distances.DISTANCES),
    {"shift": 1, "flip": True},
    {"distance": "ncc", "turn": 3, "contrast": 0.2},
]


def pictures(n: int, rng: np.random.Generator, of: Images | None = None) -> Images:
    """Noise; where `of` is given, also copies of it, near ones, and the same image several times."""
    found = rng.integers(0, 256, (n, SIZE, SIZE), dtype=np.uint8)
    for place in range(n if of is not None else 0):
        kind = rng.integers(4)
        if kind == 1:
            found[place] = of[rng.integers(len(of))]
        elif kind == 2:
            found[place] = of[rng.integers(len(of))] // 2 + found[place] // 2
        elif kind == 3 and place:
            found[place] = found[rng.integers(place)]
    return found


def attacks() -> st.SearchStrategy[ObservingAttack]:
    k, many = st.integers(1, 12), st.integers(1, 60)
    return st.one_of(
        st.builds(lambda k, measure: NearestNeighbour(k=k, **measure), k, st.sampled_from(MEASURES)),
        st.builds(lambda k, measure: MonteCarlo(neighbours=k, **measure), many, st.sampled_from(MEASURES)),
        st.builds(lambda measure: RealRatio(**measure), st.sampled_from(MEASURES)),
        st.builds(StructuralSimilarity, window=st.sampled_from([3, 7])),
        st.builds(Mosaic, across=st.sampled_from([1, 4]), detail=st.sampled_from([0, 2])),
        st.just(TileDistance()),
    )


def in_shards(
    looking: list[ObservingAttack], candidates: Images, release: Images, bounds: list[int]
) -> list[Observed]:
    """What they observe by shards alone; whoever looked at the release's own pixels would see black."""
    black = View(candidates, np.zeros_like(release))
    parts: dict[str, list[Scores]] = {}
    kept = kept_of_shards(looking, len(release))
    for first, last in zip([0, *bounds], [*bounds, len(release)], strict=True):
        shard = View(candidates, release[first:last])
        for one in {str(one.identity): one for one in kept if one is not None}.values():
            parts.setdefault(str(one.identity), []).append(one.of(shard))
    return [
        one.observed(attack, black, one.together(parts[str(one.identity)]))
        for attack, one in zip(looking, kept, strict=True)
        if one is not None
    ]


def bounded(patch: pytest.MonkeyPatch, first_block: int) -> None:
    """Searched by bounds, as large releases are."""
    patch.setattr(distances, "_LEAST_WORK", 0)
    patch.setattr(distances, "_LARGEST_SHARE", 1.0)
    patch.setattr(search, "_FIRST_BLOCK", first_block)


@given(st.lists(attacks(), min_size=1, max_size=3), st.lists(st.integers(1, 39), max_size=12), st.integers(0, 9999))
@settings(max_examples=150, deadline=None)
def test_shards_show_what_the_whole_release_shows(looking, cuts, seed):
    rng = np.random.default_rng(seed)
    candidates = pictures(int(rng.integers(2, 7)), rng)
    release = pictures(int(rng.integers(12, 41)), rng, candidates)
    with pytest.MonkeyPatch.context() as patch:
        if rng.random() < 0.5:
            bounded(patch, int(rng.integers(1, 9)))
        found = in_shards(looking, candidates, release, sorted({one for one in cuts if one < len(release)}))
    with pytest.MonkeyPatch.context() as patch:
        if rng.random() < 0.5:
            bounded(patch, int(rng.integers(1, 9)))
        for attack, observed in zip(looking, found, strict=True):
            whole = attack.observed(View(candidates, release))
            assert observed.tobytes() == whole.tobytes(), attack
            assert observed.shape == whole.shape


def test_the_order_in_which_shards_are_done_plays_no_part():
    rng = np.random.default_rng(0)
    candidates = pictures(4, rng)
    release = pictures(30, rng, candidates)
    whole = View(candidates, release)
    for one in kept_of_shards([NearestNeighbour(k=7), StructuralSimilarity(), Mosaic()], 30):
        parts = [one.of(View(candidates, release[places])) for places in np.array_split(rng.permutation(30), 5)]
        assert one.together(parts[::-1]).tobytes() == one.together(parts).tobytes() == one.of(whole).tobytes()


def test_attacks_that_share_a_distance_share_what_is_kept():
    looking = [NearestNeighbour(), MonteCarlo(neighbours=9), RealRatio(distance="ncc"), NearestNeighbour(k=3)]
    kept = kept_of_shards(looking, 100)
    assert kept == [
        Nearest(Distance(), 9),
        Nearest(Distance(), 9),
        Nearest(Distance("ncc"), 1),
        Nearest(Distance(), 9),
    ]
    assert kept_of_shards([MonteCarlo()], 20) == [Nearest(Distance(), 20)]


def test_every_attack_on_releases_does_with_shards_or_is_said_to_look_at_all():
    found = found_so_far()
    looking = {
        name: attack()
        for name, attack in found.by_name.items()
        if name in found.built_in and issubclass(attack, ObservingAttack) and attack.observes is Access.RELEASE
    }
    whole = {name for name, attack in looking.items() if kept_of_shards([attack], 1000) == [None]}
    assert {name for name in whole if looking[name].calibration == "none"} == LOOK_AT_ALL
    assert whole >= {f"{name}_reg" for name in ("carlini", "retrieval", "learned_similarity")}
    assert {"knn_cal", "patch_reg", "ssim_lira", "mosaic_mid"} <= set(looking) - whole
    documented = (ROOT / "docs" / "machines.md").read_text(encoding="utf-8")
    (row,) = [line for line in documented.splitlines() if line.startswith("| `carlini`")]
    assert set(re.findall(r"`(\w+)`", row)) == LOOK_AT_ALL


@dataclass(frozen=True)
class Farther(NearestNeighbour):
    """It counts on the release's size."""

    def observe(self, view: View) -> Observed:
        return super().observe(view) * len(view.release)


@dataclass(frozen=True)
class Elsewhere(NearestNeighbour):
    """Its distances are others than its options say."""

    def nearest(self, view: View, k: int) -> Scores:
        return Distance("ncc").nearest(view, k)


@dataclass(frozen=True)
class Preselected(NearestNeighbour):
    """It observes as its parent."""

    k: int = 4


def test_a_subclass_that_looks_otherwise_sees_the_whole_release():
    assert kept_of_shards([Farther(), Elsewhere(), Preselected()], 50) == [None, None, Nearest(Distance(), 4)]


def test_an_extreme_is_kept_for_each_attack():
    assert kept_of_shards([Mosaic(), Mosaic(across=4)], 50) == [Extreme(Mosaic()), Extreme(Mosaic(across=4))]
