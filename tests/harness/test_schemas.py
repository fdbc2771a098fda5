"""The schemas themselves: valid, strict, and each field has a word. Real files are held against them where made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from shapes import faults

from harness.data.sources.account import Account
from harness.evaluation.intervals import Estimate
from harness.evaluation.records import Record
from harness.finished.manifest_shape import FolderFacts
from harness.schemas import NAMES, schema


def parts(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schema and those of what it is made of."""
    whole = schema(name)
    yield name, whole
    yield from whole.get("$defs", {}).items()


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_and_says_what_each_field_is(name):
    Draft202012Validator.check_schema(schema(name))
    for title, part in parts(name):
        assert part["description"], title
        assert part["additionalProperties"] is False
        assert set(part["required"]) == set(part["properties"])
        assert [field for field, of in part["properties"].items() if len(of.get("description", "")) < 5] == []


def test_a_name_that_is_none_is_answered_with_those_there_are():
    with pytest.raises(KeyError, match="results, manifest"):
        schema("result")


def facts(record: Record) -> dict[str, Any]:
    return {
        "schema": 1,
        "run": {"n_slices": 4, "n_patients": 2, "n_shadows": 2, "n_images": 8, "seed": 0},
        "chosen": None,
        **{"choices": {}, "alarms": [], "nobody": [], "decisions": {}, "comparisons": [], "power": []},
        "family": "dct",
        "recipe": {"size": 16},
        "start": {"name": "nothing", "leak": None},
        **{"matches": [], "matched_with": {}, "surrogates": None},
        "beyond_slices": {
            "fraction_used": None,
            "empirical_epsilon": None,
            "set_level": {"own": [], "wrong": [0.5, None], "by_scores": None},
        },
        "records": [asdict(record)],
    }


def test_a_record_of_every_metric_has_the_shape_and_what_is_wrong_is_named():
    record = Record("knn", "release", "shadow", "release", auc=Estimate(0.5), tpr_at_fpr={"0.1": Estimate(None)})
    good = facts(record)
    assert faults("results", good) == []
    (more,) = faults("results", good | {"members": [1]})
    assert "'members' was unexpected" in more
    (fewer,) = faults("results", {name: value for name, value in good.items() if name != "alarms"})
    assert "'alarms' is a required property" in fewer
    good["records"][0]["via"] = "telepathy"
    (other,) = faults("results", good)
    assert other.startswith("records/0/via: 'telepathy' is not one of")


@pytest.mark.parametrize("revision", [None, "a" * 40])
def test_a_manifest_has_room_for_every_account(revision: str | None) -> None:
    account = Account("data.path", 3, 1, {"no images": (2, "notes.txt")}, revision=revision)
    assert FolderFacts(**account.facts()) == FolderFacts("data.path", 3, 1, {"no images": 2}, revision)
