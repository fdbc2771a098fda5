"""A simulated challenge: what is handed out, what is not, and what a submission scores against its truth."""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from shapes import has_shape
from tiny import STEPS, TINY, only_run, write_slices

from harness.challenge import __main__ as challenge
from harness.challenge.make import neutral_names
from harness.challenge.split import split_patients
from harness.data.options import PhantomData
from harness.data.pool import load_pool
from harness.data.sources.carried.files import carried_by
from harness.data.sources.phantom import phantom_slices
from harness.errors import InputError
from harness.experiment.executor import Executor
from harness.store import Store
from harness.submission.score import score_submission
from harness.submission.truth import Truth, read_used
from shadow_models.generator import load_generator

TARGET = [option.replace("shadow.", "target.") for option in TINY if "n_images" not in option]
SIZES = ["dev.patients=2", "dev.n_images=6", "test.patients=3", "test.n_images=12"]
MAKE = ["make", *TARGET, *SIZES, "data.patients=14", "data.slices=2"]


class Ran:
    """Exit code, and what was printed, its white space folded."""

    def __init__(self, code, captured):
        self.code, self.out, self.err = code, " ".join(captured.out.split()), " ".join(captured.err.split())


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """`command("make", ...)` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["harness.challenge", *words])
        return Ran(challenge.main(), capsys.readouterr())

    return call


def names(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def images(folder):
    return np.stack([np.asarray(Image.open(Path(folder) / name)) for name in names(folder) if name.endswith("png")])


def truth_rows(path):
    with Path(path).open() as file:
        return list(csv.DictReader(file))


def test_a_challenge_has_the_layout_and_names_of_the_edition(command):
    ran = command(*MAKE, "out=made")
    assert ran.code == 0, ran.err
    assert "--help" not in ran.out
    assert "data=imageclef2023 data.root=made/challenge data.size=16 data.extra=made/extra" in ran.out
    assert names("made") == ["challenge", "challenge.json", "extra", "truth.csv"]
    assert names("made/challenge") == ["dev", "test"]
    numbered = {
        "dev/generated": [f"generated_{i:04d}.png" for i in range(1, 7)],
        "dev/used": [f"used_{i:04d}.png" for i in range(1, 5)],
        "dev/not_used": [f"not_used_{i:04d}.png" for i in range(1, 5)],
        "test/generated_1": [f"generated_{i:05d}.png" for i in range(1, 13)],
        "test/real_unknown_1": [f"real_unknown_{i:04d}.png" for i in range(1, 13)],
    }
    assert {folder: names(f"made/challenge/{folder}") for folder in numbered} == numbered
    assert carried_by(sorted(Path("made").rglob("*.png"))) == [], "grey pixels and nothing else"
    (release,) = Path("store/release").glob("*/images.npy")
    released = np.concatenate([images("made/challenge/dev/generated"), images("made/challenge/test/generated_1")])
    assert np.array_equal(released, np.load(release)), "all images of the one generator, each once"


def test_the_generator_learnt_those_called_used_and_nobody_else(command):
    command(*MAKE, "out=made")
    truth = truth_rows("made/truth.csv")
    assert [row["id"] for row in truth] == [f"real_unknown_{i:04d}" for i in range(1, 13)]
    assert sum(row["used"] == "1" for row in truth) == 6
    used = np.array([row["used"] == "1" for row in truth])
    candidates = images("made/challenge/test/real_unknown_1")
    learnt = np.concatenate([candidates[used], images("made/challenge/dev/used")])
    (pool,) = Path("store/pool").glob("*/pixels.npy")
    (facts,) = [json.loads(Path("made/challenge.json").read_text())]
    has_shape("challenge", Path("made/challenge.json"))
    settings_pool = load_pool(PhantomData(size=16, patients=14, slices=2), Store(Path("store")))
    split = split_patients(settings_pool, 2, 3, 0)
    assert facts["members"] == len(learnt) == 10
    assert {x.tobytes() for x in learnt} == {x.tobytes() for x in np.load(pool)[split.members]}


def test_members_of_whom_nobody_asks_are_learnt_and_handed_out_nowhere(command):
    command(*MAKE, "more_members=3", "out=made")
    pool = load_pool(PhantomData(size=16, patients=14, slices=2), Store(Path("store")))
    split = split_patients(pool, 2, 3, 0, 3)
    assert len({pool.patient_ids[place] for place in split.more}) == 3
    learnt = {*split.dev_used, *split.test[split.member], *split.more}
    assert {*split.members} == learnt
    assert json.loads(Path("made/challenge.json").read_text())["members"] == len(learnt) == 16
    folders = ("challenge/dev/used", "challenge/dev/not_used", "challenge/test/real_unknown_1", "extra")
    handed_out = {one.tobytes() for folder in folders for one in images(f"made/{folder}")}
    assert handed_out == {pool.pixels[place].tobytes() for place in {*range(28)} - {*split.more}}
    assert command(*MAKE, "more_members=2", "out=made").code == 2, "another challenge"


def test_who_is_asked_about_does_not_hang_on_the_members_of_whom_nobody_asks():
    alone, among = (split_patients(_Pool(20), 2, 5, 0, more) for more in (0, 4))
    assert {*alone.test[alone.member]} == {*among.test[among.member]}
    assert {*alone.test[~alone.member]} == {*among.test[~among.member]}
    assert (len(alone.more), len(among.more)) == (0, 8)
    assert len(alone.extra) - len(among.extra) == 8


def test_no_patient_is_on_two_sides_and_nothing_but_the_truth_tells(command):
    command(*MAKE, "out=made")
    pool = load_pool(PhantomData(size=16, patients=14, slices=2), Store(Path("store")))
    split = split_patients(pool, 2, 3, 0)
    parts = [split.dev_used, split.dev_not_used, split.test[split.member], split.test[~split.member], split.extra]
    owners = [{pool.patient_ids[place] for place in part} for part in parts]
    assert [len(one) for one in owners] == [2, 2, 3, 3, 4]
    assert len(set().union(*owners)) == 14
    truth = truth_rows("made/truth.csv")
    assert same_groups([row["patient_id"] for row in truth], [pool.patient_ids[p] for p in split.test])
    handed_out = [path for path in Path("made/challenge").rglob("*") if path.is_file()]
    assert {path.suffix for path in handed_out} == {".png"}
    assert all(Image.open(path).info == {} for path in handed_out)
    extra = truth_rows("made/extra/metadata.csv")
    assert same_groups([row["patient_id"] for row in extra], [pool.patient_ids[p] for p in split.extra])
    assert len(extra) == 8
    assert not {row["patient_id"] for row in extra} & {row["patient_id"] for row in truth}


def same_groups(names, others):
    """Whether each name stands for one other name, and the reverse."""
    assert len(names) == len(others)
    return len(set(zip(names, others, strict=True))) == len(set(names)) == len(set(others))


def test_no_id_of_a_patient_goes_out_and_numbers_are_in_random_order(command):
    """One of them is a formula, and they come in the order of the ward's list."""
    slices = phantom_slices(14, 2, 16, 0).pixels
    ids = [f'=HYPERLINK("https://clinic.example/{i // 2:02d}")' for i in range(len(slices))]
    write_slices(Path("slices"), slices)
    with Path("slices/metadata.csv").open("w") as file:
        rows = [(f"slice_{number:03d}.png", one) for number, one in enumerate(ids, start=1)]
        csv.writer(file).writerows([("file_name", "patient_id"), *rows])
    ran = command("make", *TARGET, *SIZES, "data=folder", "data.root=slices", "out=made")
    assert ran.code == 0, ran.err
    for path in Path("made").rglob("*"):
        assert path.is_dir() or b"HYPERLINK" not in path.read_bytes()
    rows = truth_rows("made/truth.csv") + truth_rows("made/extra/metadata.csv")
    assert all(re.fullmatch(r"patient_00(0[1-9]|1[0-4])", row["patient_id"]) for row in rows)
    named = neutral_names(ids, 0)
    assert sorted(named.values()) == [f"patient_{number:04d}" for number in range(1, 15)]
    assert [named[one] for one in sorted(named)] != sorted(named.values()), "not in the order of the ids"
    assert neutral_names(ids[::-1], 0) == named
    assert neutral_names(ids, 1) != named


def test_where_a_candidate_stands_says_nothing():
    """Over seeds, the first half of the files holds as many members as the second, not all of them."""
    first = []
    for seed in range(60):
        pool_patients = 20
        pool = _Pool(pool_patients)
        split = split_patients(pool, 2, 5, seed)
        first.append(split.member[: len(split.member) // 2].sum())
    assert abs(np.mean(first) - 5) < 5 * np.std(first) / np.sqrt(60)
    assert np.std(first) > 0.5


class _Pool:
    """As much of a pool as the split looks at: two slices a patient."""

    def __init__(self, n_patients):
        self.patient_ids = [f"p{i // 2}" for i in range(2 * n_patients)]
        self.taken = np.arange(2 * n_patients)


def test_the_same_command_leaves_it_and_another_is_refused(command):
    command(*MAKE, "out=made")
    before = {path: path.stat().st_mtime_ns for path in Path("made").rglob("*")}
    assert command(*MAKE, "out=made").code == 0
    assert {path: path.stat().st_mtime_ns for path in Path("made").rglob("*")} == before
    for change in ("seed=1", "target.steps=31", "test.n_images=13"):
        ran = command(*MAKE, "out=made", change)
        assert ran.code == 2, change
        assert "something other than this challenge" in ran.err


def test_what_the_mirror_gave_is_said(command):
    assert "Fetched" not in command(*MAKE, "out=made", "store.mirror=mirror").out
    told = command(*MAKE, "out=again", "store.mirror=mirror", "store.root=another").out
    assert told.count("Note: Fetched from the mirror instead of made: 2 artefacts (generator 1, release 1).") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*MAKE, "out=made", "test.patients=6"], "take 16 patients; these data have 14"),
        ([*MAKE, "out=made", "more_members=5"], "and more_members=5 take 15 patients; these data have 14"),
        ([*MAKE, "out=made", "more_members=-1"], "more_members=-1 must be at least 0"),
        ([*MAKE, "out=made", "dev.n_images=0"], "dev.n_images=0 must be at least 2"),
        ([*MAKE, "out=made", "edition=imageclef2032"], "There is no edition 'imageclef2032'. Did you mean"),
        ([*MAKE, "out=made", "edition=imageclef2024"], "its folders or file names are not public"),
        ([*MAKE], "The option out has no value"),
        ([*MAKE, "out=made", "target.stepz=3"], "Did you mean target.steps"),
        (["score", "--submission", "a.csv", "--truth", "no.csv"], "The truth no.csv is no file"),
        (
            ["score", "--submission", "a.csv", "--truth", "no.csv", "--edition", "imageclef2026"],
            "ImageCLEFmedical GANs 2026 has no membership task; it has: audit",
        ),
        (["score", "--submission", "a.csv", "--truth", "no.csv", "--json", "."], "--json . is a folder; give a file"),
        (["take"], "The first word must be make or score (not 'take')"),
        ([], "nothing was given"),
    ],
)
def test_mistakes_get_a_sentence(command, words, message):
    ran = command(*words)
    assert ran.code == 2
    assert message in ran.err


def winner():
    """Decisions with the counts of the 2023 winner: 77 true, 15 false positives, 23 false, 85 true negatives."""
    used = np.repeat([True, False], 100)
    decisions = np.r_[np.ones(77, bool), np.zeros(23, bool), np.ones(15, bool), np.zeros(85, bool)]
    return decisions, used


def test_the_winners_counts_give_his_published_metrics():
    decisions, used = winner()
    ids = tuple(f"real_unknown_{i:04d}" for i in range(1, 201))
    scored = score_submission("VCMI 2", decisions, Truth(ids, used, np.arange(200), "candidates"))
    assert scored.counts == (77, 15, 23, 85)
    assert scored.record.f1.value == pytest.approx(0.80208, abs=1e-5)
    assert scored.record.accuracy.value == pytest.approx(0.81)
    assert scored.record.kappa.value == pytest.approx(0.62)
    assert (scored.record.f1.low, scored.record.f1.high) == pytest.approx((0.74, 0.86), abs=0.01)


def test_intervals_resample_patients_where_they_are_known():
    """Five equal slices a patient carry what one does: the interval is that of 40 slices, not of 200."""
    decisions, used = winner()
    ids = tuple(map(str, range(200)))
    decisions, used = np.repeat(decisions[::5], 5), np.repeat(used[::5], 5)
    by_patient = score_submission("x", decisions, Truth(ids, used, np.arange(200) // 5, "patients")).record.f1
    singly = score_submission("x", decisions, Truth(ids, used, np.arange(200), "candidates")).record.f1
    assert by_patient.high - by_patient.low > 1.8 * (singly.high - singly.low)


def test_truth_with_a_fault_is_refused(tmp_path):
    path = tmp_path / "truth.csv"
    for text, message in (
        ("id,member\na,1\n", "its header must be id,used"),
        ("id,used\na,1\nb,2\n", "used must be 0 or 1; '2' stands there"),
        ("id,used\na,1\nb,1\n", "all 2 candidates are of one class"),
        ("id,used\na,1\na,0\n", "1 ids stand there more than once"),
        ("id,used\n", "a header and no row"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_used(path)


def test_from_hidden_members_to_a_scored_submission(command, monkeypatch, capsys):
    """The product's whole path at 16 px: make, take up as a participant, score."""
    from harness.run import __main__ as run  # after conftest has chosen the threads

    assert command(*MAKE, "out=made").code == 0
    options = [*TINY, "data=imageclef2023", "data.root=made/challenge", "data.extra=made/extra", "attack=[knn,ssim]"]
    options = [one for one in options if "n_images" not in one]
    monkeypatch.setattr(sys, "argv", ["harness.run", *options, "shadow.count=4", "shadow.match_steps=[1]"])
    assert run.main() == 0
    capsys.readouterr()
    files = [str(only_run() / name) for name in ("submission.csv", "baseline_winner_2023.csv")]
    ran = command("score", "--submission", *files, "--truth", "made/truth.csv", "--json", "scores.json")
    assert ran.code == 0, ran.err
    has_shape("scores", Path("scores.json"))
    records = json.loads(Path("scores.json").read_text())["records"]
    assert [one["attack"] for one in records][:2] == ["submission", "baseline_winner_2023"]
    assert {one["attack"] for one in records[2:]} == {"all used", "none used", "coin"}
    used = {row["id"]: row["used"] for row in truth_rows("made/truth.csv")}
    for path, record in zip(files, records, strict=False):
        answers = dict(line.split(",") for line in Path(path).read_text().splitlines())
        right = np.mean([answers[name] == value for name, value in used.items()])
        assert record["accuracy"]["value"] == pytest.approx(right)
        assert record["resampled"] == "patients"
        assert record["TP"] + record["FN"] == 6
        assert f"{right:.3f}" in ran.out
    assert "F1 *" in ran.out
    assert "6 of 12 candidates were used" in ran.out


def test_the_target_may_start_from_a_base_and_that_is_another_challenge(command):
    """The codec of what is trained from a base is the base's, whoever the members are."""
    assert command(*MAKE, "out=cold", "store.root=cold_store").code == 0
    (cold,) = Path("cold_store", "generator").iterdir()
    ran = command(*MAKE, f"target.start={cold}", "out=warm", "seed=1", "store.root=store")
    assert ran.code == 0, ran.err
    found = [load_generator(one) for one in Path("store", "generator").iterdir()]
    assert len(found) == 2
    assert torch.equal(found[0].codec.mean, found[1].codec.mean)
    facts = json.loads(Path("warm", "challenge.json").read_text())
    assert facts["start"] == "a folder"
    assert json.loads(Path("cold", "challenge.json").read_text())["start"] is None
    older = json.loads(Path("cold", "challenge.json").read_text())
    del older["start"], older["more_members"]  # as older versions wrote it
    Path("cold", "challenge.json").write_text(json.dumps(older))
    assert command(*MAKE, "out=cold", "store.root=cold_store").code == 0
    refused = command(*MAKE, "out=warm", "seed=1", "store.root=store")
    assert refused.code == 2
    assert "something other than this challenge" in refused.err


def test_extra_slices_are_the_bases_and_of_no_part(command):
    slices = phantom_slices(28, 2, 64, 0)
    write_slices(Path("slices"), slices.pixels[:28])
    write_slices(Path("others"), slices.pixels[28:], "other_{:03d}.png")
    rows = [f"other_{number + 1:03d}.png,{slices.patient_ids[28 + number]}\n" for number in range(28)]
    Path("others", "metadata.csv").write_text("file_name,patient_id\n" + "".join(rows))
    size = [option for option in TARGET if "data.size" not in option]
    folder = ["data=folder", "data.root=slices", "data.extra=others", "data.size=64", "target.base_steps=2"]
    ran = command("make", *size, *SIZES, *folder, "target.block=8", "out=made")
    assert ran.code == 0, ran.err
    assert "28 slices fall into" in ran.out, "patients that are named in the base's slices alone say nothing of these"
    handed_out = {bytes(np.asarray(Image.open(path))) for path in Path("made").rglob("*.png") if "used" in str(path)}
    assert not handed_out & {bytes(one) for one in slices.pixels[28:]}
    steps = sorted(load_generator(one).recipe.steps for one in Path("store", "generator").iterdir())
    assert steps == [2, STEPS]


def test_without_patients_slices_that_look_alike_stay_together(command):
    """Two noisy pictures of each of 14 people, and no metadata: neither of a pair may be on another side."""
    slices = np.repeat(phantom_slices(14, 1, 64, 0).pixels, 2, axis=0)
    noise = np.random.default_rng(0).integers(-3, 4, slices.shape)
    write_slices(Path("slices"), np.clip(slices + noise, 0, 255).astype(np.uint8))
    size = [option for option in TARGET if "data.size" not in option]
    folder = ["data=folder", "data.root=slices", "data.size=64"]
    ran = command("make", *size, *SIZES, *folder, "target.block=8", "out=made")
    assert ran.code == 0, ran.err
    assert "28 slices fall into 14 groups that look alike" in ran.out
    truth = truth_rows("made/truth.csv")
    sides = {}
    for row in truth:
        sides.setdefault(row["patient_id"], []).append(row["used"])
    assert sorted(map(len, sides.values())) == [2] * 6
    assert all(len(set(one)) == 1 for one in sides.values())


def test_what_was_put_into_out_while_it_trained_is_not_replaced(command, monkeypatch):
    """The folder was empty when the command began: a file that came meanwhile is somebody's."""
    Path("made").mkdir()
    train = Executor.train

    def putting(self, jobs):
        Path("made/notes.txt").write_text("mine")
        train(self, jobs)

    monkeypatch.setattr(Executor, "train", putting)
    ran = command(*MAKE, "out=made")
    assert ran.code == 2
    assert "holds something other than this challenge" in ran.err
    assert names("made") == ["notes.txt"]
    assert names(".") == ["made", "store"], "nothing is left beside it"
