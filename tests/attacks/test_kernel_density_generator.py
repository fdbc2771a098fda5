"""Attacks on a kernel-density generator: it draws a member and adds Gaussian noise of a bandwidth that is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from attacks.base import Attack, LabelledTarget, Reference, Target
from attacks.c2st import ClassifierTwoSample
from attacks.carlini import RelativeDistance, carlini_reg
from attacks.domias import DensityRatio
from attacks.dpi import DataPlagiarismIndex
from attacks.mc import MonteCarlo
from attacks.patch import TileDistance, patch_reg
from attacks.real_ratio import RealRatio
from attacks.retrieval import Retrieval, retrieval_cal, retrieval_reg

SIZE = 16


def kernel_density_release(members: np.ndarray, bandwidth: float, m: int, rng: np.random.Generator) -> np.ndarray:
    drawn = members[np.arange(m) % len(members)]
    return np.clip(drawn + rng.normal(0.0, bandwidth, drawn.shape), 0, 255).round().astype(np.uint8)


@pytest.fixture
def world(images):
    """`world(seed, bandwidth)`: 40 candidates, half of them drawn from by the target and by each of 4 references."""

    def make(seed: int, bandwidth: float, n: int = 40, m: int = 60) -> LabelledTarget:
        rng = np.random.default_rng(seed)
        x = images(n, SIZE, seed)
        held = [rng.permutation(n) < n // 2 for _ in range(3)]
        member, *halves = held
        references = [one for half in halves for one in (half, ~half)]
        target = Target(
            tuple(f"{i:02d}" for i in range(n)),
            x,
            kernel_density_release(x[member], bandwidth, m, rng),
            tuple(Reference(kernel_density_release(x[one], bandwidth, m, rng), one) for one in references),
        )
        return LabelledTarget(target, member)

    return make


def mean_auc(attack: Attack, judged: list[LabelledTarget], shadows: list[LabelledTarget]) -> float:
    attack = attack.fit(shadows) if attack.learns else attack
    return float(np.mean([roc_auc_score(one.member, attack.score(one.target)) for one in judged]))


# AUC to reach at a small bandwidth. dpi looks at a member's copies; a straight cut learns no single slice by heart.
REACHES = [
    (RealRatio(), 0.95), (Retrieval(), 0.95), (retrieval_cal(), 0.95), (retrieval_reg(), 0.95),
    (RelativeDistance(), 0.95), (carlini_reg(), 0.95), (TileDistance(), 0.95),
    (patch_reg(), 0.95), (MonteCarlo(), 0.95), (MonteCarlo(calibration="reg"), 0.95),
    (DensityRatio(), 0.95), (DataPlagiarismIndex(k=3), 0.95), (ClassifierTwoSample(), 0.7),
]  # fmt: skip


@pytest.mark.parametrize(
    ("attack", "reach"),
    REACHES,
    ids=lambda value: f"{value.name}-{value.calibration}" if isinstance(value, Attack) else "",
)
def test_members_are_found_at_a_small_bandwidth_and_not_at_a_huge_one(attack, reach, world):
    near, far = ([world(seed, bandwidth) for seed in range(12)] for bandwidth in (8.0, 2e4))
    assert mean_auc(attack, near[3:], near[:3]) > reach
    # 9 targets of 20 against 20: standard error 0.03
    assert abs(mean_auc(attack, far[3:], far[:3]) - 0.5) < 0.1


def test_mc_learns_its_radius_from_shadows_and_never_from_the_judged(world):
    shadows, judged = [world(seed, 8.0) for seed in range(3)], [world(seed, bw) for seed, bw in ((7, 2.0), (8, 90.0))]
    attack = MonteCarlo().fit(shadows)
    before = attack._radius
    for one in judged:
        attack.score(one.target)
    assert attack._radius == before
    # Pixel noise of 8 grey levels on 16 x 16 pixels: copies lie about 128 away, other slices hundreds.
    assert 110.0 < before < 500.0
    assert MonteCarlo().fit([world(seed, 30.0) for seed in range(3)])._radius > before
    assert MonteCarlo()._radius is None


def test_mc_judges_by_the_learnt_radius_whatever_company_a_slice_is_in(world, images):
    """A candidate's score does not move when the other candidates are exchanged for others."""
    attack = MonteCarlo().fit([world(seed, 8.0) for seed in range(3)])
    whole = world(7, 8.0).target
    strange = Target(whole.ids, whole.candidates.copy(), whole.release)
    strange.candidates[1:] = images(39, SIZE, 99)
    assert attack.score(strange)[0] == attack.score(whole)[0]


def test_mc_says_that_it_was_not_fitted(world):
    with pytest.raises(ValueError, match="has not been fitted"):
        MonteCarlo().score(world(0, 8.0).target)
