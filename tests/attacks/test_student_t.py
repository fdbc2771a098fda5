"""`lira_t`: the Student-t predictive against its formula, its limits, and what it is for: few references."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t
from sklearn.metrics import roc_auc_score

from attacks.difficulty_calibration import CALIBRATIONS
from attacks.student_t import MEAN_WEIGHT, SHAPE, log_predictive

N, J = 30, 8
RNG = np.random.default_rng(0)
DIFFICULTY = RNG.normal(0.0, 2.0, N)
OTHERS = DIFFICULTY + RNG.normal(0.0, np.linspace(0.2, 1.0, N), (J, N))
OWN = DIFFICULTY + RNG.normal(0.0, 1.0, N)
CHOSEN = RNG.random((J, N)) < 0.6
CHOSEN[:2] = True


def pooled_variance() -> float:
    columns = [OTHERS[CHOSEN[:, i], i] for i in range(N)]
    squares = sum(((one - one.mean()) ** 2).sum() for one in columns)
    return float(squares / sum(len(one) - 1 for one in columns))


def slow(i: int, k0: float, a0: float) -> float:
    """Candidate i's law, letter by letter as the table of formulas has it."""
    values = OTHERS[CHOSEN[:, i], i]
    n, m = len(values), values.mean()
    s = ((values - m) ** 2).sum()
    mu0, b0 = OTHERS[CHOSEN].mean(), a0 * pooled_variance()
    k, a = k0 + n, a0 + n / 2
    mu = (k0 * mu0 + n * m) / k
    b = b0 + s / 2 + k0 * n * (m - mu0) ** 2 / (2 * k)
    return float(t.logpdf(OWN[i], 2 * a, loc=mu, scale=np.sqrt(b * (k + 1) / (a * k))))


@pytest.mark.parametrize(("k0", "a0"), [(MEAN_WEIGHT, SHAPE), (3.0, 0.5), (1e-3, 20.0)])
def test_the_law_is_its_formula(k0, a0):
    expected = [slow(i, k0, a0) for i in range(N)]
    assert log_predictive(OWN, OTHERS, CHOSEN, k0, a0) == pytest.approx(expected, rel=1e-9)


def test_a_large_shape_leaves_the_pooled_variance_alone():
    n = CHOSEN.sum(axis=0)
    mean = np.array([OTHERS[CHOSEN[:, i], i].mean() for i in range(N)])
    expected = norm.logpdf(OWN, mean, np.sqrt(pooled_variance() * (n + 1) / n))
    assert log_predictive(OWN, OTHERS, CHOSEN, 1e-9, 1e6) == pytest.approx(expected, abs=1e-3)
    assert np.abs(log_predictive(OWN, OTHERS, CHOSEN, 1e-9, 1.0) - expected).max() > 0.1


def test_a_small_shape_leaves_a_candidates_own_variance_alone():
    """n values, n degrees of freedom, and their own mean of squares."""
    n = CHOSEN.sum(axis=0)
    columns = [OTHERS[CHOSEN[:, i], i] for i in range(N)]
    own = np.array([one.std() for one in columns])
    mean = np.array([one.mean() for one in columns])
    expected = t.logpdf(OWN, n, mean, own * np.sqrt((n + 1) / n))
    assert log_predictive(OWN, OTHERS, CHOSEN, 1e-9, 1e-9) == pytest.approx(expected, abs=1e-5)
    assert np.abs(log_predictive(OWN, OTHERS, CHOSEN, 1e-9, 1.0) - expected).max() > 0.1


def test_one_reference_on_either_side_will_do():
    held = np.stack([np.arange(N) % 2 == 0, np.arange(N) % 2 == 1])
    calibration = CALIBRATIONS["lira_t"]
    assert calibration.unfit(held) is None
    assert np.isfinite(calibration(OWN, OTHERS[:2], held)).all()
    assert CALIBRATIONS["lira"].unfit(held) is not None
    for shape in (1e-9, SHAPE, 1e6):
        assert np.isfinite(log_predictive(OWN, OTHERS[:2], held, MEAN_WEIGHT, shape)).all()


def test_each_side_has_its_own_law():
    held = np.zeros((J, N), dtype=bool)
    held[: J // 2] = True
    lifted = np.where(held, OTHERS + 3.0, OTHERS)
    score = CALIBRATIONS["lira_t"](OWN, lifted, held)
    assert score == pytest.approx(log_predictive(OWN, lifted, held) - log_predictive(OWN, lifted, ~held))
    assert CALIBRATIONS["lira_t"](OWN, lifted, ~held) == pytest.approx(-score)


def test_with_few_references_of_unequal_spread_it_parts_better_than_lira():
    """Four references, candidates whose signals vary ten times as much as others': over 20 worlds, mean AUC."""
    aucs = {"lira": [], "lira_t": []}
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n = 400
        spread, difficulty = rng.choice([0.2, 2.0], n), rng.normal(0.0, 2.0, n)
        first = [rng.permutation(n) < n // 2 for _ in range(2)]
        held = np.array([row for one in first for row in (one, ~one)])
        member = rng.permutation(n) < n // 2
        drawn = difficulty + held + spread * rng.standard_normal(held.shape)
        own = difficulty + member + spread * rng.standard_normal(n)
        for name, found in aucs.items():
            found.append(roc_auc_score(member, CALIBRATIONS[name](own, drawn, held)))
    assert np.mean(aucs["lira_t"]) > np.mean(aucs["lira"]) + 0.01
