"""Every option of `harness.run` with values of another type, negative, zero, NaN, infinite, absurd, empty, lists."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin

from hydra import compose, initialize
from omegaconf import DictConfig, OmegaConf

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from harness.config.composing import prepare_hydra
from harness.config.registration import register_options

SLICES = "slices"
_HUGE = "1" + "0" * 30
_NOT = {
    int: ("word", "1.5", "nan", "inf", _HUGE, "", "[1,2]", "{a: 1}"),
    float: ("word", "nan", "-inf", _HUGE, "", "[1,2]", "{a: 1}"),
    bool: ("word", "2.5", "nan", "", "[true]", "{a: 1}"),
    str: ("[1,2]", "{a: 1}"),
    list: ("word", "nan", "[nan]", "[word]", "{a: 1}", f"[{_HUGE}]"),
}
"""By type, what no option of it can mean. Of words, an empty one may be meant."""
_PERHAPS = {int: ("-1", "0", "1000000000"), float: ("-1", "0", "1000000000"), bool: (), str: (), list: ()}
"""What some options can mean, and take as it is; others refuse it."""
_OF_RUN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("", ()),
    ("data.", ("data=folder", f"data.root={SLICES}")),
    ("data.", ("data=imageclef2023", f"data.root={SLICES}")),
    ("data.", ("data=dicom", f"data.root={SLICES}")),
    ("data.", ("data=nifti", f"data.root={SLICES}")),
    ("data.", ("data=hub", "data.path=owner/name")),
    ("data.", ("data=parquet", f"data.files={SLICES}/x.parquet")),
    ("shadow.", ("shadow=ddpm",)),
    ("shadow.", ("shadow=gan",)),
)
_ATTACKS = (
    "knn", "blind", "c2st", "carlini", "dime", "domias", "dpi", "fcre", "gsa", "kernel_crowded", "learned_similarity",
    "loss_mlp", "mc", "mosaic", "pfami", "pia", "reconstruction", "retrieval", "secmi", "sima", "ssim", "stack",
)  # fmt: skip
_OF_ATTACKS_EACH = 2  # values of an option; the next option has the next ones
_CHOSEN = ("name", "recipe", "hydra", "defaults", "tuning")  # by other words


class _Option(NamedTuple):
    """name: dotted; kind: of its values; may_be_null: whether nothing can be said."""

    name: str
    kind: type
    may_be_null: bool


@cache
def _options(words: tuple[str, ...], below: str) -> tuple[_Option, ...]:
    """Those that are there once the words are composed, whose types are told."""
    prepare_hydra()
    register_options(words)
    with initialize(version_base="1.3", config_path=None):
        return tuple(one for one in _walked(compose("run", list(words)), "") if one.name.startswith(below))


def _walked(node: DictConfig, above: str) -> Iterator[_Option]:
    for name in map(str, node):
        child: Any = node._get_node(name)
        if name in _CHOSEN:
            continue
        if isinstance(child, DictConfig) and not child._is_none() and (above + name == "attack" or _is_typed(child)):
            yield from _walked(child, f"{above}{name}.")
            continue
        told = child._metadata.ref_type
        kind = list if get_origin(told) is list else told
        if kind in _NOT and (kind is not list or get_args(told)[0] is not str):
            yield _Option(above + name, kind, bool(child._metadata.optional))


def _is_typed(node: DictConfig) -> bool:
    return is_dataclass(OmegaConf.get_type(node))


def _write(root: Path, name: str, words: Sequence[str], right: Sequence[str]) -> list[Right]:
    (root / SLICES).mkdir()
    (root / "words.json").write_text(json.dumps({"name": name, "words": list(words)}), encoding="utf-8")
    return [Right({name: one}) for one in right]


def _case(option: _Option, words: tuple[str, ...], value: str, right: Sequence[str] = ()) -> Case:
    said = (*words, f"{option.name}={value}")
    return Case(" ".join(said), partial(_write, name=option.name, words=said, right=right), "options", bool(right))


def _cases_of(option: _Option, words: tuple[str, ...]) -> list[Case]:
    found = [_case(option, words, value) for value in _NOT[option.kind]]
    if not option.may_be_null:
        found.append(_case(option, words, "null"))
    as_told = float if option.kind is float else int
    found += [_case(option, words, one, [json.dumps(as_told(one))]) for one in _PERHAPS[option.kind]]
    return found


def _of_attacks() -> Iterator[Case]:
    """Of the options that several attacks share once, and of each a few values, so that the next has others."""
    seen = set[str]()
    for name in _ATTACKS:
        words = (f"attack={name}",)
        for option in _options(words, f"attack.{name}."):
            own = option.name.rpartition(".")[2]
            if name == "knn" or own not in seen:
                several = _cases_of(option, words)
                at = _OF_ATTACKS_EACH * len(seen)
                yield from ((several * 2)[(at + k) % len(several)] for k in range(_OF_ATTACKS_EACH))
            seen.add(own)


def _right() -> list[Case]:
    """Values that are meant: each is taken as it is, so that a reader that refuses all is found out."""
    plain = {
        "seed": "7", "data.patients": "12", "shadow.steps": "30", "dry_run": "true", "attack.knn.k": "5",
        "launch.checkpoint_seconds": "1.5",
    }  # fmt: skip
    return [
        Case(f"{name}={value}", partial(_write, name=name, words=[f"{name}={value}"], right=[value]), "options")
        for name, value in plain.items()
    ]


def cases(real: Path | None = None) -> Sequence[Case]:
    """Of each option every value, those of several sources, families and attacks once."""
    found, seen = _right(), set[str]()
    for below, words in _OF_RUN:
        for option in _options(words, below or ""):
            if option.name not in seen and not option.name.startswith("attack."):
                seen.add(option.name)
                found += _cases_of(option, words)
    return [*found, *_of_attacks()]


BENCHMARK = class_of_inputs(
    "options", "options of another type, negative, zero, NaN, absurd: the right composition, or a refusal", cases, 40
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
