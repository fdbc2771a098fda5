"""What is not measured of the attacks is named, with the reason, beside what is."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks.power import attacks


def record(name: str, access: str, auc: float) -> dict:
    one = {"value": auc, "low": auc - 0.1, "high": auc + 0.01}
    rates = {"tpr_at_fpr": {"0.1": one}, "realised_fpr": {"0.1": {"value": 0.1}}, "ece": {"value": 0.0}}
    return {"attack": name, "access": access, "auc": one, "auc_per_target": [auc], **rates}


@pytest.fixture
def rows(monkeypatch):
    """The rows of a run with these attacks, on phantoms and on real slices, of which one could not run."""
    records = [
        record("knn", "release", 0.8),
        record("knn_cal", "references", 0.9),
        record("stack", "references", 0.85),
    ]
    found = attacks.Found({one["attack"]: one for one in records}, {"loss_cal": "no model"}, [], [], "knn")
    monkeypatch.setattr(attacks, "_run", lambda folder, overrides: found)

    def rows(slices: Path | None) -> dict:
        options = Namespace(lung_slices=slices, store=None, attacks="all", override=[])
        return {row.name: row for row in attacks.measure(options)}

    return rows


def test_without_real_slices_their_rows_are_named_as_skipped(rows):
    found = rows(None)
    assert found["lung slices: every attack"].skipped == "needs real slices (--lung-slices DIR)"
    assert found["phantom: knn"].holds


def test_an_attack_that_did_not_run_is_named_with_its_reason(rows, tmp_path):
    found = rows(tmp_path)
    assert found["loss_cal"].skipped == "no model"
    assert found["stack_model"].skipped == "was not asked for"
    assert "lung slices: every attack" not in found


def test_a_stack_is_held_against_the_best_single_attack_of_its_accesses(rows, tmp_path):
    row = rows(tmp_path)["stack: upper end of its interval"]
    assert (row.value, row.reach, row.holds) == (pytest.approx(0.86), 0.9, False)
