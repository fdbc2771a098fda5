"""What the harness tells a user: a mistake that stops the run, a remark that does not, a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(Exception):
    """A user's mistake, in whole sentences: what was given, what is allowed, the nearest match, what to do.

    The command line prints the message alone and exits with code 2.
    """


class AsAsked(BaseException):
    """A command ends early because its options ask it to: a sentence that says what was done. Exit code 0."""


class HarnessWarning(UserWarning):
    """Something was read otherwise than given; the run goes on and the message says what was changed."""


def unknown_name(what: str, given: str, known: Iterable[str]) -> str:
    """The sentences for a name that is not there: the nearest matches, then all there are."""
    names = sorted(known)
    near = get_close_matches(given, names, n=3, cutoff=0.5) or [name for name in names if given in name][:3]
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"There is no {what} {given!r}.{meant} There are: {', '.join(names)}."
