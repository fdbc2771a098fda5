"""Right, refused or wrong: how a case ended, by nothing but what the case says is right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from benchmarks.odd_inputs.case import Answer, Case, Ended, Right

End = Literal["right", "refused", "wrong"]
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_OPTION = re.compile(
    r"(?<!\w)--[a-z]|\b(attack|data|launch|report|shadow|store|surrogate)\.[a-z_]+"
    r"|\b[a-z_]{3,}=|\bthe (id '|option \w)",
    re.IGNORECASE,
)
_PLACES = ("data",)  # of every question: whoever says so names nothing
_SHOWN = 160  # characters of an answer that is wrong


class Verdict(NamedTuple):
    """why: for people, of what is wrong."""

    end: End
    why: str = ""


def judge(case: Case, right: Sequence[Right], ended: Ended) -> Verdict:
    """Anything that is neither an answer that is right, with its notes, nor a refusal that is allowed, is wrong."""
    if ended.crash is not None or "Traceback (most recent call last)" in ended.said:
        return Verdict("wrong", ended.crash or "printed a traceback")
    if _CONTROL.search(ended.said):
        return Verdict("wrong", f"printed a control character: {ended.said!r:.{_SHOWN}}")
    if ended.refusal is not None:
        return _refused(case, right, ended)
    return _answered(right, ended.answer or {}, ended.notes)


def _answered(right: Sequence[Right], given: Answer, notes: Sequence[str]) -> Verdict:
    fitting = [one for one in right if one.answer == given]
    if not fitting:
        nearest = _difference(right[0].answer, given) if right else f"{dict(given)!r:.{_SHOWN}}"
        return Verdict("wrong", f"another answer: {nearest}")
    lacking = [_lacking(one, notes) for one in fitting]
    if all(lacking):
        return Verdict("wrong", f"no note like {lacking[0]!r}; notes: {list(notes)!r:.{_SHOWN}}")
    return Verdict("right")


def _refused(case: Case, right: Sequence[Right], ended: Ended) -> Verdict:
    refusal = ended.refusal or ""
    if right and not case.refusable:
        return Verdict("wrong", f"refused, where the answer is plain: {refusal:.{_SHOWN}}")
    if not refusal.strip().endswith((".", ".)", '."', "?")):
        return Verdict("wrong", f"a refusal that is no sentence: {refusal:.{_SHOWN}}")
    if not (_OPTION.search(refusal) or any(_names(refusal, name) for name in ended.names)):
        return Verdict("wrong", f"a refusal that names neither file nor option: {refusal:.{_SHOWN}}")
    if ended.left:
        return Verdict("wrong", f"something was written for a refusal: {', '.join(ended.left):.{_SHOWN}}")
    return Verdict("refused")


def _names(refusal: str, name: str) -> bool:
    """Whether a file is named, and not a part of a word that happens to be spelt so."""
    if name in _PLACES or name not in refusal:
        return False
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", refusal) is not None


def _lacking(one: Right, notes: Sequence[str]) -> str:
    """The first pattern that no note matches, else empty."""
    return next(
        (p for p in one.notes if not any(re.search(p, note, re.IGNORECASE | re.DOTALL) for note in notes)), ""
    )


def _difference(right: Answer, given: Answer) -> str:
    missing, more = sorted(set(right) - set(given)), sorted(set(given) - set(right))
    other = [name for name in right if name in given and right[name] != given[name]]
    told = [
        f"{len(names)} {what} (first: {names[0]!r:.60})"
        for names, what in ((missing, "missing"), (more, "more"))
        if names
    ]
    if other:
        first = f"{given[other[0]]!r:.70} for {right[other[0]]!r:.70}"
        told.append(f"{len(other)} of {len(right)} differ (first: {other[0]!r:.60}, {first})")
    return "; ".join(told)
