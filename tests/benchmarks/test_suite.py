"""The standard suites: their files, what may stand in one table, who leads by how much."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bare_runs import write_bare_run, write_manifest
from shapes import has_shape

from benchmarks.suite import running
from benchmarks.suite.__main__ import main
from benchmarks.suite.curve import draw_curve
from benchmarks.suite.definition import Suite, described, load_suite, suite_names
from benchmarks.suite.pooled import rates_over_tasks
from benchmarks.suite.results import Figure, leads, made_at, over_tasks, read_runs
from benchmarks.suite.running import Places, knn_elsewhere, run_task, steps_for
from benchmarks.suite.table import agreement, tables
from harness.config.settings import composed
from harness.errors import InputError
from harness.evaluation.estimate_text import number
from harness.evaluation.records import SCORE_COLUMNS

TEXT = """
version: 3
title: two families
about: tiny
levels: {weak: [0.55, 0.65], strong: [0.85, 0.95]}
attacks: "[knn,ssim]"
trainings: 9
options: [shadow.count=8, seed=7]
pools: {own: {options: [data=phantom, data.seed=9], digest: abc}}
tasks:
  a-weak: {pool: own, family: dct, level: weak, options: [shadow.steps=5], core_seconds: 10, mib: 512}
  a-strong: {pool: own, family: dct, level: strong, options: [shadow.steps=50], core_seconds: 20, mib: 512}
  b-weak: {pool: own, family: gan, level: weak, options: [shadow.steps=5], core_seconds: 30, mib: 512}
"""
OF_A_USER = TEXT.replace("[data=phantom, data.seed=9], digest: abc", "['data.root={folder}'], digest: null")


@pytest.fixture
def suite() -> Suite:
    return described("pair", TEXT, "pair.yaml")


def record(attack: str, auc: float) -> dict[str, Any]:
    figure = {"value": auc, "low": auc - 0.01, "high": auc + 0.01}
    rest = {
        "access": "release",
        "via": "release",
        "kind": "attack",
        "target_set": "shadow",
        "skipped": None,
        "ece": figure,
    }
    return {"attack": attack, "auc": figure, "tpr_at_fpr": {"0.01": figure, "0.001": {"value": None}}, **rest}


def write_run(folder: Path, of: str, aucs: Mapping[str, float], text: str = TEXT, **other: Any) -> Path:
    (folder / "run").mkdir(parents=True)
    about = {**described("pair", text, "pair.yaml").about_task(of), "pool": "abc", **other}
    (folder / "suite.json").write_text(json.dumps(about))
    others = [{**record("knn", 0.1), "target_set": "test"}, {**record("blind", 0.5), "skipped": "why"}]
    records = [*others, *(record(name, auc) for name, auc in aucs.items())]
    write_bare_run(folder / "run", records, facts={"commit": 5 * "0123456789"[:8] + "+"})
    return folder


@pytest.mark.parametrize("name", suite_names())
def test_the_tasks_of_every_suite_are_options_of_a_run(name: str) -> None:
    suite, met = load_suite(name), set[str | tuple[str, ...]]()
    for task, about in suite.tasks.items():
        if {about.pool, about.options} <= met:
            continue  # composed both: tasks are all pairs of pools and options
        met |= {about.pool, about.options}
        folder = "slices" if suite.pools[suite.tasks[task].pool].asks_folder else None
        settings = composed([*suite.words(task, folder), f"attack={suite.attacks}"])
        assert settings.recipe.name == suite.tasks[task].family
        assert suite.trainings == settings.shadow_count + 1, "the withheld generator is trained, too"
        assert suite.pools[suite.tasks[task].pool].asks_folder == (settings.data.name == "folder")
    lows_and_highs = [bound for level in suite.levels.values() for bound in level]
    assert lows_and_highs == sorted(lows_and_highs)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("pool: own, family: gan", "pool: owm, family: gan", "pair.yaml, tasks.b-weak: .*owm.*own"),
        ("level: strong, op", "level: loud, op", "pair.yaml, tasks.a-strong: .*loud"),
        ("digest: abc", "digest: null", "pair.yaml, pools.own: digest must be"),
        ("version: 3", "version: three", "pair.yaml, version: .*integer"),
        ("title: two families", "titel: two families", "pair.yaml, .*titel|title"),
        ("core_seconds: 30", "core_seconds: -1", "core_seconds: .*greater than 0"),
        ("strong: [0.85, 0.95]", "strong: [0.85, 1.95]", "levels.*less than or equal to 1"),
    ],
)
def test_a_fault_in_a_file_is_told_with_its_place(old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    with pytest.raises(ValueError, match=sentence):
        described("pair", TEXT.replace(old, new), "pair.yaml")


def test_a_suite_of_ones_own_slices_wants_a_folder() -> None:
    own = described(
        "pair",
        TEXT.replace("[data=phantom, data.seed=9]", "['data.root={folder}']").replace("abc", "null"),
        "pair.yaml",
    )
    with pytest.raises(InputError, match="--folder"):
        own.words("a-weak", None)
    assert own.words("a-weak", "there")[0] == "data.root=there"


def test_results_of_something_else_stand_in_no_table(suite: Suite, tmp_path: Path) -> None:
    write_run(tmp_path / "one", "a-weak", {"knn": 0.6})
    write_run(tmp_path / "older", "a-strong", {"knn": 0.9}, version=2)
    write_run(tmp_path / "other", "a-strong", {"knn": 0.9}, suite="pairs")
    write_run(tmp_path / "edited", "a-strong", {"knn": 0.9}, options="of other steps")
    write_run(tmp_path / "unknown", "a-strong", {"knn": 0.9}, task="a-stronger")
    write_run(tmp_path / "again" / "deeper", "a-weak", {"ssim": 0.7, "knn": 0.61})
    write_run(tmp_path / "mine", "a-weak", {"mine": 0.7, "knn": 0.6})
    write_run(tmp_path / "no-knn", "a-weak", {"mine": 0.7})
    assert [*read_runs(suite, [tmp_path / "one"])] == ["a-weak"]
    for folder in ("older", "other", "edited", "unknown"):
        with pytest.raises(InputError, match="cannot stand in one table"):
            read_runs(suite, [tmp_path / "one", tmp_path / folder])
    assert [*read_runs(suite, [tmp_path / "one", tmp_path / "mine"])["a-weak"]] == ["knn", "mine"]
    with pytest.raises(InputError, match="plain knn"):
        read_runs(suite, [tmp_path / "no-knn"])
    with pytest.raises(InputError, match="knn on the task a-weak once more, with other figures"):
        read_runs(suite, [tmp_path / "one", tmp_path / "again"])
    write_run(tmp_path / "apart", "a-strong", {"knn": 0.9}, pool="abd")
    with pytest.raises(InputError, match="of the pool abd, and not of abc"):
        read_runs(suite, [tmp_path / "one", tmp_path / "apart"])
    with pytest.raises(InputError, match="No run"):
        read_runs(suite, [tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("suite.json", "{}", "suite.json is not as a run of a suite writes it"),
        ("suite.json", "[1]", "suite.json is not as a run of a suite writes it"),
        ("run/results.json", "{}", "run holds no run that can be read"),
    ],
)
def test_a_file_of_something_else_is_told(suite: Suite, name: str, text: str, sentence: str, tmp_path: Path) -> None:
    there = write_run(tmp_path / "one", "a-weak", {"knn": 0.6})
    (there / name).write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_runs(suite, [there])


@pytest.mark.parametrize(
    ("found", "wanted", "steps"),
    [
        ([0.55, 0.65, 0.95], 0.65, 100),
        ([0.55, 0.65, 0.95], 0.60, 32),  # the square root of 10 x 100
        ([0.55, 0.65, 0.95], 0.55, 10),
        ([0.55, 0.65, 0.95], 0.54, None),
        ([0.55, 0.65, 0.95], 0.96, None),
        ([0.60, 0.50, 0.95], 0.55, 10),  # less with more steps: both are their mean
        ([0.60, 0.50, 0.95], 0.75, 316),
    ],
)
def test_steps_are_read_off_between_what_was_tried_and_never_beyond(
    found: list[float], wanted: float, steps: int | None
) -> None:
    assert steps_for([10, 100, 1000], found, wanted) == steps


@pytest.mark.parametrize(
    "words",
    [
        ["table", "phantom-64", "runs", "--picture", "x.bmp"],
        ["table", "phantom-64", "runs", "--picture", "none/x.png"],
        ["table", "phantom-64", "runs", "--markdown", "runs/x.md"],
        ["table", "phantom-64", "runs", "--markdown", "none/x.md"],
        ["run", "phantom-64", "--out", "file"],
        ["run", "phantom-64", "--attacks", "[knn,ssimm]"],
        ["run", "phantom-64", "--attacks", ""],
        ["plan", "phantom-64", "--folder", "runs"],
    ],
)
def test_a_mistake_in_the_options_is_a_sentence_and_nothing_is_run(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setattr(running, "run_harness", lambda *_: pytest.fail("something ran"))
    assert main(words) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "runs"]


@pytest.mark.parametrize("words", [["--steps", "0"], ["--steps", "5", "--repeats", "0"], ["--steps", "many"]])
def test_there_is_nothing_to_find_in_no_steps(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["find", "phantom-64", "dct-weak", *words])
    assert ended.value.code == 2


def test_slices_of_two_users_stand_in_no_table(tmp_path: Path) -> None:
    own = described("pair", OF_A_USER, "pair.yaml")
    for task, pool in (("a-weak", "mine"), ("b-weak", "mine"), ("a-strong", "yours")):
        write_run(tmp_path / task, task, {"knn": 0.6}, OF_A_USER, pool=pool)
    assert len(read_runs(own, [tmp_path / "a-weak", tmp_path / "b-weak"])) == 2
    with pytest.raises(InputError, match=r"of the pool .*, and not of"):
        read_runs(own, [tmp_path])


def test_an_attack_by_two_roads_has_two_lines(suite: Suite, tmp_path: Path) -> None:
    there = write_run(tmp_path / "one", "a-weak", {"knn": 0.6})
    records = [record("knn", 0.6), record("loss", 0.9), {**record("loss", 0.6), "via": "surrogate"}]
    write_bare_run(there / "run", records)
    assert [*read_runs(suite, [there])["a-weak"]] == ["knn", "loss", "loss@surrogate"]


def runs_of_both(tmp_path: Path) -> Path:
    write_run(tmp_path / "runs" / "3", "b-weak", {"knn": 0.6, "ssim": 0.9})
    write_run(tmp_path / "runs" / "1", "a-strong", {"knn": 0.8, "ssim": 0.85, "worse": 0.6, "once": 0.99})
    write_run(tmp_path / "runs" / "2", "a-weak", {"knn": 0.6, "ssim": 0.75, "worse": 0.5})
    return tmp_path / "runs"


def test_a_lead_is_the_area_over_plain_knn_within_families(suite: Suite, tmp_path: Path) -> None:
    found = leads(suite, read_runs(suite, [runs_of_both(tmp_path)]))
    assert [*found] == ["ssim", "knn", "worse"], "once met one task, and the second family has one alone"
    assert found == pytest.approx({"ssim": 0.1, "knn": 0.0, "worse": -0.15})


def test_each_family_has_an_order_of_its_own_and_suites_are_compared_on_those_that_both_have(tmp_path: Path) -> None:
    text = TEXT + "  b-strong: {pool: own, family: gan, level: strong, options: [], core_seconds: 30, mib: 512}\n"
    suite = described("pair", text, "pair.yaml")
    for task, plain, one, other in (("a-weak", 0.6, 0.8, 0.7), ("a-strong", 0.9, 0.9, 0.9)):
        write_run(tmp_path / task, task, {"knn": plain, "ssim": one, "mosaic": other}, text)
    for task, plain, one, other in (("b-weak", 0.6, 0.6, 0.9), ("b-strong", 0.9, 0.9, 0.9)):
        write_run(tmp_path / task, task, {"knn": plain, "ssim": one, "mosaic": other}, text)
    board = read_runs(suite, [tmp_path])
    orders = {one.title: [(row[0], row[-1]) for row in one.rows] for one in tables(suite, board, {})}
    assert orders["pair, dct: AUC"] == [("ssim", "+0.100"), ("mosaic", "+0.050"), ("knn", "+0.000")]
    assert orders["pair, gan: AUC"] == [("mosaic", "+0.150"), ("knn", "+0.000"), ("ssim", "+0.000")]
    assert leads(suite, board) == pytest.approx({"mosaic": 0.1, "ssim": 0.05, "knn": 0.0})
    assert [*leads(suite, board, ["dct"])] == ["ssim", "mosaic", "knn"]
    assert leads(suite, board, []) == {}


def test_a_suite_beside_another_is_compared_on_the_families_that_both_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The other family turns the order round, and is none of the smaller suite."""
    up, down = {"knn": 0.5, "ssim": 0.7, "mosaic": 0.9}, {"knn": 0.6, "ssim": 0.5, "mosaic": 0.1}
    for name, tasks in (
        ("phantom-64", {"dct-faint-a": up, "latent-faint-a": down, "latent-weak-a": {**down, "knn": 0.7}}),
        ("phantom-64-mini", {"dct-faint": up}),
    ):
        suite = load_suite(name)
        strong = {task.replace("dct-faint", "dct-strong"): {**up, "knn": 0.55} for task in tasks if "dct" in task}
        for task, aucs in {**tasks, **strong}.items():
            pool = suite.pools[suite.tasks[task].pool].digest
            folder = write_run(tmp_path / name / task, "a-weak", aucs)
            (folder / "suite.json").write_text(json.dumps({**suite.about_task(task), "pool": pool}))
    words = [str(tmp_path / "phantom-64"), "--beside", "phantom-64-mini", str(tmp_path / "phantom-64-mini")]
    assert main(["table", "phantom-64", *words]) == 0
    assert "rank 3 attacks on dct with Kendall's tau 1.00" in capsys.readouterr().out
    alone = [str(tmp_path / "phantom-64" / task) for task in ("latent-faint-a", "latent-weak-a")]
    assert main(["table", "phantom-64", *alone, *words[1:]]) == 2
    assert "phantom-64 and of phantom-64-mini have no family of generators in common" in capsys.readouterr().err


def test_levels_that_lie_close_together_count_for_little(tmp_path: Path) -> None:
    three = TEXT.replace(
        "b-weak: {pool: own, family: gan, level: weak", "b-next: {pool: own, family: dct, level: next"
    )
    three = three.replace("strong: [0.85, 0.95]", "next: [0.61, 0.62], strong: [0.85, 0.95]")
    suite = described("pair", three, "pair.yaml")
    for task, plain, other in (("a-weak", 0.6, 0.6), ("b-next", 0.61, 0.81), ("a-strong", 0.91, 0.91)):
        write_run(tmp_path / task, task, {"knn": plain, "ssim": other}, three)
    assert leads(suite, read_runs(suite, [tmp_path]))["ssim"] == pytest.approx(0.1)


def test_several_pools_of_a_level_are_one_point_and_one_cell(tmp_path: Path) -> None:
    two = TEXT.replace("b-weak: {pool: own, family: gan,", "b-weak: {pool: own, family: dct,")
    suite = described("pair", two, "pair.yaml")
    for task, plain, other in (("a-weak", 0.58, 0.6), ("b-weak", 0.62, 0.8), ("a-strong", 0.9, 0.9)):
        write_run(tmp_path / task, task, {"knn": plain, "ssim": other}, two)
    board = read_runs(suite, [tmp_path])
    assert leads(suite, board)["ssim"] == pytest.approx(0.05), "a triangle of 0.1 and nothing"
    given, auc, *_ = tables(suite, board, {})
    half_width = 0.01 * 2**0.5 / 2
    assert [row[1:] for row in given.rows] == [
        ["weak", "2 of 2", "0.55 to 0.65", f"0.600 [{0.6 - half_width:.3f}, {0.6 + half_width:.3f}]", "yes"],
        ["strong", "1 of 1", "0.85 to 0.95", "0.900 [0.890, 0.910]", "yes"],
    ]
    assert auc.head[2:4] == ["weak", "strong"]
    assert auc.rows[0][2].startswith("0.700 [0.69")
    del board["a-weak"]["knn"]  # where plain knn is missing, nothing can be set against it
    assert leads(suite, board)["ssim"] == pytest.approx((0.18 + 0.0) / 2)


def test_rates_at_few_false_alarms_are_of_all_slices_of_a_level_together(tmp_path: Path) -> None:
    two = TEXT.replace("b-weak: {pool: own, family: gan,", "b-weak: {pool: own, family: dct,")
    suite = described("pair", two, "pair.yaml")
    rng, n_targets, n = np.random.default_rng(5), 4, 900
    told = {}
    for task, apart in (("a-weak", 0.5), ("b-weak", 2.0), ("a-strong", 3.0)):
        member = rng.permuted(np.tile(np.arange(n) < n // 2, (n_targets, 1)), axis=1)
        told[task] = (member, rng.normal(apart * member))
        write_run(tmp_path / task, task, {"knn": 0.6}, two)
        rows = [
            f"shadow-{target},id{i},p{i:03d},knn,{float(told[task][1][target, i])!r},0.5,0,{int(member[target, i])}"
            for target in range(n_targets)
            for i in range(n)
        ]
        (tmp_path / task / "run" / "scores.csv").write_text("\n".join([",".join(SCORE_COLUMNS), *rows]) + "\n")
        write_manifest(tmp_path / task / "run")
    board = read_runs(suite, [tmp_path])
    rates = rates_over_tasks(suite, board, [tmp_path])
    assert [*rates] == [("dct", "weak")], "the other level has one task, and its own run's rates"
    member, score = (np.concatenate([told[task][of].ravel() for task in ("a-weak", "b-weak")]) for of in (0, 1))
    for fpr, field in ((0.01, "tpr_at_1_percent"), (0.001, "tpr_at_1_permille")):
        threshold = np.sort(score[~member])[::-1][int(fpr * (~member).sum())]
        found = rates["dct", "weak"]["knn"][field]
        assert found.value == pytest.approx((score[member] > threshold).mean())
        assert found.low < found.value < found.high
    permille = tables(suite, board, rates)[3]
    assert "0.1 %" in permille.title
    assert permille.rows[0][2:] == [number(rates["dct", "weak"]["knn"]["tpr_at_1_permille"].value), ""]


def test_a_mean_over_tasks_is_no_surer_than_its_parts() -> None:
    one, other = Figure(0.6, 0.5, 0.64), Figure(0.8, 0.8, 0.83)
    assert over_tasks([one]) == one
    assert over_tasks([one, other]) == pytest.approx((0.7, 0.7 - 0.1 / 2, 0.7 + 0.05 / 2))
    assert over_tasks([one, Figure(0.8, None, None)]) == (pytest.approx(0.7), None, None)
    assert over_tasks([one, Figure(None, None, None)]) == (None, None, None)


def test_the_tables_say_whether_the_levels_are_as_meant(suite: Suite, tmp_path: Path) -> None:
    board = read_runs(suite, [runs_of_both(tmp_path)])
    assert [*board] == ["a-weak", "a-strong", "b-weak"], "in the order of the suite"
    given, auc, tpr, *_ = tables(suite, board, {})
    held = [(*row[:3], row[-1]) for row in given.rows]
    assert held == [
        ("dct", "weak", "1 of 1", "yes"),
        ("dct", "strong", "1 of 1", "no"),
        ("gan", "weak", "1 of 1", "yes"),
    ]
    assert [row[0] for row in auc.rows] == ["ssim", "knn", "worse", "once"]
    assert auc.rows[0] == ["ssim", "release", "0.750 [0.740, 0.760]", "0.850 [0.840, 0.860]", "+0.100"]
    assert auc.rows[3][2] == "", "not met"
    assert tpr.rows[0][2:] == ["0.750", "0.850"]
    assert not any("0.1 %" in one.title for one in tables(suite, board, {})), "no task has slices enough for it"
    assert "| ssim | release | 0.750 [0.740, 0.760] |" in auc.markdown()


def test_a_table_says_at_which_commits_its_runs_were_made(tmp_path: Path) -> None:
    write_run(tmp_path / "one", "a-weak", {"knn": 0.6})
    other = write_run(tmp_path / "other", "a-strong", {"knn": 0.9})
    assert made_at([tmp_path]) == "The runs were made at 0123456+ (+: with changes)."
    write_manifest(other / "run", commit=None)
    assert made_at([tmp_path]) == "The runs were made at 0123456+, no commit (+: with changes)."
    write_manifest(other / "run", commit=40 * "a")
    assert made_at([tmp_path / "other"]) == "The runs were made at aaaaaaa."


def test_agreement_is_of_the_attacks_that_both_met() -> None:
    order = {name: place / 10 for place, name in enumerate("abcdefgh")}
    assert agreement(order, {**order, "else": 9.0})[:2] == pytest.approx((8, 1.0))
    assert agreement(order, {name: -value for name, value in order.items()}).tau == pytest.approx(-1.0)
    mixed = agreement(order, {**order, "a": 0.35, "f": 0.05})
    assert mixed.tau == pytest.approx(3 / 7)
    assert mixed.low < mixed.tau < mixed.high
    with pytest.raises(InputError, match="2 attacks"):
        agreement(order, {"a": 1.0, "b": 2.0})


def test_a_level_is_looked_for_on_other_seeds(suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def run(folder: Path, words: list[str]) -> None:
        asked.append(words)
        write_run(folder, "a-weak", {"knn": 0.61})

    monkeypatch.setattr(running, "run_harness", run)
    assert knn_elsewhere(suite, "a-weak", 30, 2, Places(tmp_path, None)) == 0.61
    (words,) = asked
    assert {"seed=1009", "data.seed=1011", "shadow.steps=30", "attack=knn", "shadow.count=4"} <= {*words}
    assert not {"seed=7", "data.seed=9", "shadow.steps=5", "shadow.count=8"} & {*words}


def test_another_pool_is_another_benchmark(suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(folder: Path, words: list[str]) -> None:
        write_bare_run(folder / "run", [], facts={"pool": pool})

    monkeypatch.setattr(running, "run_harness", run)
    pool = "abc"
    there = run_task(suite, "b-weak", tmp_path, Places(tmp_path / "store", None))
    has_shape("suite", there / "suite.json")
    assert json.loads((there / "suite.json").read_text()) == {**suite.about_task("b-weak"), "pool": "abc"}
    pool = "abd"
    with pytest.raises(InputError, match="another benchmark"):
        run_task(suite, "a-weak", tmp_path, Places(tmp_path / "store", None))
    assert not list(tmp_path.glob("a-weak/**/suite.json"))
    with pytest.raises(InputError, match="another benchmark"):
        run_task(suite, "b-weak", tmp_path, Places(tmp_path / "store", None))
    assert not (there / "suite.json").exists(), "of the run before"


def test_a_task_is_taken_up_again_and_met_by_other_attacks(tmp_path: Path) -> None:
    sizes = "data.patients=8, data.size=16, shadow.block=2, 'shadow.channels=[8]', shadow.n_images=8"
    text = OF_A_USER.replace("data.root={folder}", "report.pictures={folder}")
    text = text.replace("[shadow.steps=5]", f"[shadow.steps=2, {sizes}]").replace("count=8", "count=4")
    small = described("pair", text, "pair.yaml")
    places = Places(tmp_path / "store", "none", ("launch.workers=1",))
    first = run_task(small, "a-weak", tmp_path / "runs", places)
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("*.safetensors")}
    assert made
    assert run_task(small, "a-weak", tmp_path / "runs", places, "retrieval") != first
    assert made == {path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("*.safetensors")}
    found = read_runs(small, [tmp_path / "runs"])["a-weak"]
    assert {"knn", "ssim", "retrieval"} <= {*found}


def test_the_curve_is_the_same_picture_for_the_same_figures(suite: Suite, tmp_path: Path) -> None:
    board = read_runs(suite, [runs_of_both(tmp_path)])
    for name in ("one.png", "two.png"):
        draw_curve(tmp_path / name, suite, board)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("words", [["list"], ["plan", "phantom-64-mini"]])
def test_lists_and_plans_train_nothing(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert "phantom-64-mini" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["plan", "phantom-46"], ["plan", "phantom-64-mini", "--tasks", "dct-week"]])
def test_an_unknown_name_is_told_with_a_near_one(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "dct-weak" in (told := capsys.readouterr().err) or "phantom-64" in told
