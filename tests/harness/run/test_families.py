"""Whole runs with generators that are not the default: what is written, what is skipped and why, what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tiny import only_run
from tiny_edition import write_edition

from harness.share.__main__ import main as share
from harness.submission.files import check_submission
from shadow_models.recipe import Recipe
from shadow_models.registry import find_family, register

TINY = [
    "data.size=16", "data.patients=16", "data.slices=2", "shadow.n_images=16", "launch.workers=0", "device=cpu",
    "report.pictures=none",
]  # fmt: skip
OF_FAMILY = {
    "ddpm": ["shadow.channels=[8,8]", "shadow.norm_groups=4", "shadow.patch=2", "shadow.steps=4"],
    "flow": ["shadow.channels=[8,8]", "shadow.norm_groups=4", "shadow.patch=2", "shadow.steps=4"],
    "latent": [
        "shadow.channels=[8]", "shadow.norm_groups=4", "shadow.patch=2", "shadow.steps=4",
        "shadow.autoencoder_channels=[8,8]", "shadow.autoencoder_steps=4", "shadow.attention=[]",
    ],
    "gan": ["shadow.channels=[8,8]", "shadow.critic_channels=[8,8]", "shadow.steps=4"],
    "copies": [],
    "strangers": [],
}  # fmt: skip
PROGRAM = """
import sys, pathlib, numpy, PIL.Image
members, release, n, mode = sys.argv[1:]
slices = [numpy.asarray(PIL.Image.open(path)) for path in sorted(pathlib.Path(members).iterdir())]
for i in range(int(n)):
    PIL.Image.fromarray(slices[i % len(slices)]).convert(mode).save(pathlib.Path(release, f"{i:04d}.png"))
"""


def rows_of(results: dict, target_set: str) -> dict[str, dict]:
    return {one["attack"]: one for one in results["records"] if one["target_set"] == target_set}


@pytest.mark.parametrize("family", OF_FAMILY)
def test_a_run_leads_to_a_checked_submission(harness, family):
    ran = harness(*TINY, f"shadow={family}", *OF_FAMILY[family], "attack=[knn,logan,loss]")
    assert ran.code == 0, ran.err
    run = only_run()
    results = json.loads((run / "results.json").read_text())
    assert (results["family"], results["recipe"]["size"]) == (family, 16)
    ids = [line.split(",")[0] for line in (run / "submission.csv").read_text().splitlines()]
    check_submission(run / "submission.csv", ids)
    skipped = {name: rows_of(results, "shadow")[name]["skipped"] for name in ("knn", "loss", "logan")}
    assert skipped["knn"] is None
    if family == "gan":
        assert "gives a discriminator" in skipped["loss"]
        assert skipped["logan"] is None
    elif family in ("copies", "strangers"):
        assert all("gives only released images" in skipped[name] for name in ("loss", "logan"))
    else:
        assert skipped["loss"] is None
        assert "gives a denoiser" in skipped["logan"]


def test_copies_are_told_and_strangers_are_not(harness):
    found = {}
    for family in ("copies", "strangers"):
        assert harness(*TINY, f"shadow={family}", "attack=knn", f"out={family}").code == 0
        results = json.loads(Path(family, "results.json").read_text())
        found[family] = rows_of(results, "shadow")["knn"]["auc"]
    assert found["copies"]["value"] > 0.95
    assert found["strangers"]["low"] < 0.5 < found["strangers"]["high"]


def external(tmp_path, mode: str) -> list[str]:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    words = f'shadow.command="{sys.executable} {program} {{members}} {{release}} {{n}} {mode}"'
    return [*TINY, "shadow=external", words, f"shadow.depends=[{program}]", "attack=knn"]


def test_a_program_of_the_users_makes_releases_and_stays_out_of_copies(harness, tmp_path):
    words = external(tmp_path, "RGB")
    ran = harness(*words)
    assert ran.code == 0, ran.err
    assert "grey" in ran.out + ran.err, "what was done to colour is said"
    run = only_run()
    assert rows_of(json.loads((run / "results.json").read_text()), "shadow")["knn"]["auc"]["value"] > 0.95
    assert "program.py" in (run / "config.yaml").read_text(), "the user's own files are whole"
    for name in ("manifest.json", "report.html", "leaderboard.md"):
        assert "program.py" not in (run / name).read_text()
    assert share([str(run), "--out", "copy"]) == 0
    assert not any(b"program.py" in path.read_bytes() for path in Path("copy").iterdir())
    again = harness(*words, "out=again")
    assert "Training" not in again.out, "all is in the store"
    (tmp_path / "program.py").write_text(PROGRAM + "\n")
    assert "Training" in harness(*words, "out=edited").out, "an edited program is another generator"


def test_a_program_that_fails_is_a_sentence_and_nothing_is_kept(harness, tmp_path):
    words = external(tmp_path, "no-such-mode")
    ran = harness(*words)
    assert ran.code == 2
    assert ran.err.startswith("Error: The program of shadow.command ended with code 1")
    assert "Traceback" not in ran.err.splitlines()[0][:60]
    assert not list((tmp_path / "store").glob("release/*/images.npy"))


def test_matching_takes_the_family_whose_release_is_like_the_tests(harness, images, tmp_path):
    """Releases of the tiny edition are copies of those used, with noise."""
    root = write_edition(tmp_path / "clef", images)
    edition = ["data=imageclef2023", "data.group=given", f"data.root={root}", "data.size=16", "shadow.count=4"]
    for own in ("strangers", "copies"):
        ran = harness(
            *edition, f"shadow={own}", "shadow.match=[strangers,copies]", "shadow.n_images=16", "attack=knn",
            "launch.workers=0", "device=cpu", f"out=of_{own}",
        )  # fmt: skip
        assert ran.code == 0, ran.err
        results = json.loads(Path(f"of_{own}", "results.json").read_text())
        assert results["family"] == "copies"
        assert {one["family"] for one in results["matches"]} == {"copies", "strangers"}
        page = Path(f"of_{own}", "report.html").read_text()
        assert "Recipes tried" in page
        assert "Near copies" in page


class Broken(Recipe):
    """A plug-in with a slip in it."""

    def train(self, members, training):
        raise KeyError("no such thing")

    def load(self, folder, device):
        raise KeyError("no such thing")


def test_a_slip_in_a_plug_in_is_a_sentence(harness, monkeypatch):
    from shadow_models import registry

    monkeypatch.setattr(registry, "_registered", dict(registry._registered))
    monkeypatch.setattr(registry, "plug_ins", lambda: ({"broken": None}, {}))
    monkeypatch.setattr(Broken, "__module__", "of_others")
    monkeypatch.setitem(sys.modules, "of_others", sys.modules[__name__])
    register("broken")(Broken)
    assert find_family("broken") is Broken
    ran = harness(*TINY, "shadow=broken", "attack=knn")
    assert ran.code == 2
    assert "The generator broken of a plug-in is broken: KeyError" in ran.err
