"""A copy of a run on an edition, via surrogates: its truth is withheld, and its ids are the organisers'."""

from __future__ import annotations

import csv
import json

from tiny import score_rows

from harness.share.__main__ import main as share
from harness.share.allowed import WITHHELD


def test_every_text_of_ours_goes_out_and_no_official_id_does(official, tmp_path):
    out = tmp_path / "copy"
    assert share([str(official.run), "--out", str(out), "--key", str(tmp_path / "key")]) == 0
    files = {path.name: path.read_text() for path in out.iterdir()}
    told, copied = (json.loads((folder / "results.json").read_text()) for folder in (official.run, out))
    differing = {name for name in told if told[name] != copied[name]}
    assert differing <= {"choices", "chosen"}, "the tests' own rule `declared` is none of ours"
    assert copied["surrogates"]["attacks"]
    assert WITHHELD not in files["leaderboard.csv"]
    with (official.run / "submission.csv").open() as file:
        ids = [row[0] for row in csv.reader(file)]
    ids += [row["candidate_id"] for row in score_rows(official.run)]
    for text in files.values():
        assert not any(name in text for name in ids)
    assert "submission.csv is ready" not in files["report.html"]
    assert "is not known here." in files["leaderboard.md"]
