"""A patient told by a pattern in a file's name: `data.patient=PATTERN`."""

from __future__ import annotations

import re

from harness.errors import InputError


def pattern_of(text: str) -> re.Pattern[str]:
    """The pattern that finds a patient in a name. Raises InputError for one that is none, or has no group."""
    try:
        pattern = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise InputError(f"data.patient={text} is no regular expression ({error}).") from error
    if pattern.groups < 1:
        raise InputError(f"data.patient={text} has no group; put the part that is the patient into parentheses.")
    return pattern
