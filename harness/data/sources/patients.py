"""Whose slice it is: an id as it was written, nobody where nothing was, and ids that may be one person's."""

from __future__ import annotations

import math
import re
import unicodedata
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from harness.errors import HarnessWarning, InputError

# What tables hold where nothing is known, in any case.
_NOBODY = frozenset({"", "nan", "-nan", "null", "none", "na", "n/a", "#n/a", "<na>", "nat", "unknown"})
_LARGEST_EXACT = 2**53  # whole numbers above are not all floats
_WHOLE = re.compile(r"(-?\d+)\.0*")
# As programs write rounded numbers; 12e4 may be four digits of a hash.
_ROUNDED = re.compile(r"-?\d+\.\d+[eE][+-]?\d+|-?\d+[eE]\+\d+")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})


class Whose(NamedTuple):
    """patient: the id, or None; instead: what stands there where it is None."""

    patient: str | None
    instead: str = ""


def whose(written: object, where: str, named: bool = True) -> Whose:
    """The patient that a cell of a table names: text as written, whole numbers as their digits, else nobody.

    named: whether what stands there is shown where it is no id.

    Raises InputError for what is no id: a float whose digits were rounded away, or that is no whole number; true and
    false; a list.
    """
    if written is None:
        return Whose(None, "nothing")
    if isinstance(written, float):
        if math.isnan(written):
            return Whose(None, "NaN")
        if not written.is_integer() or abs(written) >= _LARGEST_EXACT:
            raise _lost_digits(f"the number {written!r}" if named else "a number", where)
        return Whose(str(int(written)))
    if isinstance(written, bool) or not isinstance(written, str | int):
        holds = repr(written) if named else "a value"
        raise InputError(f"{where}: patient_id holds {holds}, which is no id; write it as text.")
    text = str(written)
    said = _visible(text)
    if is_nobody(text):
        return Whose(None, repr(said) if said else "nothing")
    whole = _WHOLE.fullmatch(text)
    if _ROUNDED.fullmatch(text) or (whole and abs(int(whole[1])) >= _LARGEST_EXACT):
        raise _lost_digits(f"the number {text}" if named else "a number", where)
    return Whose(text)


def is_nobody(text: str) -> bool:
    """Whether a text says that nothing is known."""
    return _visible(text).casefold() in _NOBODY


def spelling(name: str) -> str:
    """What is left of an id without case, spaces, what no eye sees, a spreadsheet's quotes, leading zeros and form.

    Two ids of one spelling may be one person's, written twice.
    """
    form = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    # What spreadsheets put round text that looks like a number, and two signs that people mix up.
    bare = re.sub(r"^='?|['\"`]", "", _visible(form)).replace("_", "-")
    visible = re.sub(r"^(-?\d+)\.0+$", r"\1", bare)
    return re.sub(r"(?<!\d)0+(?=\d)", "", visible) or name


def spelt_alike(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of different ids of one spelling, in the order of the first."""
    groups: dict[str, dict[str, None]] = defaultdict(dict)
    for name in names:
        groups[spelling(name)][name] = None
    return [tuple(group) for group in groups.values() if len(group) > 1]


def warn_of_alike(names: Iterable[str], called: str, follows: str, named: bool = True) -> None:
    """A HarnessWarning for patients whose ids differ only in spelling; follows: what is made of them; named: whether
    two are shown."""
    alike = spelt_alike(names)
    if alike:
        first = f" (first: {' and '.join(repr(name) for name in alike[0][:2])})" if named else ""
        text = f"{groups_differ(len(alike), 'Patient ids', called)}{first}: case, spaces, "
        warnings.warn(HarnessWarning(f"{text}leading zeros or invisible characters. {follows}"), stacklevel=3)


def groups_differ(count: int, ids: str, called: str) -> str:
    """That so many groups of ids are one spelling each, as a sentence begins."""
    return f"{ids} of {called}, {count} group{'s' if count != 1 else ''} of them, differ only in spelling"


def warn_of_alone(
    instead: Mapping[str, str],
    n_slices: int,
    called: str,
    described: bool,
    not_described: str = "there is no metadata.csv with patient_id",
) -> None:
    """A HarnessWarning for slices of unknown patients; instead: file name -> what stood in place of an id."""
    if not instead:
        return
    why = not_described
    if described:
        kinds = Counter(instead.values())
        why = "its metadata gives them no patient_id"
        if set(kinds) != {"nothing"}:
            why += f" ({', '.join(f'{count} {kind}' for kind, count in kinds.most_common())})"
    text = f"{len(instead)} of {n_slices} slices in {called} count as patients of their own, because {why}"
    warnings.warn(HarnessWarning(f"{text} (first: {next(iter(instead))})."), stacklevel=3)


def one_spelling(names: Sequence[str]) -> tuple[str, ...]:
    """The names, those of one spelling all written as the first of them."""
    first: dict[str, str] = {}
    return tuple(first.setdefault(spelling(name), name) for name in names)


def _visible(text: str) -> str:
    """The text without spaces and what no eye sees."""
    return "".join(letter for letter in text if unicodedata.category(letter) not in _INVISIBLE)


def _lost_digits(what: str, where: str) -> InputError:
    return InputError(
        f"{where}: patient_id holds {what}, which is no id, or lost digits; write ids as text, from where "
        "they still had all their digits."
    )
