"""The options of a finished run as words of a command line: typed here, and nothing of them runs or is fetched.

A `config.yaml` may be somebody else's. Its values are compared with the options that there are, as dataclasses say
them; what differs from a default becomes a word `name=value`, as if it had been typed. Names that begin with an
underscore, `${...}`, tags and aliases are refused. Programs, plug-ins and data sets of the Hub that it names are
taken only where the user says them, too. Where results and artefacts go it does not say.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from hydra import compose, initialize
from hydra.core.override_parser.types import Quote, QuotedString
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from attacks.registry import found_so_far
from harness.config.command_words import names_given, overrides_of, refuse_foreign
from harness.config.composing import prepare_hydra
from harness.config.edition_options import membership_editions
from harness.config.recipe_options import STARTS, family_called
from harness.config.registration import register_options
from harness.data.options import SOURCES, HubData
from harness.errors import InputError, unknown_name
from harness.places import shown, user_path
from shadow_models.recipe import SIZES
from shadow_models.registry import HERE, built_in

NOT_TAKEN = ("out", "dry_run", "store", "launch", "report")
"""Where things go, how many processes there are, and whether slices are shown: for whom repeats it to say."""
_CHOSEN = ("data.name", "shadow.family", "shadow.leak", "preset")  # by groups, or there in full
_DATA_PLACES = ("data.root", "data.extra", "data.files", "data.path")
_GROUPS = ("attack", "data", "shadow", "preset")
_MOST_OPTIONS = 5000
_PLAIN = re.compile(r"(?!(?:null|true|false|nan|inf)$)[A-Za-z][\w:.-]*", re.IGNORECASE)
_Value = Any  # None, a truth, a number, a text, or a list of these


class _Said(NamedTuple):
    """An option of the folder that is taken only where the user says it, and why."""

    name: str
    why: str


def words_of(options: Any, given: Sequence[str], called: str) -> list[str]:
    """The words of the command line that give a run's options, those of the user behind them.

    options: what `config.yaml` holds; given: words of the user; called: what sentences call the folder. Raises
    InputError for what is no option of this version, of a wrong type, or must be said by the user.
    """
    found = _flat(options, called)
    prepare_hydra()
    refuse_foreign(given)
    choices = _choices(found, given, called)
    register_options(choices)
    with initialize(version_base="1.3", config_path=None):
        node = compose("run", overrides=choices)
    mine = [one for one in given if one.partition("=")[0] not in _GROUPS]
    typed = {override.key_or_group for override in overrides_of(mine)}
    words = [f"{name}={written(value)}" for name, value in _differing(found, node, typed, called)]
    return [*choices, *words, *mine]


def written(value: _Value) -> str:
    """A value as it is typed, in quotes where it needs them."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        return QuotedString(value, Quote.double).with_quotes()
    return str(value)


def _flat(options: Any, called: str) -> dict[str, _Value]:
    """Every value by its dotted name; InputError for names and values that no option has."""
    if not isinstance(options, dict):
        raise InputError(f"{called}: the options are no mapping of names to values.")
    found = dict(_values(options, "", called))
    if len(found) > _MOST_OPTIONS:
        raise InputError(f"{called}: {len(found)} options are more than any run has.")
    return found


def _values(options: Mapping[Any, Any], above: str, called: str) -> Iterator[tuple[str, _Value]]:
    for key, value in options.items():
        if not isinstance(key, str) or not re.fullmatch(r"[A-Za-z]\w*", key, re.ASCII):
            raise InputError(
                f"{called}: {shown(above + str(key))} is the name of no option, and nothing of it is run."
            )
        if isinstance(value, dict) and value:
            yield from _values(value, f"{above}{key}.", called)
        elif value == {}:
            if above == "attack.":  # an attack without options
                yield above + key, {}
        else:
            _check_value(above + key, value, called)
            yield above + key, value


def _check_value(name: str, value: Any, called: str) -> None:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            if "${" in one or one == MISSING or not one.isprintable():
                raise InputError(f"{called}: {name}={shown(one)} is refused: a value stands for itself.")
        elif one is not None and not isinstance(one, bool | int | float):
            raise InputError(f"{called}: {name} is {type(one).__name__}, and no option takes that.")


def _choices(found: Mapping[str, _Value], given: Sequence[str], called: str) -> list[str]:
    """Which attacks, data, generators and preset: those of the folder, which the user may only confirm."""
    attacks = sorted({name.split(".")[1] for name in found if name.startswith("attack.")})
    chosen: dict[str, list[_Value]] = {
        "attack": list(attacks),
        "data": [found.get("data.name")],
        "shadow": [found.get("shadow.family")],
        "preset": [found.get("preset")],
    }
    known = {
        "attack": sorted(found_so_far().built_in),
        "data": [*SOURCES, *membership_editions()],
        "shadow": [*built_in(), *HERE],
        "preset": [*SIZES],
    }
    for group, names in chosen.items():
        said = names_given(given, group)
        if said and sorted(map(str, names)) != sorted(said):
            raise InputError(
                f"{group}={','.join(said)} is not what {called} names ({_list(names)}), so it would be no repetition."
            )
        for name in names:
            if name not in known[group] and name not in said:
                raise _unknown(group, name, known[group], called)
    if not attacks:
        raise InputError(f"{called} names no attack.")
    return [f"{group}={names[0] if group != 'attack' else _list(names)}" for group, names in chosen.items()]


def _list(names: Sequence[_Value]) -> str:
    return f"[{','.join(shown(str(one)) for one in names)}]"


def _unknown(group: str, name: _Value, known: Sequence[str], called: str) -> InputError:
    told = unknown_name({"shadow": "generator"}.get(group, group), shown(str(name)), known)
    beside = f" A plug-in is imported only where you name it, too: {group}={shown(str(name))}."
    return InputError(f"{called}: {told}{beside if group in ('attack', 'shadow') else ''}")


def _differing(
    found: Mapping[str, _Value], node: DictConfig, typed: set[str], called: str
) -> Iterator[tuple[str, _Value]]:
    """The options that are not as they are without a word, but for those that the user typed."""
    usual = dict(_usual(node))
    taken = {name: value for name, value in found.items() if _is_taken(name, value)}
    for name, value in taken.items():
        if name not in usual:
            raise InputError(f"{called}: {unknown_name('option', name, usual)}")
        _refuse_type(node, name, value, called)
    runs = _family_runs(str(found.get("shadow.family")))
    missing = [
        one
        for name in usual
        if name not in typed and (one := _to_be_said(name, taken.get(name, usual[name]), usual[name], runs, found))
    ]
    if missing:
        told = "; ".join(f"{one.name}, {one.why}" for one in missing)
        give = " ".join(f"{one.name}=..." for one in missing)
        raise InputError(f"{called} alone does not give {told}. Say it behind the folder: {give}")
    for name, value in taken.items():
        if name not in typed and value != usual[name]:
            yield name, value


def _is_taken(name: str, value: _Value) -> bool:
    bare = name.startswith("attack.") and name.count(".") == 1 and value == {}
    return not bare and name not in _CHOSEN and name.split(".", maxsplit=1)[0] not in NOT_TAKEN


def _usual(node: DictConfig) -> Iterator[tuple[str, _Value]]:
    """Every option as it is where nothing is said of it."""
    values = OmegaConf.to_container(node, resolve=True, throw_on_missing=False)
    assert isinstance(values, dict)

    def walk(options: Mapping[Any, Any], above: str) -> Iterator[tuple[str, _Value]]:
        for key, value in options.items():
            if isinstance(value, dict):
                yield from walk(value, f"{above}{key}.")
            else:
                yield f"{above}{key}", value

    return walk(values, "")


def _refuse_type(node: DictConfig, name: str, value: _Value, called: str) -> None:
    try:
        OmegaConf.update(node.copy(), name, value)
    except OmegaConfBaseException as error:
        raise InputError(f"{called}: {name} was refused: {str(error).splitlines()[0]}.") from error


def _family_runs(family: str) -> set[str]:
    """The options of a family that name programs or files."""
    return {f"shadow.{name}" for name in family_called(family).private}


def _to_be_said(name: str, value: _Value, usual: _Value, runs: set[str], found: Mapping[str, _Value]) -> _Said | None:
    """Why an option must come from the user; None where the folder's word will do."""
    why = None
    place = name in _DATA_PLACES or name.endswith(".encoder") or (name == "shadow.start" and value not in STARTS)
    if value == MISSING:
        why = "which it leaves out"
    elif value in (None, usual):
        pass
    elif name in runs:
        why = "which says what program is run"
    elif place:
        missing = [
            shown(str(one)) for one in (value if isinstance(value, list) else [value]) if not _is_here(str(one))
        ]
        if missing and name == "data.path" and found.get("data.name") == HubData.name:
            why = f"which is fetched only where you name it ({missing[0]} there)"
        elif missing:
            why = f"for {missing[0]} is not here"
    return None if why is None else _Said(name, why)


def _is_here(text: str) -> bool:
    """Whether something lies at a place, or in the folder from which a pattern of names goes on."""
    try:
        path = user_path(text)
        above = user_path(re.split(r"[*?\[]", text)[0].rpartition("/")[0] or ".")
    except InputError:
        return False
    return os.path.lexists(path) or (any(sign in text for sign in "*?[") and above.is_dir())
