"""The nine folders of real slices in another guise: the same answer, or a refusal in a sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.audit.__main__ import main

SHARED = Path(__file__).parents[4] / "shared"
WRITER = SHARED / "cases" / "strange_inputs.py"
pytestmark = pytest.mark.skipif(not WRITER.is_file(), reason="shared/cases is not beside the repository")
COPIES = "16 of 40 released images lie so near to training slices"


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cases")
    subprocess.run([sys.executable, str(WRITER), str(folder)], check=True)
    return folder


@pytest.fixture
def audit(cases, capsys):
    """`audit(members=case, ...)` audits the base but for what is taken from a case; returns code, output, errors."""

    def call(**instead):
        given = {role: cases / "base" / role for role in ("release", "members", "holdout")}
        given |= {role: cases / where for role, where in instead.items()}
        words = [word for role, folder in given.items() for word in (f"--{role}", str(folder))]
        code = main([*words, "--size", "64", "--attacks", "knn", "--check", "ncc"])
        told = capsys.readouterr()
        return code, " ".join(told.out.split()), " ".join(told.err.split())

    return call


@pytest.mark.parametrize(
    ("instead", "note"),
    [
        ({}, ""),
        ({"members": "turned/members", "holdout": "turned/holdout"}, "24 of 24 images in --members have an EXIF"),
        ({"release": "floats/release"}, "held floats and were rounded to 8-bit grey, 1 as white"),
        ({"release": "nested/release"}, ""),
        ({"release": "linked/release"}, "16 of 40 images in --release are links, or lie in linked folders"),
        ({"members": "nas/slices"}, "In --members 24 images were found, and 48 files were left out"),
        ({"members": "image_column/slices"}, ""),
        ({"members": "missing_patients/slices"}, "6 of 24 slices in --members count as patients of their own"),
    ],
    ids=["base", "turned", "floats", "nested", "linked", "nas", "image_column", "missing_patients"],
)
def test_another_guise_gives_the_same_answer(audit, instead, note):
    code, out, _ = audit(**instead)
    assert code == 0
    assert COPIES in out
    assert "Do not hand out this folder as it is" in out
    assert note in out


@pytest.mark.parametrize(
    ("instead", "sentence"),
    [
        ({"release": "broken_links/release"}, "16 links to content that is not there (first: g_000.png)"),
        ({"members": "spelling/members", "holdout": "spelling/holdout"}, "spel"),
    ],
    ids=["broken_links", "spelling"],
)
def test_what_cannot_be_answered_is_refused(audit, instead, sentence):
    code, out, err = audit(**instead)
    assert code == 2
    assert sentence in err
    assert "copies" not in out
