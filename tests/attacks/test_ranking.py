"""The AUC by which attacks choose their options on labelled shadows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from attacks.ranking import auc

MEMBER = np.array([True, True, False, False, False])


def test_it_is_the_share_of_pairs_with_ties_half():
    assert auc(np.array([3.0, 1.0, 0.0, 1.0, 2.0]), MEMBER) == (3 + 1.5) / 6
    assert auc(np.array([5.0, 4.0, 0.0, 1.0, 2.0]), MEMBER) == 1.0
    assert auc(np.array([0.0, 0.0, 1.0, 1.0, 2.0]), MEMBER) == 0.0
    assert auc(np.zeros(5), MEMBER) == 0.5


@pytest.mark.parametrize("n_values", [1, 2, 7, 10**9])
def test_it_agrees_with_scikit_learn(n_values):
    rng = np.random.default_rng(n_values)
    for n in (2, 3, 70, 257):
        member = np.arange(n) < max(1, n // 3)
        scores = rng.integers(0, n_values, n) / 7 - 1.0
        assert auc(scores, member) == pytest.approx(roc_auc_score(member, scores), abs=1e-12)


def test_equally_good_rankings_have_equal_values():
    """Whichever members are the better ones, and whatever the scores are."""
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 9, 70).astype(np.float64)
    member = rng.permutation(70) < 35
    for _ in range(20):
        order = rng.permutation(70)
        assert auc(np.exp(scores[order] / 3), member[order]) == auc(scores, member)


@pytest.mark.parametrize("member", [np.ones(3, bool), np.zeros(3, bool)])
def test_labels_of_one_kind_are_refused(member):
    with pytest.raises(ValueError, match="only one kind"):
        auc(np.arange(3.0), member)
