"""Pictures of slices leave a run only where `report.pictures` lets them, and the page says where they are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny import TINY, TINY_PHANTOM, WHOLE, write_slices

FAST = ["shadow.steps=5", "out=run"]
NOTE = "report.pictures=all"


def shows(run: Path) -> tuple[bool, bool]:
    """Whether the page has pictures, and whether the sheet is there. The manifest lists what is there, either way."""
    assert set(json.loads((run / "manifest.json").read_text())["files"]) == {p.name for p in run.iterdir()} - {
        "manifest.json"
    }
    page = (run / "report.html").read_text()
    assert ("<img" in page) == ("data:image" in page)
    return "<img" in page, (run / "contact_sheet.png").exists()


def notes(run: Path) -> list[str]:
    return [one for one in json.loads((run / "manifest.json").read_text())["warnings"] if NOTE in one]


def test_a_folder_shows_none_unless_asked(harness, images):
    write_slices(Path("slices"), images(16, 16, 3), "mustermann_{:02d}.png")
    folder = [*TINY, *FAST, "data=folder", "data.root=slices"]
    ran = harness(*folder)
    assert ran.code == 0, ran.err
    run = Path("run")
    assert shows(run) == (False, False)
    assert " ".join(ran.out.split()).count(NOTE) == len(notes(run)) == 1
    page = (run / "report.html").read_text()
    assert NOTE in page, "the place where the pictures were says how to get them"
    assert "real slices; treat" not in page
    assert "mustermann" not in page
    assert not Path("store/picture").exists(), "none is drawn for nobody"
    results = (run / "results.json").read_text()

    ran = harness(*folder, "report.pictures=all")
    assert ran.code == 0, ran.err
    assert shows(run) == (True, True)
    assert notes(run) == []
    assert "real slices; treat" in (run / "report.html").read_text()
    assert (run / "results.json").read_text() == results

    ran = harness(*folder, "report.pictures=none")
    assert shows(run) == (False, False)
    assert NOTE not in ran.out
    assert notes(run) == []


def test_phantoms_are_shown_unless_not_asked_for(ran, harness):
    for options, expected in (([], True), (["report.pictures=none"], False), (["report.pictures=all"], True)):
        told = harness(*WHOLE, *options)
        assert told.code == 0, told.err
        assert shows(ran) == (expected, expected)
        assert NOTE not in told.out


def test_the_name_of_a_run_does_not_hang_on_its_pictures(scored, harness):
    for options in ([], ["report.pictures=none"]):
        assert harness(*TINY_PHANTOM, *options).code == 0
    (run,) = Path("runs").iterdir()
    assert shows(run) == (False, False)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("report.pictures=some", ["report.pictures", "'some'", "all, none, phantom"]),
        ("report.pictures=phantoms", ["Did you mean phantom"]),
        ("report.pictures=null", ["report.pictures"]),
        ("report.pictures=[all]", ["report.pictures"]),
        ("report.picture=all", ["report.picture", "Did you mean report.pictures"]),
        ("report=null", ["option report"]),
    ],
)
def test_wrong_values_are_told_before_any_work(harness, option, words):
    ran = harness(*TINY_PHANTOM, option)
    assert ran.code == 2
    told = " ".join(ran.err.split())
    assert "Traceback" not in told
    for word in words:
        assert word in told, told
    assert not Path("store").exists()
