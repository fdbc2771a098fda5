"""`evaluate`: figures are those of the commands, patients are resampled together, mistakes are sentences."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from harness.audit.leakage import measured
from harness.errors import InputError
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.measure import measure
from harness.evaluation.predictions import predict
from harness.evaluation.probability_calibration import ScoredTarget, fit_calibrator
from harness.library import attack, evaluate

RNG = np.random.default_rng(0)
MEMBER = np.arange(80) < 40
SCORE = RNG.normal(size=80) + MEMBER
PATIENT = np.repeat(np.arange(20), 4)


def test_figures_are_the_audits_and_those_of_scikit_learn():
    record = evaluate(SCORE, MEMBER, PATIENT)["scores"]
    theirs = measured(SCORE, MEMBER, PATIENT, 0)
    assert record.auc == theirs["auc"]
    assert record.tpr_at_fpr["0.1"] == theirs["0.1"]
    assert record.auc.value == pytest.approx(roc_auc_score(MEMBER, SCORE))
    assert record.f1.value == pytest.approx(f1_score(MEMBER, np.sort(SCORE)[-41] < SCORE))
    assert (record.n_members, record.n_nonmembers, record.resampled) == (40, 40, "patients")
    assert record.brier is None


def test_with_shadows_figures_are_those_of_a_run():
    shadows = [(RNG.normal(size=80) + MEMBER, MEMBER), (RNG.normal(size=80) + ~MEMBER, ~MEMBER)]
    record = evaluate({"knn": SCORE}, MEMBER, PATIENT, shadows=[({"knn": s}, m) for s, m in shadows])["knn"]
    calibrator = fit_calibrator([ScoredTarget(s, m, pair) for pair, (s, m) in enumerate(shadows)])
    rows = predict([SCORE], [calibrator], [PATIENT.astype(np.intp)], DECISIONS["probability"])
    wanted = measure(rows, MEMBER, 0)
    assert {name: getattr(record, name) for name in wanted} == wanted
    assert 0 < record.brier.value < 0.25


def test_slices_of_one_patient_are_resampled_together():
    score, member, patient = np.repeat(SCORE, 3), np.repeat(MEMBER, 3), np.repeat(np.arange(80), 3)
    together, apart = (evaluate(score, member, who)["scores"].auc for who in (patient, None))
    assert together.value == apart.value
    assert together.high - together.low > 1.4 * (apart.high - apart.low)
    assert evaluate(score, member, [f"P{one}" for one in patient])["scores"].auc.value == together.value


def test_decisions_of_ones_own_are_measured():
    record = evaluate(SCORE, MEMBER, decision=MEMBER)["scores"]
    assert record.f1.value == record.accuracy.value == 1.0
    assert evaluate(SCORE, MEMBER, decision=MEMBER).decision == "the caller"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"labels": MEMBER[:5]}, "labels must be 80 times"),
        ({"labels": np.arange(80)}, "labels must be 80 times"),
        ({"labels": np.ones(80)}, "members and non-members"),
        ({"patients": [1, 2]}, "patients names 2 patients for 80"),
        ({"decision": "probabilty", "shadows": [(SCORE, MEMBER)]}, "Did you mean probability"),
        ({"decision": "fixed_fpr"}, "give shadows="),
        ({"scores": np.full(80, np.nan)}, "scores of scores must be finite numbers; 80 of 80 are not"),
        ({"scores": ["high"] * 80}, "must be numbers"),
        ({"scores": np.ones((80, 2))}, "one number a candidate"),
        ({"scores": {}}, "there are none"),
        ({"scores": {"a": SCORE, "b": SCORE[:4]}}, "of b must be 80"),
        ({"scores": {"a": SCORE}, "shadows": [({"b": SCORE}, MEMBER)]}, "no scores of a"),
        ({"shadows": [(SCORE, np.ones(80))]}, "both classes"),
    ],
)
def test_mistakes_are_sentences(given, told):
    with pytest.raises(InputError, match=told):
        evaluate(**({"scores": SCORE, "labels": MEMBER} | given))


def test_a_table_of_attacks_shows_itself(world):
    found = evaluate(attack(world.slices, world.release, names=["knn", "mosaic"]), world.member, world.patients)
    frame = found.to_pandas()
    assert list(frame.index) == ["knn", "mosaic"]
    assert frame.loc["knn", "auc_low"] < frame.loc["knn", "auc"] < frame.loc["knn", "auc_high"]
    assert frame["tpr_at_fpr_0.01"].isna().all()  # 24 non-members cannot tell
    shown = found._repr_html_()
    assert f"{frame.loc['knn', 'auc']:.3f} [" in shown
    assert "resample patients; decisions by top_half." in shown
    labels = [line.get_label() for line in found.plot().lines]
    assert labels[0].startswith("knn 0.")
    assert labels[-1] == "guessing"


def test_a_table_is_one_line_and_names_what_it_lacks():
    found = evaluate({"knn": SCORE, "flat": RNG.normal(size=80)}, MEMBER)
    assert repr(found).startswith("<MetricTable of 2 attacks on 40 members and 40 non-members; the largest AUC 0.")
    assert repr(found).endswith("] by knn>")
    with pytest.raises(KeyError, match=r"no attack here 'nope'.*flat, knn"):
        found["nope"]


def test_a_data_frame_is_read_by_its_columns(world):
    scores = attack(world.slices, world.release, names=["knn", "mosaic"])
    assert evaluate(scores.to_pandas(), world.member).records == evaluate(scores, world.member).records
    assert (
        evaluate(scores.to_pandas()["knn"], world.member)["scores"].auc == evaluate(scores, world.member)["knn"].auc
    )


def test_names_of_others_are_escaped():
    assert "<b>" not in evaluate({"<b>": SCORE}, MEMBER)._repr_html_()
