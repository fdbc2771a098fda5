"""`learned_similarity`: moved copies are found, cosines follow SSIM, and nothing but the candidates decides them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from attacks import embedding
from attacks.learned_similarity import LearnedSimilarity
from attacks.moves import turned
from attacks.ranking import auc
from attacks.similarity import ssim_matrix
from attacks.view import View
from harness.data.sources.phantom import phantom_slices

SIZE, N, M = 32, 24, 60
SHORT = LearnedSimilarity(steps=20)
COPIED = 5
SLICES = phantom_slices(N + M, 1, SIZE, seed=11).pixels
X, STRANGERS = SLICES[:N], SLICES[N:]
MOVES = {
    "mirrored": lambda x: x[:, ::-1],
    "turned": lambda x: turned(x[None], 10.0)[0],
    "of_another_contrast": lambda x: np.clip(np.rint(0.7 * x + 30.0), 0, 255).astype(np.uint8),
    "mirrored_and_turned": lambda x: turned(x[None, :, ::-1], 8.0)[0],
}


@pytest.fixture
def lessons(monkeypatch) -> list[np.ndarray]:
    """The slices of every teaching from here on; nothing that was taught before is known any more."""
    embedding._taught.cache_clear()
    seen = []
    monkeypatch.setattr(embedding, "ssim_matrix", lambda x, y: seen.append(x) or ssim_matrix(x, y))
    return seen


def observed(attack: LearnedSimilarity, candidates: np.ndarray = X, release: np.ndarray = STRANGERS) -> np.ndarray:
    return attack.observed(View(candidates, release))


@pytest.mark.parametrize("move", MOVES)
def test_a_moved_copy_among_strangers_is_found(move):
    release = STRANGERS.copy()
    release[7] = MOVES[move](X[COPIED])
    assert observed(LearnedSimilarity(), release=release).argmax() == COPIED


def test_ssim_does_not_find_what_is_mirrored_and_turned():
    """What the others of the test above would be worth nothing without."""
    release = STRANGERS.copy()
    release[7] = MOVES["mirrored_and_turned"](X[COPIED])
    assert ssim_matrix(X, release).max(axis=1).argmax() != COPIED


def test_shifted_copies_rank_above_others_where_ssim_does_not_see_them():
    copied, release = np.arange(N) < 8, STRANGERS.copy()
    release[:8] = np.pad(X[:8], ((0, 0), (1, 0), (1, 0)), mode="edge")[:, :SIZE, :SIZE]
    assert auc(observed(LearnedSimilarity(), release=release), copied) > 0.9
    assert auc(ssim_matrix(X, release).max(axis=1), copied) < 0.8


def test_without_moves_in_teaching_a_turned_copy_is_not_found():
    release = STRANGERS.copy()
    release[7] = MOVES["mirrored_and_turned"](X[COPIED])
    plain = LearnedSimilarity(turn=0.0, shift=0.0, contrast=0.0, flip=False)
    assert observed(plain, release=release).argmax() != COPIED


def test_cosines_follow_the_similarity():
    """Of pairs that were taught, and of slices that the network never saw."""
    plain = LearnedSimilarity(turn=0.0, shift=0.0, contrast=0.0, flip=False)
    network = embedding.taught(X, plain._teaching)
    for images, least in ((X, 0.95), (STRANGERS, 0.4)):
        features, pairs = network.embed(images), np.triu_indices(len(images), 1)
        assert np.corrcoef((features @ features.T)[pairs], ssim_matrix(images, images)[pairs])[0, 1] > least


def test_neither_order_nor_repeated_slices_play_a_part():
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(N), rng.permutation(M)
    whole = observed(SHORT)
    embedding._taught.cache_clear()
    assert np.array_equal(observed(SHORT, X[rows], STRANGERS[columns]), whole[rows])
    embedding._taught.cache_clear()
    assert np.array_equal(observed(SHORT, np.concatenate([X, X[:3]])), np.concatenate([whole, whole[:3]]))


def test_seeds_repeat_and_are_its_own():
    """On one thread and on two, whatever torch's own generator says, which stays as it is."""
    whole, before = observed(SHORT), torch.get_num_threads()
    torch.manual_seed(5)
    state = torch.get_rng_state()
    embedding._taught.cache_clear()
    torch.set_num_threads(2)
    try:
        assert np.array_equal(observed(SHORT), whole)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(torch.get_rng_state(), state)
    assert not np.array_equal(observed(replace(SHORT, teaching_seed=1)), whole)


def test_a_release_teaches_nothing():
    """Each released image by itself: what else is released, and which generator it is, changes no bit."""
    halves = [observed(SHORT, release=half) for half in (STRANGERS[:20], STRANGERS[20:])]
    assert np.array_equal(observed(SHORT), np.maximum(*halves))


def test_candidates_are_taught_once_for_all_generators(lessons):
    for release in (STRANGERS, STRANGERS[:9], X):
        observed(SHORT, release=release)
    assert [len(one) for one in lessons] == [N]


def test_nobody_is_compared_with_himself():
    among = SHORT.observed(View.of_candidates(X))
    assert among.max() < 1.0 - 1e-6
    assert np.allclose(observed(SHORT, release=X), 1.0)


def test_k_is_a_mean_of_the_largest():
    network = embedding.taught(X, SHORT._teaching)
    cosine = np.sort(network.embed(X) @ network.embed(STRANGERS).T, axis=1)
    assert np.allclose(observed(replace(SHORT, k=3)), cosine[:, -3:].mean(axis=1))
    with pytest.raises(ValueError, match="k=99"):
        observed(replace(SHORT, k=99))


def test_of_many_candidates_some_are_learnt_from(monkeypatch, lessons):
    """Those that their own content chooses, so that no order and no label can."""
    monkeypatch.setattr(embedding, "_MOST", 10)
    for candidates in (X, X[::-1]):
        embedding._taught.cache_clear()
        assert observed(SHORT, candidates).shape == (N,)
    assert len(lessons[0]) == 10
    assert np.array_equal(*lessons)


@pytest.mark.parametrize("shape", [(8, 8), (33, 47), (160, 144)], ids=str)
def test_images_of_other_shapes_are_seen(shape):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (12, *shape), dtype=np.uint8)
    assert observed(SHORT, images, images[::-1]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"steps": 0}, "steps=0"), ({"rate": 0.0}, "rate=0.0"), ({"turn": -1.0}, "turn=-1.0")],
)
def test_bad_options_are_refused_in_words(options, said):
    with pytest.raises(ValueError, match=said):
        LearnedSimilarity(**options)
