"""Which reference page holds what, and how the text of a page, and of a JSON Schema, is renewed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.pages import with_block
from benchmarks.reference.attacks import options_of_attacks
from benchmarks.reference.commands import options_of_commands
from benchmarks.reference.families import options_of_families
from benchmarks.reference.files import fields_of_files
from benchmarks.reference.options import options_of_runs
from benchmarks.reference.schemas import SHAPES, schema_of
from harness.errors import InputError

COMMAND = "python -m benchmarks.reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "options.md": options_of_runs,
    "reference/attacks.md": options_of_attacks,
    "reference/families.md": options_of_families,
    "reference/commands.md": options_of_commands,
    "reference/files.md": fields_of_files,
}
"""The pages below docs/, and what makes the block of each."""


def renewed(name: str, page: str) -> str:
    """The text of a page as it should be: its block as the code is now, the rest as it stands."""
    return with_block(page, COMMAND, PAGES[name]().rstrip() + "\n", "## As the code has it")


def as_they_should_be(docs: Path, schemas: Path) -> dict[Path, str]:
    """The text of every page below docs/, and of every JSON Schema. Raises InputError where a page is not there."""
    found = {}
    for name in PAGES:
        page = docs / name
        if not page.is_file():
            raise InputError(f"{page} is not there; give the folder of the pages with --docs DIR.")
        found[page] = renewed(name, page.read_text(encoding="utf-8"))
    for name, shape in SHAPES.items():
        found[schemas / f"{name}.schema.json"] = json.dumps(schema_of(shape), indent=1) + "\n"
    return found
