"""docs/reference/families.md: every built-in family of generators with its options, and where its presets differ."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.reference.tables import code, options_table, sentence, table
from harness.config.described import described, presets_of
from harness.config.recipe_options import family_called, options_class
from harness.config.registration import writable
from harness.external import External
from shadow_models.conformance.documented import summary
from shadow_models.recipe import DEFAULT, Recipe
from shadow_models.registry import built_in


def options_of_families() -> str:
    """A section for each family, the default first."""
    names = dict.fromkeys([DEFAULT, *sorted(built_in()), External.name])
    return "\n".join(_section(family_called(name)) for name in names)


def _section(family: type[Recipe]) -> str:
    options = described(writable(options_class(family)), family.name, "shadow.")
    own = [one for one in options if one.name != "shadow.size"]
    parts = [f"### {code(family.name)}", sentence(summary(family)), _facts(family)]
    if own:
        parts.append(options_table(own).rstrip())
    head, *rows = presets_of(family)
    return "\n\n".join([*parts, "What `preset=` sets:", _presets(head, rows)])


def _facts(family: type[Recipe]) -> str:
    starts = "can be trained on from a start" if family.starts else "starts from nothing"
    learns = "" if family.learns else " Its release does not hang on the members."
    held = f"Whoever holds the model holds: {family.gives.value}."
    return f"`{family.__name__}` in `{family.__module__}`; {starts}. {held}{learns}"


def _presets(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return table(head, [[one[0], *map(code, one[1:])] for one in rows])
