"""Which options may be told to others: numbers, and words that we know; never a path, a folder or a text."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

import attacks
from attacks.difficulty_calibration import CALIBRATIONS
from attacks.distances import NAMES as DISTANCES
from attacks.pfami import FLUCTUATIONS
from attacks.pia import NORMALIZATIONS
from harness.config.checks import PICTURES
from harness.config.edition_options import GROUPS, membership_editions
from harness.config.launch_options import BUILT_IN
from harness.config.options import ReportOptions, ShadowOptions, SurrogateOptions
from harness.config.recipe_options import STARTS, StartOptions
from harness.config.slurm_options import TAKES
from harness.data.options import SOURCES
from harness.data.sources.pixels.window import PRESETS
from harness.evaluation.decision_rules import DECISIONS
from harness.evaluation.probability_calibration import CURVES
from harness.evaluation.selection_rules import RULES
from shadow_models.fine_tuning import LEAKS
from shadow_models.recipe import DEFAULT, SIZES
from shadow_models.registry import built_in, find_family

ATTACK_NAME = r"[a-z][a-z0-9_]{0,39}"
_GROUPS = (
    "attack",
    "data",
    "preset",
    "launch",
    "shadow",
)  # chosen by a name that is registered: composition refuses others
_DATA = ("name", "size", "per_patient", "patients", "slices", "seed", "group", "window")
_OF_LAUNCH = tuple(dict.fromkeys(one.name for of in BUILT_IN for one in fields(of)))
_TOP = ("preset", "seed", "rule", "decision", "calibrator", "device")
_HIDDEN = "..."
_NUMBER = r"[+-]?[0-9.]+(?:e[+-]?[0-9]+)?|true|false|null"


def public_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Of the options of a run, as `config.yaml` has them, those that say nothing of where and whose the data are."""
    words = allowed_words(_family(options))
    told: dict[str, Any] = _told(options, _TOP, words)
    told["data"] = _told(options["data"], _DATA, words)
    told["launch"] = _told(options.get("launch") or {}, _OF_LAUNCH, words)
    told["shadow"] = _told(options.get("shadow") or {}, _of_generators(_family(options)), words)
    for name, of in (("surrogate", SurrogateOptions), ("report", ReportOptions)):
        told[name] = _told(options.get(name) or {}, [one.name for one in fields(of)], words)
    named = {name: own or {} for name, own in options["attack"].items() if re.fullmatch(ATTACK_NAME, str(name))}
    told["attack"] = {name: _told(own, list(own), words) for name, own in named.items()}
    return told


def public_command(words: Sequence[str], options: Mapping[str, Any]) -> list[str]:
    """The words of a command line, those that may not be told with `...` in their value's place.

    options: all that the command resolved to, in which the names of the words are looked up.
    """
    names, known = _names(public_options(options)), allowed_words(_family(options))
    return [_word(word, names, known) for word in words]


def _word(word: str, names: Collection[str], known: Mapping[str, Collection[str]]) -> str:
    name, equals, value = word.partition("=")
    if not equals:
        return word if word in ("-m", "--multirun") else _HIDDEN
    pieces = value.strip("[]").split(",")  # of a list, or of a sweep
    if name in _GROUPS and all(re.fullmatch(r"\w+", piece) for piece in pieces):
        return word
    words = known.get(name.rpartition(".")[2], ())
    if name in names and all(re.fullmatch(_NUMBER, piece) or piece in words for piece in pieces):
        return word
    return f"{name}={_HIDDEN}" if re.fullmatch(r"[+~]{0,2}[\w.@/]+", name) else _HIDDEN


def _names(options: Mapping[str, Any], above: str = "") -> set[str]:
    """The dotted names of all values."""
    found: set[str] = set()
    for name, value in options.items():
        whole = f"{above}{name}"
        found |= _names(value, f"{whole}.") if isinstance(value, Mapping) else {whole}
    return found


def _family(options: Mapping[str, Any]) -> Any:
    """What the options call the family of generators."""
    return (options.get("shadow") or {}).get("family", DEFAULT)


def _of_generators(name: Any) -> list[str]:
    """The options of a family of ours that may be told, and those of every generator; of another the latter alone."""
    every = ["family", *(one.name for of in (StartOptions, ShadowOptions) for one in fields(of))]
    if name not in built_in():
        return every
    family = find_family(name)
    return [*every, *(one.name for one in fields(family) if one.name not in family.private)]


def _told(options: Mapping[str, Any], names: Sequence[str], words: Mapping[str, Collection[str]]) -> dict[str, Any]:
    told = {}
    for name in names:
        if name in options and re.fullmatch(r"\w{1,40}", name):
            value = options[name]
            if isinstance(value, Mapping):
                told[name] = _told(value, list(value), words)
            elif _is_number(value) or (isinstance(value, str) and value in words.get(name, ())):
                told[name] = value
    return told


def _is_number(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_number(one) for one in value)
    return value is None or isinstance(value, bool | int | float)


def allowed_words(family: Any) -> dict[str, Collection[str]]:
    """The words that an option of a name may have; any other text stays here.

    family: the name of that of the generators; it alone is imported, for others may want torch.
    """
    return {
        **(find_family(family).choices if family in built_in() else {}),
        "family": built_in(),
        "match": built_in(),
        "name": (*SOURCES, *membership_editions(), *DISTANCES, *(one.name for one in BUILT_IN)),
        "preset": SIZES,
        "takes": TAKES,
        "window": PRESETS,
        "tuning": SIZES,
        "start": STARTS,
        "leak": LEAKS,
        "device": ("auto", "cpu", "cuda", "mps"),
        "group": GROUPS,
        "pictures": PICTURES,
        "rule": RULES,
        "decision": DECISIONS,
        "calibrator": CURVES,
        "attack": [module.name for module in pkgutil.iter_modules(attacks.__path__)],  # ours: imports no plug-in
        "calibration": ("none", *CALIBRATIONS),
        "distance": DISTANCES,
        "fluctuation": FLUCTUATIONS,
        "normalization": NORMALIZATIONS,
        "compare": ("l2", "ssim"),
    }
