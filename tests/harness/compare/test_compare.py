"""Which rows may be ranked together, on made-up runs: those of equal task, data, candidates, access and edition."""

from __future__ import annotations

import hashlib
import json
import re

import numpy as np
import pytest
from made_up_runs import PATIENTS, members, write_run

from harness.compare import compare
from harness.compare.grids import won
from harness.compare.pictures import cells_of
from harness.compare.settings import Setting, apart
from harness.errors import InputError
from harness.evaluation.comparison import holm
from harness.evaluation.metrics import step_roc

BOTH = {"knn": 0.3, "ssim": 2.0}


def own_auc(run, attack: str) -> float:
    lines = [line.split(",") for line in (run / "scores.csv").read_text().splitlines()[1:]]
    score, member = (np.array([float(line[at]) for line in lines if line[3] == attack]) for at in (4, 7))
    return float(step_roc(score, member == 1, np.ones((1, len(score)))).auc()[0])


def test_seeds_are_averaged_and_attacks_of_several_runs_ranked(tmp_path):
    """A sweep: a run an attack and seed, whose generators are the seed's."""
    runs = {(n, s): write_run(tmp_path / f"{n}{s}", {n: BOTH[n]}, s) for n in BOTH for s in (0, 1)}
    found = compare([tmp_path])
    (table,) = found.tables
    assert [(row.attack, row.rank, row.n_seeds) for row in table.rows] == [("ssim", 1.0, 2), ("knn", 2.0, 2)]
    for row in table.rows:
        own = [own_auc(runs[row.attack, seed], row.attack) for seed in (0, 1)]
        assert [one.value for one in row.each] == pytest.approx(own)
        assert row.estimate.value == pytest.approx(np.mean(own))
        assert row.estimate.low < row.estimate.value < row.estimate.high
    assert table.wins == [], "two seeds show too little of how generators differ"
    assert "No attack is said to beat another: that takes 3 seeds" in " ".join(table.notes)
    assert "Two seeds say little" in " ".join(table.notes)
    assert f"2 seeds (0, 1) and {PATIENTS} patients" in table.notes[0]
    assert found.ranks == [], "seeds are no settings"
    assert found.n_runs == 4


@pytest.mark.parametrize("n_seeds", [2, 3])
def test_wins_are_of_three_seeds_or_more(tmp_path, n_seeds):
    for seed in range(n_seeds):
        for name, strength in BOTH.items():
            write_run(tmp_path / f"{name}-{seed}", {name: strength}, seed)
    (table,) = compare([tmp_path]).tables
    assert ("No attack is said to beat another" in " ".join(table.notes)) == (n_seeds < 3)
    assert [(one.attack, one.baseline) for one in table.wins] == [("ssim", "knn")] * (n_seeds >= 3)
    assert all(one.p_holm < 0.05 for one in table.wins), "they met on generators, though in different folders"


def test_pairs_are_corrected_over_all_of_a_setting_and_a_smaller_error_wins(tmp_path):
    for seed in range(5):
        write_run(tmp_path / str(seed), {"knn": 0.0, "mc": 0.8, "ssim": 3.0}, seed)
    (table,) = compare([tmp_path], metric="brier").tables
    assert [one.p_holm for one in table.wins] == holm([one.p_value for one in table.wins])
    assert any(one.p_holm > one.p_value for one in table.wins)
    wins = won(table.wins, larger_is_better=False)
    assert table.rows[0].attack == "ssim"
    assert wins["ssim", "knn"] == 1
    assert ("knn", "ssim") not in wins


def test_one_run_alone_says_what_its_interval_does_not_cover(tmp_path):
    found = compare([write_run(tmp_path / "run", BOTH)])
    assert "do not cover how the generators of another seed" in found.tables[0].notes[0]
    assert "2 pairs of shadows" in found.tables[0].notes[0]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"steps": 60}, "shadow.steps is 60, not 30"),
        ({"data_seed": 3}, "its data are others"),
        ({"patients": 24}, "its candidates are others"),
        ({"recipe": {"steps": 31}}, "its recipe is another"),
    ],
)
def test_what_is_not_alike_stands_apart_with_the_reason(tmp_path, other, reason):
    write_run(tmp_path / "a", BOTH)
    write_run(tmp_path / "b", BOTH, **other)
    first, second = compare([tmp_path]).tables
    assert first.apart is None
    assert reason in second.apart
    assert {row.rank for row in second.rows} == {1.0, 2.0}


def test_access_stands_apart_without_a_reason_its_title_has_it(tmp_path):
    write_run(tmp_path / "a", {"knn": 1.0})
    write_run(tmp_path / "b", {"knn_cal": 2.0}, access="references")
    first, second = compare([tmp_path]).tables
    assert (first.access, second.access) == ("release", "references")
    assert (first.apart, second.apart) == (None, None)
    assert [row.rank for row in (*first.rows, *second.rows)] == [1.0, 1.0]


def test_a_task_of_a_suite_is_no_other_run(tmp_path):
    write_run(tmp_path / "a", BOTH)
    write_run(tmp_path / "task" / "run", BOTH)
    told = {"suite": "pair", "version": 3, "task": "weak", "pool": "x"}
    (tmp_path / "task" / "suite.json").write_text(json.dumps(told))
    assert "it is pair v3 weak, not a run outside of a suite" in compare([tmp_path]).tables[1].apart


def test_attacks_of_other_seeds_are_not_ranked_together(tmp_path):
    """One of seed 0 alone and one of seed 1 alone met no common generators."""
    write_run(tmp_path / "a", {"knn": 1.0}, 0)
    write_run(tmp_path / "b", {"patch": 1.0}, 1)
    write_run(tmp_path / "c", {"ssim": 1.0, "mc": 0.5}, 0, steps=60)
    write_run(tmp_path / "d", {"ssim": 1.0, "mc": 0.5}, 1, steps=60)
    write_run(tmp_path / "e", {"knn": 1.0}, 1, steps=60)
    found = compare([tmp_path])
    assert [[row.attack for row in table.rows] for table in found.tables] == [
        ["knn"],
        ["patch"],
        ["ssim", "mc"],
        ["knn"],
    ]
    first, other, both, last = found.tables
    assert (first.apart, both.apart) == (None, "shadow.steps is 60, not 30")
    assert other.apart == "its attacks met the generators of seed 1, not of 0"
    assert last.apart == "shadow.steps is 60, not 30; its attacks met the generators of seed 1, not of 0, 1"
    assert "2 seeds (0, 1)" in both.notes[0]
    assert "One seed alone (1)" in other.notes[0]
    assert not any(table.wins for table in found.tables), "too few seeds for any"
    assert found.ranks == []
    beside = compare([tmp_path], by="seed").tables[0]
    assert [(row.attack, row.setting) for row in beside.rows] == [("knn", "seed 0"), ("patch", "seed 1")]


def test_mean_ranks_leave_out_who_was_not_ranked_with_the_others(tmp_path):
    for steps in (30, 60):
        for seed in (0, 1):
            write_run(tmp_path / f"{steps}-{seed}", BOTH, seed, steps=steps)
        write_run(tmp_path / f"{steps}-dpi", {"dpi": 9.0}, 0, steps=steps)
    (ranks,) = compare([tmp_path]).ranks
    assert (list(ranks.ranks), ranks.left_out) == (["ssim", "knn"], ["dpi"])


def test_an_attack_of_other_options_is_another(tmp_path):
    write_run(tmp_path / "a", {"knn": 1.0}, attack_options={"k": 1, "flip": False})
    write_run(tmp_path / "b", {"knn": 1.0}, attack_options={"k": 5, "flip": False})
    (table,) = compare([tmp_path]).tables
    assert sorted(row.attack for row in table.rows) == ["knn (k=1)", "knn (k=5)"]


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("stack", {"members": ["knn", "ssim"]}, {"members": ["knn", "mc"]}),
        ("learned", {"encoder": "/home/kowalska/a.pt"}, {"encoder": "/home/kowalska/b.pt"}),
    ],
)
def test_an_attack_of_other_text_is_another_and_private_text_stays_a_digest(tmp_path, name, one, other):
    for seed in (0, 1):
        write_run(tmp_path / f"a{seed}", {name: 1.0}, seed, attack_options=one)
        write_run(tmp_path / f"b{seed}", {name: 1.0}, seed, attack_options=other)
    (table,) = compare([tmp_path]).tables
    assert [row.n_seeds for row in table.rows] == [2, 2]
    (option,) = one
    assert all(re.fullmatch(rf"{name} \({option}=[0-9a-f]{{8}}\)", row.attack) for row in table.rows)
    assert len({row.attack for row in table.rows}) == 2


def test_runs_that_call_others_members_of_the_same_generators_are_left_out(tmp_path):
    write_run(tmp_path / "a", {"knn": 1.0})
    alone = compare([tmp_path])
    write_run(tmp_path / "b", {"ssim": 1.0}, others_used=True)
    write_run(tmp_path / "c", {"mc": 1.0}, others_used=True, steps=60)
    found = compare([tmp_path])
    assert [row.attack for row in found.rows] == ["knn", "mc"]
    assert found.rows[0].estimate == alone.rows[0].estimate
    (told,) = found.refused
    assert told.startswith("b is left out: of the same generators and candidates it calls others members than a does")
    assert found.n_runs == 2


def test_decisions_hang_on_the_rule_and_the_curve_a_ranking_on_neither(tmp_path):
    write_run(tmp_path / "a", BOTH)
    write_run(tmp_path / "b", BOTH, seed=1, top={"decision": "top_half"})
    write_run(tmp_path / "c", BOTH, seed=2, top={"calibrator": "isotonic"})
    (one,) = compare([tmp_path]).tables
    assert {row.n_seeds for row in one.rows} == {3}
    _, *apart = compare([tmp_path], metric="f1").tables
    told = " ".join(table.apart for table in apart)
    assert len(apart) == 2
    assert re.search(r'decision is "(top_half|probability)", not "', told)
    assert re.search(r'calibrator is "(isotonic|platt)", not "', told)
    assert len(compare([tmp_path], metric="brier").tables) == 2, "of the curve alone"


def test_a_target_of_many_digits_is_a_sentence(tmp_path):
    run = write_run(tmp_path / "a", BOTH)
    text = (run / "scores.csv").read_text().replace("shadow-3", f"shadow-{'9' * 30}")
    (run / "scores.csv").write_text(text)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"]["scores.csv"] = hashlib.sha256(text.encode()).hexdigest()
    (run / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="six digits at most"):
        compare([run])


def test_only_hidden_runs_are_no_runs(tmp_path):
    write_run(tmp_path / ".begun" / "a", BOTH)
    with pytest.raises(InputError, match="No run lies in"):
        compare([tmp_path])


def test_a_row_that_two_runs_have_counts_once(tmp_path):
    write_run(tmp_path / "a", {"knn": 1.0})
    write_run(tmp_path / "b", BOTH)
    found = compare([tmp_path, tmp_path / "a"])
    assert found.n_runs == 2, "a folder that is named twice is one"
    assert [row.n_seeds for row in found.rows] == [1, 1]
    assert "1 row of an attack and seed" in found.notes[0]


def test_settings_beside_one_another_are_not_ranked(tmp_path):
    for at, steps in enumerate((30, 60, 90)):
        write_run(tmp_path / str(steps), BOTH, seed=at, steps=steps)
    (beside,) = compare([tmp_path], by="shadow").tables
    assert [row.setting for row in beside.rows] == ["steps=30", "steps=60", "steps=90"] * 2
    assert {row.rank for row in beside.rows} == {None}
    assert "no ranking" in beside.notes[0]
    seeds = compare([tmp_path], by="seed").tables
    assert [row.setting for table in seeds for row in table.rows] == ["seed 0"] * 2 + ["seed 1"] * 2 + ["seed 2"] * 2


def test_mean_ranks_are_over_settings_each_access_for_itself(tmp_path):
    for steps in (30, 60, 90, 120):
        write_run(tmp_path / str(steps), {"knn": 0.0, "ssim": 1.5, "dpi": 4.0}, seed=steps, data_seed=steps)
    write_run(tmp_path / "other", {"knn_cal": 1.0, "ssim_cal": 2.0}, access="references")
    (ranks,) = compare([tmp_path]).ranks
    assert ranks.ranks == {"dpi": 1.0, "ssim": 2.0, "knn": 3.0}
    assert ranks.friedman.p_value == pytest.approx(np.exp(-4), rel=1e-6)  # chi-square 8 on 2
    assert "independent" not in " ".join(ranks.notes)


def test_slices_of_another_size_are_the_same_people(tmp_path):
    """No test: four sizes of one set of slices are no four sets; of other people's they are."""
    three = {"knn": 0.0, "ssim": 1.5, "dpi": 4.0}
    for size in (16, 32, 64, 128):
        for place, number in (("same", 0), ("others", size)):
            data = {"name": "phantom", "size": size, "seed": number}
            folder = write_run(tmp_path / place / str(size), three, data_seed=size, top={"data": data})
            assert folder.is_dir()
    (same,), (others,) = (compare([tmp_path / place]).ranks for place in ("same", "others"))
    assert same.ranks == others.ranks == {"dpi": 1.0, "ssim": 2.0, "knn": 3.0}
    assert (same.friedman, same.critical_difference) == (None, None)
    assert "all of one set of slices" in same.notes[0]
    assert others.friedman is not None


def test_settings_that_nothing_told_apart_are_not_one(tmp_path):
    """Generators made otherwise under the same options: each has its table, its name and its part in the ranks."""
    for number in range(4):
        recipe = {"steps": 30, "more": number}
        write_run(tmp_path / str(number), BOTH, seed=number, recipe=recipe)
    found = compare([tmp_path])
    assert len({table.title for table in found.tables}) == 4
    (ranks,) = found.ranks
    assert len(set(ranks.settings)) == 4
    assert len(cells_of(found, "release", found.settings).settings) == 4


def test_older_runs_are_read_and_unreadable_ones_counted(tmp_path):
    old = write_run(tmp_path / "a", BOTH)
    told = json.loads((old / "results.json").read_text())
    first = {
        name: told[name] for name in ("schema", "chosen", "choices", "alarms", "records")
    }  # of the first version
    first["run"] = {name: told["run"][name] for name in ("n_slices", "n_images", "seed")}
    (old / "results.json").write_text(json.dumps(first))
    (old / "manifest.json").unlink()
    write_run(tmp_path / "b", BOTH, schema=2)
    changed = write_run(tmp_path / "c", BOTH)
    (changed / "scores.csv").write_text((changed / "scores.csv").read_text().replace(",1\n", ",0\n", 1))
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "results.json").write_text("{")
    linked = write_run(tmp_path / "e", BOTH)
    (linked / "config.yaml").rename(tmp_path / "config.yaml")
    (linked / "config.yaml").symlink_to(tmp_path / "config.yaml")
    found = compare([tmp_path])
    assert found.n_runs == 1
    reasons = ("schema 2", "scores.csv was changed", "is no JSON", "is a link")
    assert all(reason in told for reason, told in zip(reasons, found.refused, strict=True))
    assert all("\n" not in told and told.endswith(".") for told in found.refused)
    with pytest.raises(InputError, match=r"None of 1 folders .* The first: .*schema 2"):
        compare([tmp_path / "b"])


def test_without_scores_the_records_speak(tmp_path):
    for seed in (0, 1):
        run = write_run(tmp_path / str(seed), {"knn": 1.0}, seed)
        (run / "scores.csv").unlink()
        manifest = json.loads((run / "manifest.json").read_text())
        del manifest["files"]["scores.csv"]
        (run / "manifest.json").write_text(json.dumps(manifest))
    one = compare([tmp_path / "0"]).rows[0].estimate
    assert (one.value, one.low, one.high) == (0.7, 0.6, 0.8)
    (table,) = compare([tmp_path]).tables
    assert (table.rows[0].estimate.value, table.rows[0].estimate.low, table.wins) == (0.7, None, [])
    assert "no scores.csv" in table.notes[0]


def test_alarms_and_commits_are_told(tmp_path):
    write_run(tmp_path / "a", BOTH, alarms=["wrong_target is off chance"])
    other = write_run(tmp_path / "b", BOTH, seed=1)
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps({**manifest, "commit": "b" * 40 + "+"}))
    alarm, commits = compare([tmp_path]).notes
    assert alarm.startswith("1 run raised an alarm")
    assert "aaaaaaa, bbbbbbb+ (+: with changes)" in commits


def test_a_rate_that_so_few_cannot_tell(tmp_path):
    found = compare([write_run(tmp_path / "a", BOTH)], metric="tpr@0.001")
    assert {row.estimate.reason for row in found.rows} == {"n too small"}
    assert {row.rank for row in found.rows} == {None}
    n = sum(int((~one).sum()) for one in members(0))
    assert found.tables[0].notes == [f"TPR@0.1 % takes 3,000 non-members to tell, and there are {n}: knn, ssim."]


def test_seeds_that_are_not_told_are_told_apart_by_their_releases(tmp_path):
    for seed in (0, 1):
        run = write_run(tmp_path / str(seed), {"knn": 1.0}, seed, run={"seed": None})
        assert run.is_dir()
    (row,) = compare([tmp_path]).rows
    assert [one.seed for one in row.each] == [None, None]
    assert len({one.value for one in row.each}) == 2


def test_the_same_again_gives_the_same_and_a_data_frame_holds_all(tmp_path):
    write_run(tmp_path / "a", BOTH)
    found = compare([tmp_path])
    assert compare([str(tmp_path)]) == found
    frame = found.to_pandas()
    assert list(frame["attack"]) == ["ssim", "knn"]
    assert list(frame["value"]) == [row.estimate.value for row in found.rows]


@pytest.mark.parametrize("given", [{"by": "colour"}, {"on": "dev"}, {"metric": "auk"}, {"on": "everything"}])
def test_names_that_are_none(tmp_path, given):
    run = write_run(tmp_path / "a", BOTH)
    with pytest.raises(InputError):
        compare([run], **given)


def test_a_folder_without_runs_is_a_mistake(tmp_path):
    with pytest.raises(InputError, match="No run lies in"):
        compare([tmp_path])


def test_an_option_that_one_run_has_alone_is_said_so(tmp_path):
    first = Setting("release", "", "phantom", "dct", "quick", "a", "b", (("data.patients", "16"),), "{}")
    assert apart(first._replace(options=()), first) == "it has no data.patients, which is 16 there"
    assert apart(first, first._replace(options=())) == "it has data.patients=16, which is not told there"
