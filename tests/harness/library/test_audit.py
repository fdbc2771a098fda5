"""`audit`: arrays and folders give what the command writes, and what makes an audit meaningless is refused."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from audit_worlds import people, strangers, write_folder
from tiny import write_slices

from harness.audit.__main__ import main
from harness.errors import HarnessWarning, InputError
from harness.library import audit

QUICK = {"attacks": ["knn"], "check": "ncc", "moves": False}


@pytest.fixture(scope="module")
def sides():
    """Released images, members and holdout."""
    members, holdout = people(12, 11, 2), people(12, 12, 2)
    return np.concatenate([members.pixels[:6], strangers(30, 3)]), members, holdout


@pytest.fixture(scope="module")
def result(sides):
    release, members, holdout = sides
    whose = {"member_patients": members.patient_ids, "holdout_patients": holdout.patient_ids}
    return audit(release, members.pixels, holdout.pixels, **whose, **QUICK)


def test_arrays_are_audited(result):
    assert result.verdict[0] == "Do not hand out this folder as it is: it holds real slices."
    assert result.copies[:6].all()
    assert result.copies.sum() <= 8
    assert result.report()["schema"] == 1
    assert not result.alarms


def test_folders_give_what_the_command_writes(sides, tmp_path):
    release, members, holdout = sides
    write_slices(tmp_path / "release", release)
    for name, slices in (("members", members), ("holdout", holdout)):
        write_folder(tmp_path / name, slices)
    (tmp_path / "release" / "notes.txt").write_text("said")
    given = [word for name in ("release", "members", "holdout") for word in (f"--{name}", str(tmp_path / name))]
    words = ["--attacks", "knn", "--check", "ncc", "--no-moves", "--size", "32", "--out", str(tmp_path / "theirs")]
    assert main([*given, *words, "--format", "json"]) == 0
    with pytest.warns(HarnessWarning, match="1 files were left out"):
        ours = audit(*(tmp_path / name for name in ("release", "members", "holdout")), size=32, **QUICK)
    ours.write(tmp_path / "ours")
    wanted = json.loads((tmp_path / "theirs" / "report.json").read_text())
    found = json.loads((tmp_path / "ours" / "report.json").read_text())
    assert json.dumps(wanted).replace("--", "") == json.dumps(found)  # they call a folder as their user gave it
    files = [Counter(path.name for path in (tmp_path / one).rglob("*")) for one in ("theirs", "ours")]
    assert files[0] == files[1]


def test_a_result_shows_itself(result):
    frame = result.to_pandas()
    assert frame.loc[("membership", "knn_auc", "given"), "value"] == result.found.figure("knn_auc").given.value
    shown = result._repr_html_()
    assert "knn: AUC" in shown
    assert "it holds real slices" in shown
    assert "knn: AUC" in [label.get_text() for label in result.plot().get_yticklabels()]


def test_a_result_is_one_line(result):
    told = f"<AuditResult of 36 released images, of which {result.copies.sum()} count as copies: {result.verdict[0]}>"
    assert repr(result) == str(result) == told


def test_an_array_cannot_be_written_out(result, tmp_path):
    with pytest.raises(InputError, match="leave out those of `copies`"):
        result.write(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore::harness.errors.HarnessWarning")
def test_what_means_nothing_is_refused(sides, tmp_path):
    release, members, holdout = sides
    pixels = {"release": release, "members": members.pixels, "holdout": holdout.pixels}
    for given, told in (
        ({"release": release[:4]}, "release holds 4 images"),
        ({"holdout": members.pixels}, "slices of holdout are in members, too"),
        ({"holdout": holdout.pixels[:6]}, "holdout holds slices of 6 patients"),
        ({"member_patients": ["one"]}, "member_patients names 1 patients for 24"),
        ({"other_patients": ["one"]}, "there are no other slices"),
        ({"members": tmp_path}, "members are folders and the others arrays"),
        ({"distance": "nc"}, "no distance 'nc'"),
        ({"attacks": ["loss"]}, "needs more than a release"),
        ({"false_copies": 0.7}, "false_copies=0.7 must lie"),
        ({"size": 4}, "size=4 is too small"),
        ({"size": 64}, r"Work at 32 pixels or less \(size\), or"),
        (
            dict.fromkeys(("member_patients", "holdout_patients"), ["A"] * 24),
            "1 patients are in members and in holdout",
        ),
    ):
        with pytest.raises(InputError, match=told):
            audit(**(pixels | QUICK | given))
