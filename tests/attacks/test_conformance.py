"""What every registered attack must do, whoever wrote it: one table of worlds, all attacks through it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from attacks.base import Access, Attack, Reference, Target
from attacks.registry import find_attacks
from harness.splits import paired_halves, reference_shadows

SIZE, N = 16, 40
ATTACKS = sorted(find_attacks().by_name.items())
every_attack = pytest.mark.parametrize("attack_class", [cls for _, cls in ATTACKS], ids=[name for name, _ in ATTACKS])


@pytest.fixture
def noisy_copies():
    """`noisy_copies(sources, seed)`: three noisy 8-bit copies of each image, what a generator that leaks releases."""

    def make(sources: np.ndarray, seed: int, noise_sd: float = 6.0) -> np.ndarray:
        noise = np.random.default_rng(seed).normal(0, noise_sd, (3, *sources.shape))
        return np.clip(sources + noise, 0, 255).round().astype(np.uint8).reshape(-1, SIZE, SIZE)

    return make


@pytest.fixture
def make_target(noisy_copies, memorising_denoiser):
    """A target whose generator releases noisy copies of `trained_on`, with references of other generators."""

    def make(candidates: np.ndarray, trained_on: np.ndarray, seed: int = 0) -> Target:
        rng = np.random.default_rng(seed)
        references = []
        for number in range(4):
            held = rng.permutation(len(candidates)) < len(candidates) // 2
            held = held if number % 2 == 0 else ~references[-1].held
            references.append(Reference(noisy_copies(candidates[held], 100 + number), held))
        return Target(
            ids=tuple(f"slice_{i:03d}" for i in range(len(candidates))),
            candidates=candidates,
            release=noisy_copies(trained_on, 7),
            references=tuple(references),
            model=memorising_denoiser(trained_on, bandwidth=0.03),
        )

    return make


@pytest.fixture
def candidates(images) -> np.ndarray:
    return images(N, SIZE, seed=1)


def members_of(n: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).permutation(n) < n // 2


@every_attack
def test_planted_copies_are_found(attack_class, candidates, make_target):
    member = members_of(N)
    scores = attack_class().score(make_target(candidates, candidates[member]))
    assert roc_auc_score(member, scores) > 0.95


@pytest.fixture
def wrong_target_auc(candidates, images, noisy_copies, memorising_denoiser):
    """The control of attacks.md: a plan's shadow 0, judged by a generator that saw no candidate at all.

    Its complement, shadow 1, is a noisy generator, so a reference that only members get would lift their scores.
    `trap=True` plants just that, the complement among the references. Without a leak the mean AUC is 0.5.
    """

    def measure(attack: Attack, trap: bool = False) -> float:
        aucs = []
        for seed in range(12):
            member = paired_halves([str(i) for i in range(N)], 4, seed)
            references = [*reference_shadows(0, 4), *([1] if trap else [])]
            strangers = images(N // 2, SIZE, seed=1000 + seed)
            wrong = Target(
                ids=tuple(f"slice_{i:03d}" for i in range(N)),
                candidates=candidates,
                release=noisy_copies(strangers, 500 + seed),
                references=tuple(
                    Reference(noisy_copies(candidates[member[j]], 10 * seed + j, 90 if j == 1 else 6), member[j])
                    for j in references
                ),
                model=memorising_denoiser(strangers, bandwidth=0.03),
            )
            aucs.append(roc_auc_score(member[0], attack.score(wrong)))
        return float(np.mean(aucs))

    return measure


@every_attack
def test_wrong_target_tells_nothing(attack_class, wrong_target_auc):
    assert abs(wrong_target_auc(attack_class()) - 0.5) < 0.1  # 12 targets of 20 against 20: standard error 0.03


def test_wrong_target_finds_the_complement_among_the_references(wrong_target_auc):
    """The control has teeth: with the trap planted, a calibrated attack tells members from nothing at all."""
    assert wrong_target_auc(find_attacks().by_name["knn_cal"](), trap=True) > 0.65


@every_attack
def test_permuting_ids_permutes_scores(attack_class, candidates, make_target):
    target = make_target(candidates, candidates[members_of(N)])
    order = np.random.default_rng(5).permutation(N)
    np.testing.assert_allclose(
        attack_class().score(target.reordered(order)), attack_class().score(target)[order], rtol=1e-9
    )


@every_attack
def test_method_itself_ignores_the_order_of_files(attack_class, candidates, make_target):
    """`score` sorts by id, so the method behind it is tried with other ids on the same slices."""
    target = make_target(candidates, candidates[members_of(N)])
    order = np.random.default_rng(6).permutation(N)
    np.testing.assert_allclose(
        attack_class()._score(target.reordered(order)), attack_class()._score(target)[order], rtol=1e-6, atol=1e-9
    )


@every_attack
def test_equal_slices_score_equally(attack_class, candidates, make_target):
    member = members_of(N)
    twice = candidates.copy()
    first, second = np.flatnonzero(~member)[:2]
    twice[second] = twice[first]
    target = make_target(twice, twice[member])
    references = tuple(
        Reference(r.release, np.where(np.arange(N) == second, r.held[first], r.held)) for r in target.references
    )
    scores = attack_class().score(Target(target.ids, twice, target.release, references, target.model))
    assert scores[first] == pytest.approx(scores[second], rel=1e-9)


@every_attack
def test_scores_are_finite_float64_and_repeat(attack_class, candidates, make_target):
    target = make_target(candidates, candidates[:5])
    scores = attack_class().score(target)
    assert scores.dtype == np.float64
    assert scores.shape == (N,)
    assert np.isfinite(scores).all()
    assert np.array_equal(scores, attack_class().score(target))


@every_attack
def test_exact_copies_in_the_release_stay_finite(attack_class, candidates, memorising_denoiser, make_target):
    target = make_target(candidates, candidates[:5])
    model = memorising_denoiser(candidates, bandwidth=1e-3)
    exact = Target(target.ids, candidates, candidates.copy(), target.references, model)
    assert np.isfinite(attack_class().score(exact)).all()


@every_attack
def test_says_why_it_cannot_run(attack_class, candidates):
    bare = Target(tuple(map(str, range(N))), candidates, candidates[:4])
    reason = attack_class().skip(bare)
    if attack_class.needs is Access.RELEASE:
        assert reason is None
    else:
        assert reason.endswith(".")
        with pytest.raises(ValueError, match="cannot run here"):
            attack_class().score(bare)


@every_attack
def test_is_documented(attack_class: type[Attack]):
    assert attack_class.__doc__
    assert attack_class.name in find_attacks().by_name


def test_no_field_of_a_target_holds_labels(candidates, make_target):
    """A target is the same whatever the labels were called: only members' pixels act on it."""
    assert set(Target.__dataclass_fields__) == {"ids", "candidates", "release", "references", "model"}
    assert set(Reference.__dataclass_fields__) == {"release", "held", "model"}
