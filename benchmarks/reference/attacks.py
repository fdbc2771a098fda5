"""docs/reference/attacks.md: every built-in attack with its formula, its access, its short names and its options."""

from __future__ import annotations

from dataclasses import fields

from attacks.base import Attack
from attacks.observing import ObservingAttack
from attacks.registry import found_so_far
from attacks.release_attack import ReleaseAttack
from benchmarks.reference.tables import code, options_table, sentence
from harness.config.described import described
from harness.config.registration import writable
from shadow_models.conformance.documented import summary
from shadow_models.recipe import DEFAULT

_SHARED = {one.name for kind in (ObservingAttack, ReleaseAttack) for one in fields(kind)}


def options_of_attacks() -> str:
    """A section for each class; those that only preselect a calibration stand with the attack."""
    found = found_so_far()
    attacks = {name: found.by_name[name] for name in sorted(found.built_in) if name in found.by_name}
    own = {name: cls for name, cls in attacks.items() if cls.__name__ != name}
    return "\n".join(_section(name, cls, attacks) for name, cls in own.items())


def _section(name: str, cls: type[Attack], attacks: dict[str, type[Attack]]) -> str:
    short = [code(other) for other, one in attacks.items() if one.__name__ == other and one.__bases__ == (cls,)]
    lines = [f"### {code(name)}", "", sentence(summary(cls)), ""]
    facts = [f"needs: {cls().needs.value}", f"file: `{cls.__module__.replace('.', '/')}.py`"]
    if issubclass(cls, ReleaseAttack):
        facts.append("takes the [distance axis](../options.md#of-attacks)")
    if issubclass(cls, ObservingAttack):
        facts.append("takes `calibration`")
    if short:
        facts.append(f"short names: {', '.join(short)}")
    lines.append("; ".join(facts) + ".")
    options = [
        one
        for one in described(writable(cls), DEFAULT, f"attack.{name}.")
        if one.name.rpartition(".")[2] not in _SHARED
    ]
    return "\n".join(lines) + "\n" + (f"\n{options_table(options)}" if options else "")
