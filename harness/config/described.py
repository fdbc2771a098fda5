"""Options with their value, the words that they take and their meaning: for `--help`, and for docs/options.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any, NamedTuple, get_args, get_type_hints

from omegaconf import DictConfig, ListConfig, OmegaConf

from attacks.difficulty_calibration import CALIBRATIONS
from harness.config.public_options import allowed_words
from shadow_models.conformance.documented import option_texts
from shadow_models.fine_tuning import FINE_TUNING
from shadow_models.recipe import SIZES, Recipe

NO_OPTIONS = ("hydra", "recipe", "name")  # Hydra's own; what shadow= and preset= stand for; what data= stands for
_SWITCH = ("true", "false")
# What its own docstring says in a formula alone; keys of scores hang on that file, so it stays as it is.
_SAID_HERE = {
    "StepwiseError": {"step": "timesteps from one call of the network to the next; t_sec is a multiple of it"}
}
_COMPOSED = ("attack", "data", "shadow", "target", "launch")  # groups whose name says which options there are


class Described(NamedTuple):
    """An option. name: dotted; value: as it is typed; values: words that it takes, or true and false; meaning: of its
    docstring; owner: the dataclass that has it.
    """

    name: str
    value: str
    values: tuple[str, ...]
    meaning: str
    owner: str


def described(node: DictConfig, family: str, above: str = "") -> Iterator[Described]:
    """Every option below a node that was made of dataclasses, in order.

    family: that of the generators, some of whose options take words; above: the dotted name of the node, with a dot.
    """
    words, owner = allowed_words(family), OmegaConf.get_type(node)
    texts = _texts(owner)
    for name in map(str, node):
        if name in NO_OPTIONS or name == "defaults":
            continue
        child = None if OmegaConf.is_missing(node, name) else node._get_node(name)
        if isinstance(child, DictConfig) and _holds_options(child):
            yield from described(child, family, f"{above}{name}.")
        else:
            taken = tuple(words.get(name, ())) or _truths(owner, name)
            yield Described(above + name, _typed(node, name), taken, _sentence(texts.get(name, "")), _called(owner))


def groups_of(node: DictConfig) -> Mapping[str, str]:
    """What is said of the groups, such as `data=NAME`, and of options that stand for several."""
    texts = _texts(OmegaConf.get_type(node))
    return {name: _sentence(texts[name]) for name in (*_COMPOSED, "preset") if name in texts}


def presets_of(family: type[Recipe]) -> list[list[str]]:
    """Where the presets of a family differ: the head, then a row an option; two of what hangs on the start."""
    presets = family.presets()
    rows = [["option", *SIZES]]
    for name in presets["quick"].to_dict():
        values = [_plain(presets[size].to_dict()[name]) for size in SIZES]
        if name in family.from_start:
            warm = [_plain(getattr(FINE_TUNING[size], name)) for size in SIZES]
            rows += [[f"{name}, from nothing", *values], [f"{name}, from a base", *warm]]
        elif len(set(values)) > 1:
            rows.append([name, *values])
    return rows


def _texts(owner: Any) -> dict[str, str]:
    behind = getattr(owner, "said_by", (owner,))
    kinds = [one for one in behind if isinstance(one, type) and is_dataclass(one)]
    texts = {name: text for one in kinds for name, text in option_texts(one).items()}
    return {name: with_names(text) for name, text in (texts | _SAID_HERE.get(_called(owner), {})).items()}


def with_names(meaning: str) -> str:
    """A reader of a page cannot look into a table of the code, so its names are said."""
    *names, last = ("none", *CALIBRATIONS)
    return re.sub(r"\bnone, [a-z_, ]+ or another of CALIBRATIONS\b", f"{', '.join(names)} or {last}", meaning)


def _called(owner: Any) -> str:
    family = getattr(owner, "family", None)
    named: str = getattr(owner, "__name__", "") if family is None else family.__name__
    return named


def _sentence(text: str) -> str:
    """With a large letter, but where it begins with a name; what code calls None is typed null."""
    plainly = re.sub(r"\bNone\b", "null", text)
    return plainly[:1].upper() + plainly[1:]


def _holds_options(node: DictConfig) -> bool:
    if node._is_none() or node._is_interpolation():
        return False
    return is_dataclass(OmegaConf.get_type(node)) or any(
        isinstance(one, DictConfig) and is_dataclass(OmegaConf.get_type(one))
        for one in (node._get_node(name) for name in node)
    )


def _truths(owner: Any, name: str) -> tuple[str, ...]:
    hint = get_type_hints(owner).get(name) if is_dataclass(owner) else None
    return _SWITCH if bool in (hint, *get_args(hint)) else ()


def _typed(node: DictConfig, name: str) -> str:
    """As it would be typed; `DIR` and the like where there is no default."""
    if OmegaConf.is_missing(node, name):
        return "..."
    return _plain(OmegaConf.to_container(node, resolve=False)[name])  # type: ignore[call-overload,index]


def _plain(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple | ListConfig):
        return f"[{','.join(map(_plain, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(one)}" for key, one in value.items()) + "}"
    if isinstance(value, float) and 0 < abs(value) < 1e-3:
        return f"{value:g}".replace("e-0", "e-")
    return str(value)


def told(one: Described) -> str:
    """The meaning of an option, and the words that it takes where those are not all in it; of a switch, it alone."""
    if one.values == _SWITCH or all(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", one.meaning) for word in one.values
    ):
        return f"{one.meaning}."
    return f"{one.meaning}: {', '.join(one.values)}."
