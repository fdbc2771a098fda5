"""What a run says of trainings that go on, of what a mirror gave and of what its workers remark: once each."""

from __future__ import annotations

import re
import shutil

from harness.run.__main__ import main

WORDS = [
    "data=phantom", "data.size=16", "data.patients=16", "data.slices=1", "shadow.block=2", "shadow.channels=[8,16]",
    "shadow.steps=5", "shadow.n_images=16", "shadow.count=4", "shadow.start=nothing", "launch.workers=1",
    "device=cpu", "attack=knn", "report.pictures=none", "store.mirror=mirror",
]  # fmt: skip


def test_of_what_is_gone_on_with_and_fetched_one_note_each(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main([*WORDS, "out=first"]) == 0
    said = "".join(capfd.readouterr())
    assert "Fetched" not in said
    assert "checkpoint" not in said
    shutil.move("store/generator", "generator")
    for kind in ("generator", "release"):
        shutil.rmtree(f"store/{kind}", ignore_errors=True)
        shutil.rmtree(f"mirror/{kind}")
    for path in sorted((tmp_path / "generator").iterdir())[:2]:
        (tmp_path / "store" / "checkpoint" / path.name / "step-000000001").mkdir(parents=True)
    assert main([*WORDS, "out=second"]) == 0
    said = " ".join("".join(capfd.readouterr()).split())
    assert said.count("Note: 2 trainings go on from their checkpoints, of 5 that are left.") == 1
    assert said.count("Note: The checkpoint ") == 2
    assert "HarnessWarning" not in said
    assert ".py:" not in said
    assert main([*WORDS, "out=third", "store.root=another"]) == 0
    said = " ".join("".join(capfd.readouterr()).split())
    assert said.count("Note: Fetched from the mirror instead of made:") == 1
    assert re.search(r"made: \d+ artefacts \(generator 5, observation \d+, release \d+, scores \d+\)\. ", said)
