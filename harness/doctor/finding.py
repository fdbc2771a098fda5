"""One thing that was looked at: whether it is well, what was seen, and how to mend it."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["good", "note", "missing", "broken"]
"""note: works, with something to know; missing: an extra that some options ask for; broken: needed, and not well."""


class Finding(NamedTuple):
    """part: the section it belongs to; subject: what was looked at; says: a sentence or a fact, no path of this
    machine, so that all of it may be passed on; mend: what to do, empty where nothing is to be done."""

    part: str
    subject: str
    state: State
    says: str
    mend: str = ""
