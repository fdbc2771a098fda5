"""The positive control of a run: who is planted, that plain copies are found, and that a run says what it misses."""

from __future__ import annotations

import numpy as np
import pytest
from rich.console import Console
from tiny import TINY_PHANTOM, only_run

from harness import pipeline
from harness.config.settings import composed
from harness.experiment.planted import PLANTED_KINDS, players


def test_a_slice_each_of_some_unused_patients_is_copied_and_their_others_are_not_shown():
    patients = np.array([f"p{i // 3}" for i in range(60)])
    member = np.repeat(np.arange(20) % 2 == 0, 3)
    shown, copied = players(patients, member, 4, np.random.default_rng(0))
    assert not (shown & member).any()
    assert copied.sum() == len(set(patients[copied])) == 4
    assert (shown | ~copied).all()
    assert not set(patients[copied]) & set(patients[shown & ~copied])
    assert (shown & ~copied).sum() == 3 * 6
    many = players(patients, member, 12, np.random.default_rng(0))[1]
    assert many.sum() == 5, "half of the patients are left alone"


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> dict:
    """What a run of two attacks found, one of which forgives a mirror image."""
    words = [*TINY_PHANTOM, "attack=[knn,ssim]", "attack.knn.flip=true", "shadow.n_images=64"]
    settings = composed([*words, f"store.root={tmp_path_factory.mktemp('planted')}"])
    outcome = pipeline.run(settings, Console(quiet=True))
    assert outcome.alarms == []
    return {one.attack: one for one in outcome.records if one.kind == "planted"}


def test_a_row_a_kind_and_attack(ran):
    assert set(ran) == {f"planted {kind}: {name}" for kind in PLANTED_KINDS for name in ("knn", "ssim")}
    for row in ran.values():
        assert row.n_targets == 4
        assert row.n_members == 4 * 4, "of eight patients that a shadow does without, four"
        assert row.n_nonmembers == 4 * 8
        assert row.control.startswith("planted ")


def test_plain_copies_are_found_and_mirrored_ones_by_whom_forgives_it(ran):
    auc = {name: row.auc.value for name, row in ran.items()}
    assert auc["planted noise: knn"] > 0.95
    assert auc["planted blur: knn"] > 0.95
    assert auc["planted flip: knn"] > 0.95
    assert auc["planted flip: ssim"] < auc["planted flip: knn"]


def test_the_table_shows_them_and_the_last_words_name_them(harness):
    told = harness(*TINY_PHANTOM, "attack=knn", "shadow.n_images=64")
    assert told.code == 0, told.err
    words = " ".join(told.out.split())
    assert "copies of others planted into releases, which must be found" in words
    assert "planted noise (1)" in words
    assert "Of copies planted into releases knn finds those with noise" in words
    assert "planted" in (only_run() / "leaderboard.tex").read_text()
