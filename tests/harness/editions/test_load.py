"""Descriptors: what they hold, what is refused in one, and that a new edition is one new file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tiny import TINY, write_slices

import harness.editions.load
from harness.config.edition_options import submission_form
from harness.data.options import EditionFolder, FolderData
from harness.editions.edition import ROLES, Submission
from harness.editions.load import edition_names, load_edition
from harness.run import folder as report

ROOT = Path(__file__).parents[3]
NEW = """
title: A challenge of tomorrow
year: 2031
image_size: null
sources: []
tasks:
  membership:
    title: Who was in it?
    generators: [first, second]
    leaves:
      dev_generated: null
      dev_used: null
      dev_not_used: null
      test_generated: { folders: [made] }
      test_candidates: { folders: [asked], id_format: 'q{:02d}', id_pattern: 'q\\d\\d', count: 12 }
    labels: { used: 1, not_used: 0 }
    metrics: [accuracy]
    official_metric: accuracy
    submission: { separator: ';', header: 'image;answer', scores: [0, 1] }
"""


def test_the_descriptor_of_2023_holds_the_published_facts():
    edition = load_edition("imageclef2023")
    assert {role: leaf.count for role, leaf in edition.leaves.items()} == {
        "dev_generated": 500,
        "dev_used": 80,
        "dev_not_used": 80,
        "test_generated": 10_000,
        "test_candidates": 200,
    }
    assert edition.leaves["test_candidates"].ids()[::199] == ("real_unknown_0001", "real_unknown_0200")
    assert (edition.metrics, edition.official_metric) == (("f1", "accuracy", "recall"), "f1")
    form = edition.submission
    assert (form.separator, form.header, form.scores, form.ending) == (",", None, (0, 1), ".csv")
    assert dict(edition.labels) == {"used": 1, "not_used": 0}
    assert (edition.year, edition.image_size, edition.name) == (2023, 256, "imageclef2023")
    assert edition.membership.generators == ()


def test_the_ids_of_2023_are_those_of_the_official_checker(shared_data):
    official = (shared_data / "imageclef2023_validator" / "image_ids.txt").read_text().split()
    assert list(load_edition("imageclef2023").leaves["test_candidates"].ids()) == official


def test_later_editions_hold_their_tasks():
    assert edition_names() == tuple(f"imageclef{year}" for year in (2023, 2024, 2025, 2026))
    assert edition_names("membership") == tuple(f"imageclef{year}" for year in (2023, 2024, 2025))
    later = {year: load_edition(f"imageclef{year}") for year in (2024, 2025, 2026)}
    assert later[2024].membership.generators is None
    assert later[2024].tasks["fingerprints"].metrics == ("adjusted_rand_index",)
    assert later[2025].official_metric == "kappa"
    assert [later[2025].leaves[role].count for role in ROLES["membership"]] == [5000, 100, 100, 2000, 500]
    attribution = later[2025].tasks["attribution"]
    assert (attribution.official_metric, attribution.classes, attribution.subtask) == ("accuracy", 5, 2)
    assert (later[2026].tasks["audit"].subtask, list(later[2026].tasks)) == (3, ["audit"])


@pytest.mark.parametrize("name", edition_names())
def test_every_descriptor_can_be_read(name):
    edition = load_edition(name)
    assert edition.sources
    for kind, task in edition.tasks.items():
        assert tuple(sorted(task.leaves)) == tuple(sorted(ROLES[kind]))
        names = [folder for leaf in task.leaves.values() for folder in (*leaf.folders, *leaf.last_resort)]
        assert names == [folder.lower() for folder in names]
        alone = [folder for leaf in task.leaves.values() if not leaf.beside for folder in leaf.folders]
        assert all(names.count(folder) == 1 for folder in alone), "a folder name stands for one role"
        marks = [mark for leaf in task.leaves.values() for mark in leaf.beside]
        assert len(set(marks)) == len(marks), "or what lies beside it tells which"


def test_what_an_edition_does_not_have_is_said():
    with pytest.raises(ValueError, match="ImageCLEFmedical GANs 2026 has no membership task; it has: audit"):
        _ = load_edition("imageclef2026").leaves
    with pytest.raises(ValueError, match="does not say how these images are numbered"):
        load_edition("imageclef2025").leaves["test_candidates"].ids()
    with pytest.raises(ValueError, match=r"There is no edition 'imageclef2033'\. Did you mean .*imageclef2023"):
        load_edition("imageclef2033")


@pytest.mark.parametrize(
    ("line", "instead", "sentence"),
    [
        ("year: 2031", "", r"new\.yaml: the field year is missing; write null"),
        ("year: 2031", "yaer: 2031", r"new\.yaml: There is no field 'yaer'\. Did you mean year"),
        ("  membership:", "  memberships:", r"no kind of task 'memberships'\. Did you mean membership"),
        ("      dev_used: null", "", r"tasks\.membership\.leaves has .*; it must have .*dev_used"),
        ("folders: [made]", "folder: [made]", r"leaves\.test_generated: There is no field 'folder'"),
        ("official_metric: accuracy", "official_metric: f1", "ranks by f1, which is none of its metrics"),
        ("sources: []", "sources: []\nall: {}", "no field 'all'"),
        ("{ separator: ';'", "{ seperator: ';'", "submission: There is no field 'seperator'"),
        ("year: 2031", "year: soon", r"new\.yaml: the field year holds 'soon'; input should be a valid integer"),
        ("count: 12", "count: '12'", r"leaves\.test_candidates: the field count holds '12'; .* valid integer"),
        ("count: 12", "count: 0", r"the field count holds 0; input should be greater than or equal to 1"),
        ("metrics: [accuracy]", "metrics: accuracy", r"the field metrics holds 'accuracy'; a list was expected"),
        ("scores: [0, 1]", "scores: [0, 1, 2]", r"tasks\.membership\.submission: the field scores holds .*2 items"),
        ("scores: [0, 1]", "scores: [0]", r"tasks\.membership\.submission\.scores: item 2 is missing\."),
        ("tasks:", "tasks: null\nx:", r"There is no field 'x'"),
        (
            "    labels: { used: 1, not_used: 0 }",
            "    labels: [used]",
            r"labels holds \['used'\]; `name: value` lines",
        ),
        ("year: 2031", "year: 2031.0", r"the field year holds 2031\.0; input should be a valid integer"),
        ("sources: []", "sources: [[a]]", r"new\.yaml, sources: item 1 holds \['a'\]; .* valid string"),
    ],
)
def test_a_fault_of_a_descriptor_is_told_with_its_place(tmp_path, monkeypatch, line, instead, sentence):
    assert line in NEW
    (tmp_path / "new.yaml").write_text(NEW.replace(line, instead))
    monkeypatch.setattr(harness.editions.load, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=sentence):
        load_edition("new")


def test_tasks_may_not_be_left_empty(tmp_path, monkeypatch):
    (tmp_path / "new.yaml").write_text(NEW.partition("tasks:")[0] + "tasks: null\n")
    monkeypatch.setattr(harness.editions.load, "files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=r"new\.yaml: the field tasks holds None; `name: value` lines were expected"):
        load_edition("new")


def test_labels_and_folders_may_be_left_empty(tmp_path, monkeypatch):
    told = "labels: { used: 1, not_used: 0 }"
    assert told in NEW
    (tmp_path / "new.yaml").write_text(NEW.replace(told, "labels: null"))
    monkeypatch.setattr(harness.editions.load, "files", lambda _: tmp_path)
    edition = load_edition("new")
    assert dict(edition.labels) == {}
    assert edition.leaves["dev_used"].folders == ()


def test_a_new_edition_is_one_file(tmp_path, images):
    """With the descriptor beside the others, `data=NAME` plans with a folder laid out that way."""
    shutil.copytree(ROOT / "harness", tmp_path / "harness")
    (tmp_path / "harness" / "editions" / "tomorrow.yaml").write_text(NEW)
    write_slices(tmp_path / "data/first/made", images(24, 16, 1), "m{}.png")
    write_slices(tmp_path / "data/second/made", images(30, 16, 2), "m{}.png")
    write_slices(tmp_path / "data/asked", images(12, 16, 3), "q{:02d}.png")

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "harness.run", *TINY, "data=tomorrow", "data.root=data", *options]
        path = os.pathsep.join([str(tmp_path), str(ROOT)])
        env = os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    refused = run("data.generator=secnd", "dry_run=true")
    assert refused.returncode == 2
    told = " ".join(refused.stderr.split())
    assert "no generator of tomorrow 'secnd'. Did you mean second? There are: first, second." in told
    done = run("data.generator=second", "dry_run=true")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "officially has" not in done.stdout
    assert "12 slices" in done.stdout
    assert "30 images" in done.stdout, "the second generator's release, not the first's"


def test_a_run_writes_the_format_of_its_edition(tmp_path, monkeypatch):
    (tmp_path / "tomorrow.yaml").write_text(NEW)
    monkeypatch.setattr(harness.editions.load, "files", lambda _: tmp_path)
    settings = SimpleNamespace(data=EditionFolder(name="tomorrow", root="data"))
    outcome = SimpleNamespace(pool=SimpleNamespace(ids=("q02", "q01")), settings=settings)
    predictions = SimpleNamespace(decision=np.array([True, False]))
    evaluation = SimpleNamespace(predictions=predictions, candidates=[1, 0])
    report._write_decisions(tmp_path / "submission.csv", outcome, evaluation)
    assert (tmp_path / "submission.csv").read_text() == "image;answer\nq01;1\nq02;0\n"
    assert submission_form(FolderData(root="data")) == Submission()
