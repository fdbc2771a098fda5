"""What the report says of planted copies: which are surely found, and that what misses them gives no all-clear."""

from __future__ import annotations

import pytest

from harness.data.planted_copies import KINDS
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.experiment.planted import PLANTED_KINDS
from harness.report.sight import FOUND, all_clear_withheld, seen_told
from harness.report.table import sections
from harness.report.verdict import meaning

SURE, BLIND = Estimate(0.99, 0.95, 1.0), Estimate(0.5, 0.4, 0.6)
CHANCE = Record("knn", "release", "shadow", "release", auc=Estimate(0.51, 0.45, 0.57))


def row(kind: str, auc: Estimate, of: str = "knn") -> Record:
    control = f"planted {kind}"
    return Record(f"{control}: {of}", "none", "shadow", "release", kind="planted", control=control, of=of, auc=auc)


def test_which_are_found_goes_by_the_whole_interval():
    rows = [row("noise", SURE), row("flip", Estimate(0.91, 0.55, 1.0)), row("turn", BLIND, "ssim")]
    assert seen_told(rows, "knn") == (
        f"Of copies planted into releases knn finds those {KINDS['noise'].title} and does not surely find those "
        "mirrored left to right (AUC 0.910 [0.550, 1.000])."
    )
    assert "does not surely find" in seen_told([row("noise", Estimate(1.0))], "knn"), "no interval is no proof"
    assert "does not" not in seen_told([row("noise", Estimate(1.0, FOUND, 1.0))], "knn")


def test_an_attack_without_a_positive_control_says_so():
    told = "No positive control was made for loss"
    assert seen_told([row("noise", SURE)], "loss").startswith(told)
    assert seen_told([row("noise", Estimate(None), "loss")], "loss").startswith(told)
    (sentence,) = all_clear_withheld([row("noise", SURE)], "loss")
    assert told in sentence


@pytest.mark.parametrize("missed", [kind for kind in PLANTED_KINDS if KINDS[kind].needed])
def test_a_needed_kind_that_is_missed_takes_the_all_clear_back(missed):
    rows = [row(kind, BLIND if kind == missed else SURE) for kind in PLANTED_KINDS]
    first, back = meaning([CHANCE, *rows], "knn")
    assert "nothing here shows" in first
    assert back.startswith("That is no all-clear")
    assert f"{KINDS[missed].title} (AUC 0.500 [0.400, 0.600])" in back


def test_all_that_is_needed_and_found_leaves_it():
    rows = [row(kind, SURE if KINDS[kind].needed else BLIND) for kind in PLANTED_KINDS]
    assert len(meaning([CHANCE, *rows], "knn")) == 1
    found = Record("knn", "release", "shadow", "release", auc=Estimate(0.8, 0.7, 0.9))
    assert not any("all-clear" in one for one in meaning([found, row("noise", BLIND)], "knn"))


def test_the_table_shows_of_several_attacks_the_one_that_finds_them():
    ((title, rows),) = sections([row("flip", Estimate(0.62)), row("flip", Estimate(0.3), "ssim")])
    assert "the best" in title
    assert [(one.attack, one.auc.value) for one in rows] == [("planted flip (2)", 0.62)]
    control = Record("wrong_target: a", "none", "shadow", "none", kind="control", control="wrong_target", of="a")
    far = [Record(**{**control.__dict__, "auc": Estimate(auc)}) for auc in (0.62, 0.3)]
    ((_, rows),) = sections(far)
    assert rows[0].auc.value == 0.3
