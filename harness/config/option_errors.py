"""Hydra's and OmegaConf's errors as sentences that name the option, what is allowed and the nearest match."""

from __future__ import annotations

from difflib import get_close_matches

from hydra.core.config_store import ConfigStore
from hydra.errors import MissingConfigException, OverrideParseException
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    MissingMandatoryValue,
    OmegaConfBaseException,
    ValidationError,
)

from harness.config.launch_options import BUILT_IN
from harness.errors import unknown_name
from harness.store.addresses import without_secrets

WORDS = ("again", "verify")
"""That `harness.run` takes in place of options."""
_CALLED = {"shadow": "generator"}


def explained(error: Exception) -> str:
    """The sentence for an error of composition; the library's own words where it is none we know.

    Nothing of it is a secret that stood in an address.
    """
    return without_secrets(_explained(error))


def _explained(error: Exception) -> str:
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        group, _, name = str(error.missing_cfg_file).partition("/")
        if name:
            return (
                unknown_name(_CALLED.get(group, group), name, _names(group))
                + _plugin_hint(group)
                + _edition_hint(group, name)
            )
    if isinstance(error, OverrideParseException):
        return _unread(str(error.override))
    return _of_value(error) or " ".join(str(error).split())


def _unread(word: str) -> str:
    near = get_close_matches(word.lower(), WORDS, 1) if word.isalpha() else []
    if near:
        return f"There is no command {word!r}. Near it: {near[0]}."
    return (
        f"The option {word!r} cannot be read; options are given as name=value, such as seed=1. A value with spaces, "
        f"~, braces or brackets needs quotes of its own: {_quoted(word)}."
    )


def _of_value(error: Exception) -> str:
    """What is wrong with one option; empty where no option is said."""
    cause: BaseException = error
    while not isinstance(cause, OmegaConfBaseException) and cause.__cause__ is not None:
        cause = cause.__cause__
    if isinstance(cause, MissingMandatoryValue):
        return f"The option {cause.full_key} has no value; give {cause.full_key}=VALUE."
    if isinstance(cause, ConfigAttributeError | ConfigKeyError) and cause.full_key:
        return _unknown_option(cause)
    if isinstance(cause, ValidationError) and "is not a ListConfig" in str(cause) and cause.full_key:
        return f"The option {cause.full_key} is a list; give {cause.full_key}=[VALUE,...]."
    if isinstance(cause, OmegaConfBaseException) and cause.full_key:
        return f"The option {cause.full_key} was refused: {str(cause).splitlines()[0]}."
    return ""


def _quoted(override: str) -> str:
    """The option as a shell takes it, its value in quotes; an example where it has no value or quotes already."""
    name, equals, value = override.partition("=")
    if not equals or '"' in value or "'" in value:
        name, value = "data.root", "/my slices"
    return f"'{name}=\"{value}\"'"


def _names(group: str) -> list[str]:
    return [name.removesuffix(".yaml") for name in ConfigStore.instance().list(group)]


def _plugin_hint(group: str) -> str:
    from attacks.registry import find_attacks

    broken = find_attacks().broken
    if group != "attack" or not broken:
        return ""
    reasons = "; ".join(f"{name}: {text.strip().splitlines()[-1]}" for name, text in broken.items())
    return f" These plug-ins could not be imported: {reasons}."


def _edition_hint(group: str, name: str) -> str:
    from harness.editions.load import edition_names

    if group != "data" or name not in edition_names() or name in edition_names("membership"):
        return ""
    return f" {name} has no membership task; `python -m harness.editions {name}` says what it has."


def _unknown_option(cause: OmegaConfBaseException) -> str:
    above, _, name = str(cause.full_key).rpartition(".")
    known = [str(key) for key in cause.parent_node] if cause.parent_node is not None else []
    prefix = f"{above}." if above else ""
    sentence = unknown_name("option", prefix + name, [prefix + key for key in known if key != "hydra"])
    if above == "attack":
        sentence += " Only the attacks that are named in attack=[...] take options."
    if above == "launch" and (ways := [one().name for one in BUILT_IN if name in one.__dataclass_fields__]):
        has = "have" if len(ways) > 1 else "has"
        ways_told = " and ".join(f"launch={way}" for way in ways)
        sentence = f"{ways_told} {has} an option {name}, and this way to run jobs has none: name it, too. {sentence}"
    if above == "shadow" and (families := _families_with(name)):
        sentence = f"This generator has no option {name}; {', '.join(families)} have. " + sentence
    return sentence


def _families_with(option: str) -> list[str]:
    """Our families that have an option of that name; imports them, which only an error is worth."""
    from shadow_models.registry import built_in, find_family

    return [name for name in built_in() if option in find_family(name).__dataclass_fields__]
