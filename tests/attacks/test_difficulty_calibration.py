"""The calibrations on signals whose laws are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from attacks.difficulty_calibration import CALIBRATIONS, SMALLEST_SPREAD, check_calibration
from attacks.residuals import standardised

N = 40


def halves(pairs: int, n: int, seed: int) -> np.ndarray:
    """Bool [2 pairs, n]: complementary pairs, as a plan's shadows."""
    rng = np.random.default_rng(seed)
    first = [rng.permutation(n) < n // 2 for _ in range(pairs)]
    return np.array([row for one in first for row in (one, ~one)])


def gaussian_signals(out, within, held, seed=0):
    """Float64 [J, n]: of each slice's law (mean, sd) without x, or within where the generator held x."""
    z = np.random.default_rng(seed).standard_normal(held.shape)
    return np.where(held, within[0] + within[1] * z, out[0] + out[1] * z)


# Per-candidate laws; members spread three times as far as non-members, so that the sides cannot be exchanged.
OUT_MEAN = np.linspace(-3.0, 3.0, N)
OUT_SD, IN_SD = np.linspace(0.5, 1.0, N), np.linspace(1.5, 3.0, N)
IN_MEAN = OUT_MEAN + 1.0
OWN = OUT_MEAN + np.linspace(-1.0, 2.0, N)[::-1]


@pytest.fixture(scope="module")
def many():
    """20,000 references: the sample's mean and spread are the law's to about 1 %."""
    held = halves(10_000, N, seed=1)
    return held, gaussian_signals((OUT_MEAN, OUT_SD), (IN_MEAN, IN_SD), held)


def test_difference_is_from_the_mean_of_the_out_references(many):
    held, others = many
    assert CALIBRATIONS["cal"](OWN, others, held) == pytest.approx(OWN - OUT_MEAN, abs=0.05)


def test_z_is_golden_on_gaussian_signals(many):
    held, others = many
    expected = (OWN - OUT_MEAN) / (OUT_SD + SMALLEST_SPREAD)
    assert CALIBRATIONS["z"](OWN, others, held) == pytest.approx(expected, abs=0.08)


def test_lira_is_the_log_likelihood_ratio_with_each_spread_from_its_own_side(many):
    held, others = many
    expected = norm.logpdf(OWN, IN_MEAN, IN_SD) - norm.logpdf(OWN, OUT_MEAN, OUT_SD)
    assert CALIBRATIONS["lira"](OWN, others, held) == pytest.approx(expected, abs=0.15)
    for wrong_in, wrong_out in ((OUT_SD, OUT_SD), (IN_SD, IN_SD)):  # the published slip: one side's spread twice
        wrong = norm.logpdf(OWN, IN_MEAN, wrong_in) - norm.logpdf(OWN, OUT_MEAN, wrong_out)
        assert np.abs(wrong - expected).max() > 1.0


def test_lira_of_few_references_pools_one_spread_a_side():
    held = halves(8, N, seed=2)
    others = gaussian_signals((OUT_MEAN, 0.5), (IN_MEAN, 2.0), held)
    expected = np.zeros(N)
    for side, sign in ((held, 1.0), (~held, -1.0)):
        means = np.array([others[side[:, i], i].mean() for i in range(N)])
        squares = sum(((others[side[:, i], i] - means[i]) ** 2).sum() for i in range(N))
        sd = np.sqrt(squares / sum(side[:, i].sum() - 1 for i in range(N)))
        expected += sign * norm.logpdf(OWN, means, sd)
    assert CALIBRATIONS["lira"](OWN, others, held) == pytest.approx(expected, rel=1e-9)


def test_lira_reg_regresses_a_reference_without_itself_and_its_complement():
    held = halves(4, N, seed=2)
    others = gaussian_signals((OUT_MEAN, 0.5), (IN_MEAN, 2.0), held)
    residuals = np.empty_like(others)
    for j in range(8):
        rest = [i for i in range(8) if i // 2 != j // 2]  # halves come in pairs
        residuals[j] = CALIBRATIONS["reg"](others[j], others[rest], held[rest])
    expected = CALIBRATIONS["lira"](CALIBRATIONS["reg"](OWN, others, held), residuals, held)
    assert CALIBRATIONS["lira_reg"](OWN, others, held) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["cal", "reg", "huber", "isotonic", "ridge", "z"])
def test_what_in_references_showed_is_none_of_the_out_references(name):
    """Lifting what the in references showed leaves x's law by the out references as it was."""
    held = halves(4, N, seed=3)
    others = gaussian_signals((OUT_MEAN, 0.5), (IN_MEAN, 0.5), held)
    score = CALIBRATIONS[name](OWN, others, held)
    assert CALIBRATIONS[name](OWN, np.where(held, others + 7.0, others), held) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize("name", ["cal", "z"])
def test_fewer_references_keep_the_law_and_bring_no_zeros(name):
    """Every reference says 5 of every slice, and some slices have fewer out references: all still expect 5."""
    held = np.zeros((6, N), dtype=bool)
    held[:4, : N // 2] = True
    own = np.linspace(4.0, 6.0, N)
    score = CALIBRATIONS[name](own, np.full((6, N), 5.0), held)
    assert score == pytest.approx((own - 5.0) / (1.0 if name == "cal" else SMALLEST_SPREAD))


def test_slices_with_fewer_out_references_have_the_same_law():
    """Half of the slices have 2 out references, half have 6: without a member, both score alike around 0."""
    held = np.zeros((6, 4000), dtype=bool)
    held[:4, :2000] = True
    signals = np.random.default_rng(4).normal(5.0, 1.0, (7, 4000))
    score = CALIBRATIONS["cal"](signals[0], signals[1:], held)
    assert abs(score[:2000].mean()) < 0.1
    assert abs(score[2000:].mean()) < 0.1


@pytest.mark.parametrize("name", ["reg", "huber", "isotonic", "ridge"])
def test_a_regression_removes_a_targets_own_shift_and_scale(name):
    held = halves(4, N, seed=5)
    others = gaussian_signals((OUT_MEAN, 0.3), (IN_MEAN, 0.3), held)
    own = gaussian_signals((OUT_MEAN, 0.3), (IN_MEAN, 0.3), held[:1], seed=9)[0]
    score = CALIBRATIONS[name](own, others, held)
    assert CALIBRATIONS[name](40.0 + 3.0 * own, others, held) == pytest.approx(score, abs=1e-3)
    assert score.std() > 0.5


def test_mid_is_what_is_above_the_middle_of_both_kinds_however_many_there_are_of_each():
    held = np.array([[True] * 5 + [False] * 7, [True] * 5 + [True] * 7, [False] * 12, [False] * 12])
    others = np.where(held, 3.0, 1.0) + OUT_MEAN[:12]
    own = OUT_MEAN[:12] + 2.0 + np.linspace(-1.0, 1.0, 12)
    score = CALIBRATIONS["mid"](own, others, held)
    expected = np.linspace(-1.0, 1.0, 12)
    assert score == pytest.approx(expected / expected.std(), abs=1e-9)
    assert CALIBRATIONS["mid"](own + 40.0, others, held) == pytest.approx(score, abs=1e-9), "a target's own level"


def test_mid_allows_for_how_much_each_slice_rises():
    """Half of the rise is taken away, a slice's own: neither none of it nor all."""
    held = halves(3, N, seed=6)
    rise = np.linspace(0.5, 4.0, N)
    others = np.where(held, OUT_MEAN + rise, OUT_MEAN)
    line = np.random.default_rng(7).normal(size=N)
    line -= np.median(line)
    score = CALIBRATIONS["mid"](OUT_MEAN + rise / 2 + line, others, held)
    assert score == pytest.approx(line / line.std(), abs=1e-9)


def test_mid_takes_the_usual_rise_where_nobody_held_a_slice_and_none_where_nobody_held_any():
    held = np.zeros((4, N), dtype=bool)
    held[:2, ::2] = True
    others = np.where(held, 3.0, 1.0) + OUT_MEAN[:N]
    own = OUT_MEAN[:N] + np.linspace(-1.0, 1.0, N)
    line = np.linspace(-1.0, 1.0, N)
    line = line - np.median(line)
    assert CALIBRATIONS["mid"](own, others, held) == pytest.approx(line / line.std(), abs=1e-9)
    out = np.tile(OUT_MEAN[:N], (4, 1))
    alone = CALIBRATIONS["mid"](own, out, np.zeros((4, N), dtype=bool))
    assert alone == pytest.approx(line / line.std(), abs=1e-9)


def test_reg_is_the_residual_of_least_squares_over_its_deviation():
    held = halves(4, N, seed=5)
    others = gaussian_signals((OUT_MEAN, 0.3), (IN_MEAN, 0.3), held)
    expected = np.array([others[~held[:, i], i].mean() for i in range(N)])
    residual = OWN - np.polyval(np.polyfit(expected, OWN, 1), expected)
    assert CALIBRATIONS["reg"](OWN, others, held) == pytest.approx(residual / residual.std(), rel=1e-6)


def judged_world(seed: int, n: int = 200):
    """A target whose members are lifted, beside slices' own difficulty and a scale of the target's own."""
    rng = np.random.default_rng(seed)
    held = halves(8, n, seed + 100)
    member = rng.permutation(n) < n // 2
    difficulty = rng.normal(0.0, 2.0, n)
    others = gaussian_signals((difficulty, 0.3), (difficulty + 1.0, 0.5), held, seed)
    own = 10.0 + 4.0 * gaussian_signals((difficulty, 0.3), (difficulty + 1.0, 0.5), member[None], seed + 50)[0]
    return own, others, held, member


@pytest.mark.parametrize("name", ["reg", "huber", "isotonic", "ridge", "lira_reg"])
def test_calibrations_for_targets_of_another_scale_find_the_members(name):
    own, others, held, member = judged_world(0)
    assert roc_auc_score(member, own) < 0.75
    score = CALIBRATIONS[name](own, others, held)
    assert roc_auc_score(member, score) > 0.85
    order = np.random.default_rng(1).permutation(len(own))
    assert CALIBRATIONS[name](own[order], others[:, order], held[:, order]) == pytest.approx(score[order], abs=1e-3)


@pytest.mark.parametrize("name", sorted(CALIBRATIONS))
def test_a_target_that_knows_none_of_the_slices_tells_nothing(name):
    aucs = []
    for seed in range(12):
        _, others, held, member = judged_world(seed)
        out = np.array([others[~held[:, i], i].mean() for i in range(len(member))])
        stranger = out + np.random.default_rng(seed).normal(0.0, 0.3, len(member))
        aucs.append(roc_auc_score(member, CALIBRATIONS[name](stranger, others, held)))
    assert abs(np.mean(aucs) - 0.5) < 0.05  # 12 targets of 100 against 100: standard error 0.012


def test_huber_is_not_turned_by_a_few_plain_copies():
    """A tenth of the slices, those that are hardest to expect, are plain copies: the line stays with the rest."""
    held = halves(4, N, seed=6)
    others = np.tile(OUT_MEAN, (8, 1))
    own = 2.0 * OUT_MEAN + np.random.default_rng(7).normal(0.0, 0.1, N)
    own[:4] += 30.0
    turned = {
        name: abs(np.corrcoef(OUT_MEAN[4:], CALIBRATIONS[name](own, others, held)[4:])[0, 1])
        for name in ("reg", "huber")
    }
    assert turned["reg"] > 0.9
    assert turned["huber"] < 0.5


def test_signals_that_tell_nothing_stay_finite():
    held = halves(4, N, seed=8)
    constant = np.zeros((8, N))
    for name, calibration in CALIBRATIONS.items():
        for own in (np.zeros(N), OWN):
            assert np.isfinite(calibration(own, constant, held)).all(), name


@pytest.mark.parametrize(
    ("name", "n_in"),
    [("cal", 8), ("reg", 8), ("z", 7), ("lira", 7), ("lira", 1), ("lira_reg", 7), ("lira_reg", 1)],
)
def test_too_few_references_are_a_reason_in_words(name, n_in):
    """The poorest slice decides: of 8 references, 4 held each of the others."""
    held = halves(4, N, seed=0)
    calibration = CALIBRATIONS[name]
    assert calibration.unfit(held) is None
    held[:, 0] = np.arange(8) < n_in
    reason = calibration.unfit(held)
    assert f"{calibration.out_references} references without and {calibration.in_references} with" in reason
    assert "larger shadow.count" in reason
    with pytest.raises(ValueError, match="cannot be done"):
        calibration(OWN, np.zeros(held.shape), held)


def test_an_unknown_calibration_is_refused_with_what_there_is():
    check_calibration("none")
    with pytest.raises(ValueError, match=r"no calibration 'regg'\. Did you mean .*reg.*\? There are: none, cal, reg"):
        check_calibration("regg")


def test_what_is_constant_but_for_rounding_tells_nothing():
    """The out references' mean of a signal that sits at its floor differs in the last digit, and by order alone."""
    floor = np.full(N, 6.9)
    floor[::3] = np.nextafter(6.9, 7.0)
    columns = standardised(np.stack([floor, OUT_MEAN], axis=1))
    assert (columns[:, 0] == 0.0).all()
    assert columns[:, 1].std() == pytest.approx(1.0)
    held = halves(3, N, seed=2)
    others = np.tile(floor, (6, 1))
    for name in ("reg", "ridge", "huber"):
        assert np.corrcoef(CALIBRATIONS[name](OWN, others, held), OWN)[0, 1] == pytest.approx(1.0, abs=1e-9)
