"""The one reader of runs: what the writer writes comes back as it is, and of older runs what they say."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from bare_runs import results_of, write_bare_run, write_manifest
from whole_runs import write_run

from harness.errors import InputError
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import SCHEMA, Record
from harness.finished.made import made_by
from harness.finished.reading import read_run, whole
from harness.finished.results_shape import Kept, MatchFacts, Results, RunFacts, StartFacts, Surrogates

KNN = asdict(Record("knn", "release", "shadow", "release", auc=Estimate(0.7, 0.6, 0.8)))
NEWER = (
    *("nobody", "decisions", "comparisons", "power", "family", "recipe", "start", "matches", "matched_with"),
    *("surrogates", "beyond_slices"),
)


def test_what_is_written_is_read_back_as_it_is(tmp_path: Path) -> None:
    results = Results(
        schema=SCHEMA,
        run=RunFacts(n_slices=4, n_patients=2, n_shadows=4, n_images=8, seed=1),
        chosen=None,
        choices={"highest_auc": "knn"},
        alarms=["an alarm"],
        family="gan",
        start=StartFacts("phantom-64", None),
        matches=[MatchFacts(family="gan", steps=3, distances={"grey": 0.5}, realised_fpr={"0.1": 0.2})],
        surrogates=Surrogates(0.5, [Kept("loss", 0.9, 0.6, 0.25)]),
        records=[Record(**{**KNN, "auc": Estimate(0.7, 0.6, 0.8)})],
    )
    told = asdict(results)
    run = write_bare_run(tmp_path / "run", told.pop("records"), **told)
    assert read_run(run).results == results


def test_what_older_runs_did_not_write_is_what_they_had_or_not_known(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"knn": 0.8})
    told = json.loads((run / "results.json").read_text())
    older = {name: value for name, value in told.items() if name not in NEWER}
    older["run"] = {name: told["run"][name] for name in ("n_slices", "n_images", "seed")}
    (run / "results.json").write_text(json.dumps(older))
    write_manifest(run)
    read = read_run(run)
    assert (read.results.family, read.results.start.name, read.results.run.n_patients) == ("dct", "nothing", None)
    assert len(read.results.records) == len(told["records"])
    with pytest.raises(InputError, match="does not say by which recipe"):
        made_by(read)


def test_a_run_without_scores_is_read_and_not_whole(tmp_path: Path) -> None:
    run = read_run(write_bare_run(tmp_path / "run", [KNN]))
    assert run.scores is None
    with pytest.raises(InputError, match=r"it has no scores\.csv"):
        whole(run)
    (tmp_path / "run" / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"it has no manifest\.json"):
        whole(read_run(tmp_path / "run"))


@pytest.mark.parametrize("name", ["results.json", "config.yaml", "scores.csv"])
def test_a_file_that_was_changed_is_not_read(tmp_path: Path, name: str) -> None:
    run = write_run(tmp_path / "run", {"knn": 0.8})
    (run / name).write_text((run / name).read_text() + "\n")
    with pytest.raises(InputError, match=f"{name} was changed since the run wrote it") as caught:
        assert read_run(run).scores
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema": 2}, "schema 2, and 1 can be read"),
        ({"run": {"n_slices": "4"}}, "run.n_slices is not as a run writes it"),
        ({"records": [{**KNN, "access": "telepathy"}]}, "1 kinds of access"),
        ({"records": [{**KNN, "n_targets": -1}]}, "counts below 0"),
        ({"records": [{**KNN, "auc": {"value": float("nan")}}]}, "auc.value is not as a run writes it"),
        ({"records": [{**KNN, "control": "x" * 5000}]}, "control is not as a run writes it"),
    ],
)
def test_what_no_run_writes_is_a_sentence(tmp_path: Path, change: dict[str, object], why: str) -> None:
    told = {**results_of([KNN]), **change}
    run = write_bare_run(tmp_path / "run", told.pop("records"), **told)
    with pytest.raises(InputError, match=why):
        read_run(run)


@pytest.mark.parametrize("options", ["[]", "data: {name: 3}\nattack: {}", "data: {name: x}\nattack: {}\nshadow: 3"])
def test_options_that_no_run_has_are_a_sentence(tmp_path: Path, options: str) -> None:
    run = write_bare_run(tmp_path / "run", [KNN])
    (run / "config.yaml").write_text(options)
    write_manifest(run)
    with pytest.raises(InputError, match="is not as a run writes it"):
        read_run(run)


def test_a_line_longer_than_any_is_a_sentence(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", {"knn": 0.8})
    (run / "scores.csv").write_text((run / "scores.csv").read_text() + "x" * 200_000)
    write_manifest(run)
    with pytest.raises(InputError, match="is not as a run writes it"):
        assert read_run(run).scores
