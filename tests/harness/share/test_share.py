"""A copy of a run that may be passed on: planted secrets are looked for in every byte of it."""

from __future__ import annotations

import hashlib
import json
import re
import stat
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from made_up_runs import write_run as made_up
from PIL import Image
from tiny import TINY, TINY_PHANTOM, score_rows, write_slices

from harness.compare import compare
from harness.config.settings import composed
from harness.data.pool import load_pool
from harness.errors import InputError
from harness.evaluation.controls import verdict
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.experiment import planted
from harness.finished.made import made_by
from harness.finished.reading import read_run
from harness.planning import make, member_only, plan
from harness.planning.leaks import plan_leaks
from harness.run import __main__ as run_command
from harness.share import __main__ as share_command
from harness.share.allowed import OF_ATTACKS, WITHHELD, Allowed
from harness.share.copy import copied
from harness.share.folder import write_copy
from harness.share.key import KeyedNames, key_file
from harness.store import Store

N, PATIENTS = 24, 12
FOLDERS = {"data": "zakrzewska/oddzial", "store": "wojciechowski", "out": "szymanski", "home": "kaczmarek"}
PERSONS = {"USER": "grabowski", "LOGNAME": "pawlowski", "WARD_TOKEN": "krawczyk"}
FILE, PATIENT, LEFT_OUT, COLUMN = "lewandowska_{:03d}", "dabrowski{}", "jankowska", "wisniewski"
SECRETS = sorted(
    {
        *(part for folder in FOLDERS.values() for part in folder.split("/")),
        *PERSONS.values(),
        *("lewandowska", "dabrowski", LEFT_OUT, COLUMN),
    }
)
COPY = {
    *("report.html", "leaderboard.html", "leaderboard.md", "leaderboard.csv", "leaderboard.tex"),
    *("results.json", "manifest.json", "config.yaml", "scores.csv"),
}


class Shared(NamedTuple):
    """A run on a folder in which every name is a secret, and its copy. pixels: of the slices, uint8 [n, h, w]."""

    run: Path
    copy: Path
    slices: Path
    store: Path
    pixels: np.ndarray


@pytest.fixture(scope="module")
def shared(tmp_path_factory, images) -> Shared:
    top = tmp_path_factory.mktemp("share")
    slices, store, run = (top / FOLDERS[name] for name in ("data", "store", "out"))
    pixels = images(N + 1, 16, 7)
    write_slices(slices, pixels[:N], FILE + ".png")
    Image.fromarray(pixels[N]).save(slices / f"{LEFT_OUT}.png")
    rows = [f"{FILE.format(i + 1)}.png,{PATIENT.format(i % PATIENTS)},{COLUMN}" for i in range(N)]
    (slices / "metadata.csv").write_text("\n".join(["file_name,patient_id,doctor", *rows]) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(top)
        patch.setenv("HOME", str(top / FOLDERS["home"]))
        for name, value in PERSONS.items():
            patch.setenv(name, value)
        options = [*TINY, "data=folder", f"data.root={slices}", f"store.root={store}", f"out={run}"]
        patch.setattr(sys, "argv", ["harness.run", *options, "attack=[knn,loss]", "shadow.steps=10"])
        assert run_command.main() == 0
        assert share_command.main([str(run)]) == 0
    return Shared(run, top / f"{run.name}-share", slices, store, pixels)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def found_in(files: dict[str, bytes], secrets: list[str]) -> list[tuple[str, str]]:
    """Which secrets stand in which file, in any case of letters."""
    return [(name, one) for name, data in files.items() for one in secrets if one.encode() in data.lower()]


def changed(run: Path, to: Path, name: str, change: Callable[[str], str]) -> Path:
    """A copy of a run's folder in which one file has another content, and the manifest knows."""
    to.mkdir()
    for file, data in files_of(run).items():
        (to / file).write_bytes(data)
    (to / name).write_text(change((to / name).read_text()))
    manifest = json.loads((to / "manifest.json").read_text())
    manifest["files"][name] = hashlib.sha256((to / name).read_bytes()).hexdigest()
    (to / "manifest.json").write_text(json.dumps(manifest))
    return to


def test_the_copy_has_the_files_that_it_should_and_its_manifest_lists_them(shared):
    files = files_of(shared.copy)
    assert set(files) == COPY
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_no_secret_stands_in_the_copy(shared):
    assert found_in(files_of(shared.run), SECRETS), "nothing was planted"
    assert found_in(files_of(shared.copy), SECRETS) == []
    for path in (Path.home(), Path(sys.executable).parent, Path(__file__).parents[3]):
        assert found_in(files_of(shared.copy), [str(path).lower()]) == []


def test_nothing_in_the_copy_can_be_tried_against_slices_or_names(shared):
    """Plain digests are no secret's guard: who has a slice, or a list of names, could hash and compare."""
    known = [path.read_bytes() for path in shared.slices.iterdir()] + [one.tobytes() for one in shared.pixels]
    names = [FILE.format(i + 1) for i in range(N)] + [PATIENT.format(i) for i in range(PATIENTS)]
    hashes = (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.blake2b)
    digests = [make(data).hexdigest()[:16] for data in [*known, *map(str.encode, names)] for make in hashes]
    keys = [folder.name for folder in shared.store.glob("*/*") if folder.is_dir()]
    keys.append(json.loads((shared.run / "manifest.json").read_text())["slices"]["digest"])
    assert len(keys) > 10
    assert found_in(files_of(shared.run), keys), "the run's own manifest has them"
    assert found_in(files_of(shared.copy), digests + keys) == []


def test_no_pixel_stands_in_the_copy(shared):
    pieces = []
    for image in [*shared.pixels, *np.load(next(shared.store.glob("release/*/images.npy")))]:
        data = image.tobytes()[64:128]
        pieces.append(data.hex()[:32])
        pieces += [b64encode(data[shift : shift + 30]).decode().lower() for shift in range(3)]
    pieces += [b64encode(path.read_bytes()[60:90]).decode().lower() for path in shared.slices.glob("*.png")]
    files = files_of(shared.copy)
    assert found_in(files, pieces) == []
    assert not any(b"data:image" in data.replace(b"img-src data:", b"") or b"<img" in data for data in files.values())
    assert not any(b"\x89PNG" in data for data in files.values())


def test_the_same_bytes_twice_and_other_names_under_another_key(shared, tmp_path):
    before = files_of(shared.copy)
    assert share_command.main([str(shared.run)]) == 0
    assert files_of(shared.copy) == before
    assert share_command.main([str(shared.run), "--out", str(tmp_path / "same")]) == 0
    assert files_of(tmp_path / "same") == before
    other = ["--out", str(tmp_path / "other"), "--key", str(tmp_path / "other.key")]
    assert share_command.main([str(shared.run), *other]) == 0
    names, others = (
        {row["candidate_id"] for row in score_rows(folder)} for folder in (shared.copy, tmp_path / "other")
    )
    assert len(names) == len(others) == N
    assert not names & others


def test_the_copy_says_what_the_run_says(shared):
    """Tables byte for byte; scores row by row, under other names that tell slices and patients apart alike."""
    run, copy = files_of(shared.run), files_of(shared.copy)
    for name in ("leaderboard.csv", "leaderboard.md", "leaderboard.tex", "leaderboard.html"):
        assert copy[name] == run[name], name
    assert json.loads(copy["results.json"]) == json.loads(run["results.json"])
    key = KeyedNames(bytes.fromhex(key_file(shared.run).read_text().strip()))
    rows = [
        {
            **row,
            "candidate_id": key("slice", row["candidate_id"]),
            "patient_id": key("patient", row["patient_id"]),
        }
        for row in score_rows(shared.run)
    ]

    def sorted_by_all(these: list[dict[str, str]]) -> list[list[str]]:
        return sorted(list(row.values()) for row in these)

    assert sorted_by_all(rows) == sorted_by_all(score_rows(shared.copy))
    drawn = re.compile(rb"<svg.*?</svg>", re.DOTALL)
    assert drawn.findall(copy["report.html"]) == drawn.findall(run["report.html"])


def test_the_order_of_rows_is_that_of_the_keyed_names(shared):
    """In the order of files, the first row of a target would be the first in the alphabet."""
    for target in ("shadow-0", "test"):
        rows = [row for row in score_rows(shared.copy) if (row["target"], row["attack"]) == (target, "knn")]
        assert rows
        assert [row["candidate_id"] for row in rows] == sorted(row["candidate_id"] for row in rows)


def test_the_key_is_private_and_lies_in_neither_folder(shared, tmp_path, capsys):
    key = key_file(shared.run)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert not key.is_relative_to(shared.run)
    assert found_in(files_of(shared.copy), [key.read_text().strip()]) == []
    for inside in (shared.run / "key", tmp_path / "copy" / "key"):
        assert share_command.main([str(shared.run), "--out", str(tmp_path / "copy"), "--key", str(inside)]) == 2
        assert not inside.exists()
    open_to_all = tmp_path / "open.key"
    open_to_all.write_text("0" * 64)
    open_to_all.chmod(0o644)
    link = tmp_path / "link.key"
    link.symlink_to(key)
    short = tmp_path / "short.key"
    short.write_text("0" * 63)
    short.chmod(0o600)
    capsys.readouterr()
    for file, word in ((open_to_all, "read by others"), (link, "is a link"), (short, "64 hexadecimal")):
        assert share_command.main([str(shared.run), "--out", str(tmp_path / "copy"), "--key", str(file)]) == 2
        assert word in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "copy").exists()


def test_links_lead_neither_the_copy_nor_the_key_into_the_run(shared, tmp_path, capsys):
    before = sorted(files_of(shared.run))
    link = tmp_path / "link"
    link.symlink_to(shared.run)
    above = tmp_path / "above"
    above.symlink_to(shared.run.parent)
    (tmp_path / "copy").mkdir()
    (tmp_path / "to_copy").symlink_to("copy")
    out, key = tmp_path / "copy", tmp_path / "key"
    for words in (
        [link, "--out", shared.run / "copy", "--key", key],
        [shared.run, "--out", link / "copy", "--key", key],
        [link, "--out", above, "--key", key],
        [shared.run, "--out", out, "--key", link / "key"],
        [link, "--out", out, "--key", shared.run / "key"],
        [shared.run, "--out", out, "--key", tmp_path / "to_copy" / "key"],
        [shared.run, "--out", out, "--key", above / shared.run.name / "key"],
    ):
        assert share_command.main([str(word) for word in words]) == 2
        err = " ".join(capsys.readouterr().err.split())
        assert "lie in each other" in err or "is passed on or replaced" in err
    assert sorted(files_of(shared.run)) == before
    assert not key.exists()
    assert list(out.iterdir()) == []


def every_text(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a JSON value with every place in it that holds a text."""
    if isinstance(value, dict | list):
        for place, one in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(one, str):
                yield value, place
            yield from every_text(one)


def test_no_text_of_the_results_goes_out_unless_it_is_ours(shared, tmp_path):
    """Each text in turn is another one: the copy has none of them, and every key of a mapping is looked at, too."""
    planted = "/home/kowalczyk/skan.png"
    typed = {
        "via",
        "target_set",
        "kind",
        "labels_used",
        "access",
        "prediction",
        "schedule",
        "time_sampling",
        "precision",
        "sampler",
    }

    def plant(text: str) -> str:
        results = json.loads(text)
        places = [(where, at) for where, at in every_text(results) if at not in typed]
        assert len(places) > 50
        for where, at in places:
            where[at] = planted
        record = results["records"][0]
        record.update(skipped=planted, control=planted, of=planted, resampled=planted, comment=planted)
        record["auc"] = {"value": 0.5, "low": 0.4, "high": 0.6, "note": planted, "path": planted}
        results["alarms"] = [planted, f"The control {planted} (shadow) has an AUC of 0.700"]
        results["choices"][planted] = "knn"
        results["decisions"][planted] = {planted: {"value": 0.5}}
        results["matches"] = [{"steps": 3, "distances": {planted: 1.0}}]
        results["surrogates"] = {
            "loss_follows_distance": 0.5,
            "attacks": [{"attack": planted, "model_auc": 0.6, "surrogate_auc": 0.6, "kept": 1.0}],
        }
        results["chosen"]["remark"] = planted
        return json.dumps(results | {planted: planted})

    run = changed(shared.run, tmp_path / "run", "results.json", plant)
    assert share_command.main([str(run)]) == 0
    assert found_in(files_of(run), ["kowalczyk"])
    assert found_in(files_of(tmp_path / "run-share"), ["kowalczyk", "skan", "/home"]) == []


def test_no_option_and_no_fact_goes_out_unless_it_is_known(shared, tmp_path):
    planted = "kowalczyk"

    def plant(text: str) -> str:
        config = yaml.safe_load(text)
        for where, at in list(every_text(config)):
            where[at] = planted
        config["attack"]["knn"] |= {
            "encoder": f"/home/{planted}/net.safetensors",
            "parts": {planted + " x": {"a": planted}},
        }
        config["attack"][f"{planted.upper()}/x"] = {"k": 1}
        config["data"] |= {"extra": planted, "folders": {"test": planted}, "generator": planted}
        return yaml.safe_dump(config | {"owner": planted})

    run = changed(shared.run, tmp_path / "run", "config.yaml", plant)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["versions"] |= {planted: "1.0", "torch": f"2.0+{planted}", "numpy": f"/opt/{planted}"}
    manifest["hardware"] |= {"node": planted, "machine": f"{planted}.local", "system": planted + " host"}
    manifest |= {"commit": planted, "warnings": [planted], "broken_plugins": {planted: planted}, "owner": planted}
    manifest["generators"][0]["name"] = planted
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert share_command.main([str(run)]) == 0
    assert found_in(files_of(tmp_path / "run-share"), [planted]) == []


def test_attacks_that_differ_in_texts_alone_stay_two_and_say_none_of_them(tmp_path):
    """Under another key they have other names, so that nobody can try which text it was."""
    texts = {"a": "/home/kowalczyk/a.safetensors", "b": "/home/kowalczyk/b.safetensors", "same": None, "none": ""}
    texts["same"] = texts["a"]
    for place, (name, text) in enumerate(texts.items()):
        options = {"k": 1, "distance": {"name": "features", "encoder": text}}
        made_up(tmp_path / name, {"knn": 1.0}, place, attack_options=options, recipe={"steps": 30, "size": 16})
    told = {}
    for key in (b"k" * 32, b"l" * 32):
        for name in texts:
            config = copied(read_run(tmp_path / name), KeyedNames(key)).config
            assert "kowalczyk" not in str(config)
            told[key, name] = config["attack"]["knn"].get("not_told")
    one, other = ([told[key, name] for name in texts] for key in (b"k" * 32, b"l" * 32))
    assert one[0] == one[2] != one[1]
    assert one[3] is None
    assert not {*one[:3]} & {*other[:3]}
    for name in ("a", "b"):
        write_copy(copied(read_run(tmp_path / name), KeyedNames(b"k" * 32)), tmp_path / "copies" / name)
    rows = compare([tmp_path / "copies"]).rows
    assert len({row.attack for row in rows}) == 2
    assert all(row.attack.startswith("knn (not_told=") for row in rows)


def test_sentences_of_ours_go_out_and_others_do_not(shared):
    assert found_in(files_of(shared.copy), [WITHHELD]) == []
    allowed = Allowed(["knn", "loss_cal"])
    for text in (
        "knn",
        "loss_cal@surrogate",
        "wrong_target: knn",
        "n too small: 12 non-members",
        "best_calibrated, held out",
        "discriminator",
        member_only.TOO_FEW,
        planted.TOO_FEW,
        "it asks a denoiser for noise, and this target's generator (gan) gives a discriminator.",
    ):
        assert allowed.text(text) == text
    for text in (
        "gsa",
        "knn ",
        "knn\n",
        "wrong_target: /home",
        "n too small: Kowalczyk",
        "it asks a denoiser for noise, and Kowalczyk's generator gives a discriminator.",
        "it asks a denoiser for noise, and this target's generator (kowalczyk) gives a discriminator.",
        "it is broken: OSError: /home/x",
    ):
        assert allowed.text(text) == WITHHELD


def test_every_alarm_goes_out():
    """They are made of names of attacks and of numbers, and the copy must not look sounder than the run."""
    estimate = Estimate(0.93, 0.91, 0.95)
    controls = [
        Record(name, "none", target, "none", kind="control", control=name, n_targets=6, auc=estimate)
        for name in ("pictures alone", "blind", *(f"{of}: loss_cal@surrogate" for of in OF_ATTACKS))
        for target in ("shadow", "dev")
    ]
    alarms = verdict(controls)
    assert len(alarms) == len(controls)
    assert Allowed(["knn", "loss_cal"]).of(alarms) == alarms


def test_every_leak_goes_out(tmp_path, monkeypatch):
    settings = composed([*TINY_PHANTOM, "shadow.count=6", f"store.root={tmp_path}"])
    pool = load_pool(settings.data, Store(tmp_path))
    found = set()
    for references in ([0, 1, 2, 3, 4, 5], [2, 3, 4, 5], [0, 2]):
        for module in (plan, make):
            monkeypatch.setattr(module, "reference_shadows", lambda *_, these=references: these)
        leaking = make.make_plan(settings, pool)
        found |= set(plan_leaks({"test": leaking, "dev, via surrogates": leaking}))
    monkeypatch.undo()
    monkeypatch.setattr(plan.Plan, "_others", lambda self, _: list(self.shadows))
    found |= set(plan_leaks({"test": make.make_plan(settings, pool)}))
    kinds = {re.sub(r".*?shadow \d+ ", "", one) for one in found}
    assert len(kinds) == 4
    alarms = sorted(found)
    assert Allowed(["knn"]).of(alarms) == alarms


def test_what_is_no_copy_of_ours_is_not_replaced(shared, tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("x")
    touched = tmp_path / "touched"
    assert share_command.main([str(shared.run), "--out", str(touched)]) == 0
    (touched / "leaderboard.md").write_text("my notes")
    linked = tmp_path / "linked"
    linked.symlink_to(shared.copy)
    within = tmp_path / "within"
    assert share_command.main([str(shared.run), "--out", str(within)]) == 0
    (within / "scores.csv").rename(tmp_path / "scores.csv")
    (within / "scores.csv").symlink_to(tmp_path / "scores.csv")
    run = files_of(shared.run)
    for out in (mine, touched, linked, within, shared.run, shared.run / "inside", shared.run.parent):
        assert share_command.main([str(shared.run), "--out", str(out)]) == 2, out
    assert (mine / "thesis.txt").read_text() == "x"
    assert (touched / "leaderboard.md").read_text() == "my notes"
    assert linked.is_symlink()
    assert files_of(shared.run) == run
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ["results.json", "scores.csv", "config.yaml"])
def test_a_file_that_the_run_did_not_write_does_not_go_out(shared, tmp_path, capsys, name):
    run = changed(shared.run, tmp_path / "run", "leaderboard.md", lambda text: text)
    (run / name).write_text((run / name).read_text() + "\n")
    assert share_command.main([str(run)]) == 2
    assert "was changed since the run wrote it" in " ".join(capsys.readouterr().err.split())
    (run / name).unlink()
    (run / name).symlink_to(shared.run / name)
    assert share_command.main([str(run)]) == 2
    assert not (tmp_path / "run-share").exists()


@pytest.mark.parametrize("fault", ["shadow-x", "nan", "2", "extra"])
def test_scores_that_no_run_writes_are_a_sentence(shared, tmp_path, capsys, fault):
    def spoil(text: str) -> str:
        head, line, *rest = text.splitlines()
        fields = line.split(",")
        at = {"shadow-x": 0, "nan": 4, "2": 7}.get(fault)
        fields = [*fields, fault] if at is None else [*fields[:at], fault, *fields[at + 1 :]]
        return "\n".join([head, ",".join(fields), *rest]) + "\n"

    run = changed(shared.run, tmp_path / "run", "scores.csv", spoil)
    assert share_command.main([str(run)]) == 2
    assert "holds no run that can be read" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("name", "padding", "most"), [("config.yaml", "#" * 10**6, "1 MB"), ("results.json", " " * 64_000_000, "64 MB")]
)
def test_a_file_of_a_run_is_only_so_large(shared, tmp_path, name, padding, most):
    """A limit is one of memory, too: YAML takes a thousand times its bytes, and JSON thirty times."""
    run = changed(shared.run, tmp_path / "run", name, lambda text: text + padding)
    with pytest.raises(InputError, match=f"is larger than {most}"):
        read_run(run)


def test_what_is_no_run_is_a_sentence(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "manifest.json").write_text("[" * 100_000)
    for run in (*(tmp_path / name for name in ("nowhere", "file", "empty", "deep", "n" * 240)), Path("/")):
        assert share_command.main([str(run)]) == 2
        assert "Traceback" not in capsys.readouterr().err


def test_the_runs_own_files_hold_only_what_is_documented(shared):
    """docs/share.md: folders in config.yaml, names of files in remarks, ids in scores and submissions; no more."""
    files = files_of(shared.run)
    places = found_in(files, SECRETS)
    assert {name for name, _ in places} <= {"config.yaml", "manifest.json", "scores.csv", "submission.csv"} | {
        name for name in files if name.startswith("baseline_")
    }
    assert {one for name, one in places if name == "manifest.json"} <= {LEFT_OUT, *FOLDERS["data"].split("/")}
    folders = {part for name in ("data", "store", "out") for part in FOLDERS[name].split("/")}
    assert {one for name, one in places if name == "config.yaml"} == folders
    assert json.loads(files["manifest.json"])["command"].count("data.root=...") == 1


def test_the_seed_of_a_private_training_stays_here(shared, tmp_path):
    """Its noise could be drawn again, and the promise of epsilon would be none."""
    run = read_run(shared.run)
    private = replace(run.results, recipe=made_by(run).recipe.changed(epsilon=8.0).to_dict())
    for results, told in ((run.results, True), (private, False)):
        out = tmp_path / str(told)
        write_copy(copied(replace(run, results=results), KeyedNames(b"k" * 32)), out)
        written = json.loads((out / "results.json").read_text())
        assert (written["run"]["seed"] is not None) == told
        assert ("seed" in yaml.safe_load((out / "config.yaml").read_text())) == told
        assert (json.loads((out / "manifest.json").read_text())["seed"] is not None) == told
        assert ("<dt>seed</dt>" in (out / "report.html").read_text()) == told
