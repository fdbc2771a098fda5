"""Which ids a line of a submission can carry: what the writer writes, every reader has to read as the same id."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from harness.editions.edition import STANDARD, Submission
from harness.errors import InputError
from harness.plain import csv_cell, plain

_DOES_SOMETHING = re.compile(r"[(|!]")  # calls a function, another program or another sheet


def check_ids(ids: Sequence[str], form: Submission = STANDARD, of: str = "The candidates") -> None:
    """InputError for ids that cannot be told apart, or that no line of the format can carry.

    of: whose ids they are, as a sentence begins.
    """
    for name in ids:
        why = _fault(name, form)
        if why is not None:
            raise InputError(
                f"{of} cannot be answered for: the id {name!r} {why}, and a submission has lines "
                f"`<id>{plain(form.separator)}<score>`. Rename the file or the row that it comes from."
            )
    if len(set(ids)) < len(ids):
        name, count = Counter(ids).most_common(1)[0]
        raise InputError(f"{of} cannot be answered for: {count} have the id {name!r}; give each an id of its own.")


def _fault(name: str, form: Submission) -> str | None:
    faults = {
        "is empty": not name,
        f"holds the separator {form.separator!r}": form.separator in name,
        "holds a quote": '"' in name,
        "has a space at an end": name != name.strip(),
        "holds a character that steers or is not seen": plain(name) != name,
        "is a formula that a spreadsheet would run": csv_cell(name) != name and bool(_DOES_SOMETHING.search(name)),
        "is the header's": form.header is not None and name == form.header.split(form.separator)[0],
    }
    return next((fault for fault, holds in faults.items() if holds), None)
