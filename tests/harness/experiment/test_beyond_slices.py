"""Patients, fraction, epsilon and sets of a whole run: they stand in its files, and look at no truth of the test."""

from __future__ import annotations

import json

from tiny import TINY_PHANTOM, only_run

from harness.planning.plan import WithheldTruth


def test_a_run_answers_what_lies_above_slices(harness, monkeypatch):
    ran = harness(*TINY_PHANTOM, "attack=knn", "shadow.n_images=64")
    assert ran.code == 0, ran.err
    results = json.loads((only_run() / "results.json").read_text())
    row = next(one for one in results["records"] if one["attack"] == "knn, by patient")
    assert (row["kind"], row["of"], row["target_set"]) == ("patients", "knn", "shadow")
    assert row["n_members"] + row["n_nonmembers"] == 4 * 16
    beyond = results["beyond_slices"]
    assert 0.0 <= beyond["fraction_used"]["value"] <= 1.0
    assert beyond["empirical_epsilon"]["guesses"] <= 2 * 2
    assert beyond["empirical_epsilon"]["approximate"] is True
    sets = beyond["set_level"]
    assert [len(sets[name]) for name in ("own", "wrong", "by_scores")] == [4, 4, 4]
    assert all(0.0 < p <= 1.0 for of in sets.values() for p in of)
    words = " ".join(ran.out.split())
    assert "patients, each by the scores of all their slices" in words
    assert "of the candidates were used." in words
    assert "approximate, for halves are no coin throws" in words
    assert "As a set, members are nearer" in words

    before = {name: beyond[name] for name in beyond}
    opened = WithheldTruth.open
    monkeypatch.setattr(WithheldTruth, "open", lambda self: ~opened(self))
    assert harness(*TINY_PHANTOM, "attack=knn", "shadow.n_images=64").code == 0
    assert json.loads((only_run() / "results.json").read_text())["beyond_slices"] == before
