"""The main job in miniature: what it writes, that it repeats, that it goes on after an interruption."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from shapes import has_shape, run_has_shapes
from tiny import TINY, TINY_PHANTOM, WHOLE, only_run, records_of, score_rows, write_slices

from attacks.base import Access
from attacks.registry import find_attacks
from harness.data.sources.carried.files import carried
from harness.evaluation.decision_rules import DECISIONS
from harness.jobs import observe as observe_job
from harness.jobs import score as score_job
from harness.jobs import train as train_job
from harness.share.__main__ import main as share
from harness.share.allowed import WITHHELD
from harness.submission.files import check_submission


def files_of(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.iterdir() if path.name != "manifest.json"}


def all_passed_on(run: Path) -> bool:
    """Whether every text of a run's results may go out in a copy: see `harness/share/sentences.py` if not.

    Run and copy are held against the schemas that ship, too.
    """
    run_has_shapes(run)
    assert share([str(run), "--out", "copy"]) == 0
    has_shape("results", Path("copy", "results.json"))
    return not any(WITHHELD.encode() in path.read_bytes() for path in Path("copy").iterdir())


def test_the_miniature_challenge(harness):
    ran = harness(*TINY_PHANTOM, "attack=all", "shadow.count=6")
    assert ran.code == 0, ran.err
    results = json.loads(((run := only_run()) / "results.json").read_text())
    by_set = {s: {r["attack"]: r for r in results["records"] if r["target_set"] == s} for s in ("shadow", "test")}
    shadow = by_set["shadow"]
    assert set(find_attacks().by_name) <= set(shadow)
    ran_on_shadows = {name for name, r in shadow.items() if r["kind"] == "attack" and not r["skipped"]}
    asking = {name for name, attack in find_attacks().by_name.items() if attack().needs is Access.DISCRIMINATOR}
    assert set(find_attacks().by_name) - ran_on_shadows == {"blind", *asking}
    assert asking == {"logan", "logan_cal", "logan_lira", "logan_lira_t", "logan_reg"}
    assert all("gives a denoiser" in shadow[name]["skipped"] for name in asking)
    assert all(shadow[name]["n_targets"] == 6 for name in ran_on_shadows)
    assert all(shadow[name]["n_members"] + shadow[name]["n_nonmembers"] == 6 * 32 for name in ran_on_shadows)
    calls = {name: shadow[name]["network_calls"] for name in ("loss", "loss_cal", "reconstruction", "pfami", "knn")}
    assert calls == {"loss": 24, "loss_cal": 24 * 5, "reconstruction": 20, "pfami": 110, "knn": 0}

    # Controls of every attack that ran, all at chance, and the rows that peek.
    assert {f"wrong_target: {name}" for name in ran_on_shadows} <= set(shadow)
    assert {"blind", "pictures alone"} <= set(shadow)
    assert {f"shuffled labels: {name}" for name in ran_on_shadows} <= set(shadow)
    assert shadow["blind"]["kind"] == "control"
    assert shadow["oracle (peeks)"]["auc"]["value"] >= 0.5
    assert results["alarms"] == []

    # Only the chosen attack meets the test release; model attacks say why they cannot.
    chosen = results["chosen"]["attack"]
    assert shadow[chosen]["access"] in ("release", "references")
    applied = [name for name, r in by_set["test"].items() if r["kind"] == "attack" and not r["skipped"]]
    assert applied == [chosen]
    for name in ("loss", "reconstruction"):
        assert "model" in by_set["test"][name]["skipped"]
        assert by_set["test"][name]["f1"] is None

    # The trivial rows, and the submission that was scored.
    assert by_set["test"]["all used"]["f1"]["value"] == pytest.approx(2 / 3)
    assert by_set["test"]["none used"]["recall"]["value"] == 0
    rows = score_rows(run)
    tested = [row for row in rows if row["target"] == "test"]
    assert {row["attack"] for row in tested} == {chosen}
    ids = [row["candidate_id"] for row in tested]
    check_submission(run / "submission.csv", ids)
    handed_in = dict(line.split(",") for line in (run / "submission.csv").read_text().splitlines())
    right = np.mean([handed_in[row["candidate_id"]] == row["member"] for row in tested])
    assert by_set["test"][chosen]["accuracy"]["value"] == pytest.approx(right)
    assert f"accuracy {right:.3f}" in " ".join(ran.out.split())

    manifest = json.loads((run / "manifest.json").read_text())
    assert set(manifest["files"]) == {p.name for p in run.iterdir()} - {"manifest.json"}
    assert carried(run / "contact_sheet.png") == (), "grey pixels, and not who drew them when"
    assert f"**{chosen}**" in (run / "leaderboard.md").read_text()
    assert r"\toprule" in (run / "leaderboard.tex").read_text()
    page = (run / "report.html").read_text()
    assert all(re.search(rf"\b{name}\b", page) for name in find_attacks().by_name)
    assert manifest["pool"] in page
    assert set(results["decisions"]) == set(DECISIONS)
    assert {one["baseline"] for one in results["comparisons"]} == {"knn", "ssim"}
    assert {one["attack"] for one in results["power"]} == {chosen, "knn", "ssim"}
    assert all_passed_on(run)


def test_a_shadow_that_holds_the_slice_is_no_reference_and_scores_match_the_files(scored, harness):
    """Recompute `knn_cal` of shadow 0 from the stored releases alone."""
    assert harness(*TINY_PHANTOM, "attack=knn_cal").code == 0
    manifest = json.loads((only_run() / "manifest.json").read_text())
    pool = np.load(Path("store/pool") / manifest["pool"] / "pixels.npy").astype(float)
    releases = [np.load(Path("store/release") / g["release"] / "images.npy") for g in manifest["generators"]]
    rows = [row for row in score_rows(only_run()) if row["attack"] == "knn_cal"]  # and the control beside it
    by_shadow = [[row for row in rows if row["target"] == f"shadow-{j}"] for j in range(4)]
    member = np.array([[row["member"] == "1" for row in shadow] for shadow in by_shadow])
    assert np.array_equal(member[0], ~member[1])

    def log_nearest(x, release):
        return np.log(np.sqrt(((release.astype(float) - x) ** 2).sum(axis=(1, 2))).min())

    for i, row in enumerate(by_shadow[0]):
        (stranger,) = [j for j in (2, 3) if not member[j][i]]
        expected = log_nearest(pool[i], releases[stranger]) - log_nearest(pool[i], releases[0])
        assert float(row["score"]) == pytest.approx(expected, abs=1e-9)


def test_the_same_command_again_computes_nothing_and_gives_the_same(scored, harness, monkeypatch):
    words = [*TINY_PHANTOM, "attack=[knn,loss]", "out=run"]
    assert harness(*words).code == 0
    before = files_of(Path("run"))

    def forbidden(*_):
        raise AssertionError("a finished artefact was made again")

    for module, name in (
        (train_job, "_train"),
        (train_job, "_release"),
        (observe_job, "_observe"),
        (score_job, "_score"),
    ):
        monkeypatch.setattr(module, name, forbidden)
    assert harness(*words).code == 0
    assert files_of(Path("run")) == before


def test_an_interrupted_run_is_taken_up_and_ends_as_an_undisturbed_one(scored, harness, monkeypatch):
    undisturbed, resumed = Path("run"), Path("resumed")
    words = [*TINY_PHANTOM, "attack=[knn,knn_cal]"]
    assert harness(*words, "out=run").code == 0
    words += ["store.root=other", "out=resumed"]
    trained = []
    real = train_job._train

    def interrupting(job, *rest):
        trained.append(job.name)
        if job.name == "shadow 2" and trained.count("shadow 2") == 1:
            raise KeyboardInterrupt
        return real(job, *rest)

    monkeypatch.setattr(train_job, "_train", interrupting)
    interrupted = harness(*words)
    assert interrupted.code == 130
    assert "goes on from there" in interrupted.err
    assert not resumed.exists()
    assert harness(*words).code == 0
    assert trained == ["shadow 0", "shadow 1", "shadow 2", "shadow 2", "shadow 3", "withheld"]
    assert records_of(resumed) == records_of(undisturbed)
    assert (resumed / "scores.csv").read_bytes() == (undisturbed / "scores.csv").read_bytes()


def test_another_seed_is_another_experiment(ran, harness):
    assert harness(*WHOLE, "seed=1", "out=another").code == 0
    assert Path("another/scores.csv").read_text() != (ran / "scores.csv").read_text()


def test_worker_processes_give_the_numbers_of_this_process(ran, harness):
    workers = [option for option in WHOLE if not option.startswith("launch")]
    assert harness(*workers, "launch.workers=2", "store.root=other", "out=there").code == 0
    here, there = score_rows(ran), score_rows(Path("there"))
    assert [float(row["score"]) for row in here] == pytest.approx([float(row["score"]) for row in there], rel=1e-3)
    assert [row["member"] for row in here] == [row["member"] for row in there]


def test_options_of_an_attack_reach_it(ran, harness):
    assert harness(*WHOLE, "attack.knn.k=3", "out=three").code == 0
    assert Path("three/scores.csv").read_text() != (ran / "scores.csv").read_text()


def test_an_edition_has_no_truth_and_still_gets_a_submission(harness, images):
    """A folder of the 2023 shape: nothing is trained on the release, nothing is said about the truth."""
    root = Path("clef")
    rng = np.random.default_rng(0)
    write_slices(root / "dev/generated", images(20, 16, 1), "generated_{:04d}.png")
    write_slices(root / "dev/used", images(8, 16, 2), "used_{:04d}.png")
    write_slices(root / "dev/not_used", images(8, 16, 3), "not_used_{:04d}.png")
    candidates = images(12, 16, 4)
    copies = np.clip(candidates[:6].repeat(4, 0) + rng.normal(0, 3, (24, 16, 16)), 0, 255).astype(np.uint8)
    write_slices(root / "test/generated_1", copies, "generated_{:05d}.png")
    write_slices(root / "test/real_unknown_1", candidates, "real_unknown_{:04d}.png")
    ran = harness(*TINY, "data=imageclef2023", f"data.root={root}", "attack=[knn,loss]")
    assert ran.code == 0, ran.err
    run = only_run()
    check_submission(run / "submission.csv", [f"real_unknown_{i:04d}" for i in range(1, 13)])
    results = json.loads((run / "results.json").read_text())
    test = {r["attack"]: r for r in results["records"] if r["target_set"] == "test"}
    assert test["knn"]["f1"] is None
    assert test["knn"]["auc"] is None
    assert set(test) == {"knn", "loss", "knn, top half", "winner of 2023 (ssim)"}
    assert "16 of the 24 images of the test release" in ran.out
    dev = [r for r in results["records"] if r["target_set"] == "dev" and r["kind"] == "attack"]
    assert [(r["attack"], r["n_members"], r["n_nonmembers"]) for r in dev] == [("knn", 8, 8)]
    assert "not known here" in ran.out
    scores = {row["candidate_id"]: float(row["score"]) for row in score_rows(run) if row["target"] == "test"}
    # Judged at the count of a shadow, 16: with all 24 of the release looked at, some slice would come nearer.
    assert results["run"]["n_images"] == 16
    everything = np.sqrt(((copies[None].astype(float) - candidates[:, None]) ** 2).sum(axis=(2, 3)))
    found = np.exp(-np.array([scores[f"real_unknown_{i:04d}"] for i in range(1, 13)]))
    subset = [np.isclose(everything, value, rtol=1e-9).any(axis=1)[i] for i, value in enumerate(found)]
    assert all(subset)
    assert (found > everything.min(axis=1) + 1e-9).any()
    ranked = sorted(scores, key=scores.get, reverse=True)
    assert len({f"real_unknown_{i:04d}" for i in range(1, 7)} & set(ranked[:6])) >= 5


def test_dry_run_changes_nothing_but_reads_the_pool(harness):
    ran = harness(*TINY_PHANTOM, "dry_run=true")
    assert ran.code == 0
    assert ran.out.count(" no") >= 5
    assert not Path("runs").exists()
    assert {p.name for p in Path("store").iterdir()} == {"pool", "locks"}
    assert harness(*TINY_PHANTOM).code == 0
    assert "take seconds" in harness(*TINY_PHANTOM, "dry_run=true").out
    words = " ".join(ran.out.split())
    for on_top in ("before wrong targets", "power curves", "copies planted", "tests of whole sets", "members alone"):
        assert on_top in words


def test_a_run_replaces_its_own_folder_only(ran, harness):
    assert harness(*WHOLE, "decision=top_half").code == 0
    assert "top_half" in (ran / "config.yaml").read_text()
    assert sorted(p.name for p in Path().iterdir()) == ["run", "store"]
    (ran / "thesis.txt").write_text("mine")  # beside a manifest of ours, and still not ours
    assert harness(*WHOLE).code == 2
    assert (ran / "thesis.txt").read_text() == "mine"
    Path("precious").mkdir()
    Path("precious/manifest.json").write_text("{}")
    assert harness(*TINY_PHANTOM, "out=precious").code == 2
    assert Path("precious/manifest.json").read_text() == "{}"
