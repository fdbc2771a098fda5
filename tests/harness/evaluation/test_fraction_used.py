"""The fraction used, from signals to decisions: where rates hang on the fraction nothing is told, elsewhere it is."""

from __future__ import annotations

import numpy as np
import pytest

from attacks.difficulty_calibration import CALIBRATIONS
from attacks.registry import find_attacks
from harness.data.splits import paired_halves, reference_shadows
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.fraction_used import fraction_used, why_untold
from harness.evaluation.predictions import predict, predict_held_out
from harness.evaluation.probability_calibration import ScoredTarget, fit_calibrator

KINDS = ["none", *CALIBRATIONS]
RULES = [name for name in DECISIONS if not name.startswith("real_real")]  # which want an attack's scores of reals


def judged(fraction, seed, *, kind="cal", rule="probability", n=300, count=8, shift=0.0, n_released=None):
    """Signals of as many shadows and a release, calibrated and decided as a run does; shift: sd between releases."""
    rng = np.random.default_rng(seed)
    held = paired_halves([str(one) for one in range(n)], count, seed)
    difficulty = rng.normal(size=n)
    signals = difficulty + held + 0.5 * rng.normal(size=(count, n)) + shift * rng.normal(size=(count, 1))
    m = n if n_released is None else n_released
    used = rng.permutation(m) < fraction * m
    harder = difficulty if n_released is None else rng.normal(size=m)
    faced = harder + used + 0.5 * rng.normal(size=m) + shift * rng.normal()

    def scored(own, target):
        if kind == "none":
            return own
        references = reference_shadows(target, count)
        return CALIBRATIONS[kind](own, signals[references], held[references])

    targets = [ScoredTarget(scored(signals[j], j), held[j], j // 2) for j in range(count)]
    taught = predict_held_out(targets, [np.arange(n)] * count, DECISIONS[rule])
    release = predict([scored(faced, None)], [fit_calibrator(targets)], [np.arange(m)], DECISIONS[rule])
    return fraction_used(
        release.decision,
        release.patient,
        decision=taught.decision,
        member=held.ravel(),
        unit=taught.unit,
        target=taught.target,
        patient_of_shadows=taught.patient,
        seed=0,
    )


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_holds_at_a_tenth_and_at_nine_tenths(kind, rule):
    """Scores with a clear lift: whoever is not marked must find both, and who is marked does not."""
    relative = kind != "none" and CALIBRATIONS[kind].relative
    if relative and rule != "probability":
        pytest.skip("marked twice")
    found = {fraction: [judged(fraction, seed, kind=kind, rule=rule) for seed in range(3)] for fraction in (0.1, 0.9)}
    misses = sum(not one.low <= fraction <= one.high for fraction, some in found.items() for one in some)
    moved = np.mean([one.value for one in found[0.9]]) - np.mean([one.value for one in found[0.1]])
    if why_untold("it", relative, rule) is None:
        assert misses <= 1
        assert moved == pytest.approx(0.8, abs=0.2)
    else:
        assert misses >= 3, "it is marked without need"


def test_attacks_whose_scores_are_set_against_each_other_say_so():
    by_name = find_attacks().by_name
    told = {name for name, attack in by_name.items() if attack().relative}
    assert {"knn_reg", "retrieval", "retrieval_cal", "stack", "loss_mlp", "gsa"} <= told
    assert not told & {"knn", "knn_cal", "knn_z", "knn_lira", "knn_lira_t", "ssim", "loss", "loss_cal", "mc", "sima"}


def test_why_nothing_is_told_stands_in_a_sentence():
    assert why_untold("knn_cal", False, "probability") is None
    assert "knn_reg sets every score against" in why_untold("knn_reg", True, "probability")
    assert "the rule top_half takes its own" in why_untold("knn", False, "top_half")


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_releases_that_differ_in_level_are_covered(fraction):
    """The released generator is none of the shadows: its level is another, and is drawn like theirs."""
    found = [judged(fraction, seed, kind="none", n=200, shift=0.4) for seed in range(40)]
    assert sum(one.low <= fraction <= one.high for one in found) >= 34


def test_few_small_shadows_leave_the_rates_open():
    """A release of many patients, whose own draw plays no part: what is left open are the rates of 24 patients."""
    found = [judged(0.5, seed, kind="none", n=24, count=4, n_released=4000) for seed in range(60)]
    told = [one for one in found if one.value is not None]
    assert len(told) > 50
    assert sum(one.low <= 0.5 <= one.high for one in told) >= 0.9 * len(told)


def rates(true, false, n=200):
    """Eight shadows' decisions at these very rates, and a release of which 0.3 are called."""
    member = np.tile(np.repeat([True, False], n // 2), 8)
    place = np.tile(np.tile(np.arange(n // 2), 2), 8)
    return fraction_used(
        np.arange(n) < 0.3 * n,
        np.arange(n),
        decision=place < np.where(member, true, false) * n // 2,
        member=member,
        unit=np.repeat(np.arange(4), 2 * n),
        target=np.repeat(np.arange(8), n),
        patient_of_shadows=np.tile(np.arange(n), 8),
        seed=0,
    )


def test_rates_that_are_hardly_apart_give_no_number():
    assert rates(0.31, 0.30).value is None
    assert rates(0.60, 0.20).value == pytest.approx(0.25)
