"""The words of a command line before Hydra sees them: which attacks they name, and what of Hydra is not taken here.

Hydra can read options from other people's files, import and call what `_target_` names, and put the environment into
values. The commands need none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.errors import InputError
from harness.store.addresses import check_address, without_secrets

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

_REFUSED_FLAGS = ("config_path", "config_name", "config_dir", "experimental_rerun", "shell_completion")
# What `hydra.utils.instantiate` looks for: _target_, _partial_, _args_ and the like.
_SPECIAL = re.compile(r"_[a-z]+_")
_INTERPOLATION = re.compile(r"\$\{\s*\.*(\w+)(?:\.\w+|\[\w+\])*\s*\}")
_ONE_FAMILY = ("shadow", "target")
_ONE_NAME, _SEVERAL = ("data", "launch", "preset", *_ONE_FAMILY), "attack"
_FIXED = "Options are given by name, such as seed=1; see --help for all there are."


def in_order(words: Sequence[str]) -> list[str]:
    """The words as Hydra wants them: that of a sweep first, and quotes round a value such as ~/slices."""
    quoted = [re.sub(r"^([\w.@/]+=)(~[^\s,\"'\\]*)$", r'\1"\2"', word) for word in words]
    return sorted(quoted, key=lambda word: word not in ("-m", "--multirun"))


def names_given(words: Sequence[str], group: str) -> list[str]:
    """The names given as `GROUP=...`, unknown ones among them; none where the words cannot be read."""
    from hydra.errors import HydraException

    try:
        overrides = overrides_of(words)
    except HydraException:  # Hydra says so itself, later
        return []
    values = (_strings(one.value()) for one in overrides if one.key_or_group == group)
    return [name for names in values for name in names]


def asks_for_completion(words: Sequence[str]) -> bool:
    """Whether it is a shell that asks, or its script that is asked for (`harness.config.completion`)."""
    return bool(_flags(words).shell_completion)


def refuse_foreign(words: Sequence[str]) -> None:
    """InputError, in a sentence, for options that would bring in what is not this package's or the user's values.

    Raises Hydra's own error for a word that is no option at all.
    """
    flags = _flags(words)
    for name in _REFUSED_FLAGS:
        if getattr(flags, name):
            given = name.replace("_", "-")
            raise InputError(f"--{given} is not taken here: nothing but this package says what to run. {_FIXED}")
    for override in overrides_of(words):
        told = without_secrets(str(override.input_line))
        key, package = override.key_or_group.lstrip("/"), override.package
        if re.split(r"\W", key)[0] == "hydra":
            raise InputError(
                f"{told} is refused: Hydra's own settings are fixed, so that nothing else runs. {_FIXED}"
            )
        if key == "recipe":
            raise InputError(f"{told} is refused: shadow=NAME and preset=NAME say which recipe. {_FIXED}")
        if key in _ONE_FAMILY and isinstance(override.value(), list):
            raise InputError(f"{told} names several, and {key}=NAME takes one; shadow.match=[...] tries several.")
        if (key in _ONE_NAME or key == _SEVERAL) and not _is_named(override):
            raise InputError(f"{told} gives no name; {key}=NAME takes those that --help lists.")
        if package is not None:
            raise InputError(f"{told} is refused: where options go is fixed, so @{package} has no place. {_FIXED}")
        if any(_SPECIAL.fullmatch(part) for part in [*re.split(r"\W", key), *_keys(override.value())]):
            raise InputError(
                f"{told} is refused: a name such as _target_ says what to run, and no option does. {_FIXED}"
            )
        for text in _strings(override.value()):
            _refuse_resolver(told, text)
            if key == "store.mirror" and "${" not in text:
                check_address(text)  # before Hydra writes down what a sweep was asked for


def _is_named(override: Override) -> bool:
    """Whether a group is given a name, of attacks several in a list; a sweep may be. Hydra raises what it likes."""
    from hydra.core.override_parser.types import QuotedString

    value = override.value()
    if override.is_delete() or override.is_sweep_override():
        return True
    names = value if isinstance(value, list) and override.key_or_group == _SEVERAL else [value]
    return all(isinstance(one, str | QuotedString) for one in names)


def asks_for_help(words: Sequence[str]) -> bool:
    """Whether `--help` is among the words, in any form that Hydra takes."""
    return bool(_flags(words).help)


def without_flags(words: Sequence[str]) -> list[str]:
    """The words that are options."""
    return list(_flags(words).overrides)


def _refuse_resolver(told: str, text: str) -> None:
    rest = _INTERPOLATION.sub(lambda found: "" if found[1] != "hydra" else found[0], text)
    if "${" in rest:
        raise InputError(
            f"{told} is refused: ${{...}} may name another option, such as ${{data.size}}, and nothing else; what "
            "the environment or the machine holds would stand in the results."
        )


def _flags(words: Sequence[str]) -> Any:
    from hydra._internal.utils import get_args_parser  # the parser that Hydra itself uses: abbreviations count, too

    return get_args_parser().parse_args(in_order(words))


def overrides_of(words: Sequence[str]) -> list[Override]:
    """The options among the words, as Hydra reads them; Hydra's own error for a word that is none."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    return OverridesParser.create().parse_overrides(_flags(words).overrides)


def _strings(value: Any) -> Iterator[str]:
    """Every string in a value, keys of dictionaries among them; of a sweep, every choice."""
    for one in _leaves(value):
        if isinstance(one, str):
            yield one


def _leaves(value: Any) -> Iterator[Any]:
    from hydra.core.override_parser.types import ChoiceSweep, Glob, QuotedString

    if isinstance(value, QuotedString):
        yield value.text
    elif isinstance(value, ChoiceSweep):
        yield from _leaves(value.list)
    elif isinstance(value, Glob):
        yield from _leaves([*value.include, *value.exclude])
    elif isinstance(value, dict):
        yield from _leaves([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _leaves(one)
    else:
        yield value


def _keys(value: Any) -> Iterator[str]:
    """Every key of every dictionary in a value."""
    from hydra.core.override_parser.types import ChoiceSweep, QuotedString

    if isinstance(value, ChoiceSweep):
        yield from _keys(value.list)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from re.split(r"\W", key.text if isinstance(key, QuotedString) else str(key))
            yield from _keys(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _keys(one)
