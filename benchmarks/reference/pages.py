"""Which reference page holds what, and how a page's text is renewed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.pages import with_block
from benchmarks.reference.attacks import options_of_attacks
from benchmarks.reference.commands import options_of_commands
from benchmarks.reference.families import options_of_families
from benchmarks.reference.files import fields_of_files
from benchmarks.reference.options import options_of_runs

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
