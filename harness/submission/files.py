"""The submission: written strictly in an edition's format, and read with what real runs need forgiven and named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.editions.edition import STANDARD, Submission
from harness.errors import InputError

_TAB = "a TAB as separator, which the official checker refuses"
_NO_TEXT = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"PK\x03\x04": "a zip archive (or a spreadsheet)",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
}


class Reading(NamedTuple):
    """What a file answers, bool [n] in the order of the ids, and a sentence for each thing forgiven in reading it."""

    used: NDArray[np.bool_]
    forgiven: list[str]


def write_submission(path: Path, ids: Sequence[str], used: NDArray[np.bool_], form: Submission = STANDARD) -> None:
    """One line a candidate, `<id>,<0 or 1>` as the edition's format has it; used: bool [n]. Then check the file."""
    lines = [f"{name}{form.separator}{form.scores[int(flag)]}" for name, flag in zip(ids, used, strict=True)]
    head = [] if form.header is None else [form.header]
    path.write_text("".join(f"{line}\n" for line in (*head, *lines)), encoding="utf-8", newline="\n")
    forgiven = check_submission(path, ids, form)
    if forgiven:
        raise InputError(f"{path} could not be written strictly, by its ids: {' '.join(forgiven)}")


def check_submission(path: Path, ids: Sequence[str], form: Submission = STANDARD) -> list[str]:
    """What a valid submission for `ids` had forgiven, in sentences; InputError, with line and fault, for another."""
    return read_submission(path, ids, form).forgiven


def read_submission(path: Path, ids: Sequence[str], form: Submission = STANDARD) -> Reading:
    """Read a submission as handed in.

    Forgiven, and named: another file ending, CRLF, a BOM, a TAB or comma and TAB as separator, spaces round a field
    (which the official checker of 2023 trims), a missing last newline. Everything else raises InputError, naming the
    line and the fault.
    """
    text, forgiven = _text_of(path)
    if path.suffix.lower() != form.ending:
        forgiven.append(f"The file's name ends in {path.suffix or 'nothing'} instead of {form.ending}.")
    lines = _lines(text, forgiven)
    first = 1
    if form.header is not None:
        if lines[0] != form.header:
            raise InputError(f"{path}, line 1: {lines[0]!r} stands where the header {form.header!r} was expected.")
        lines, first = lines[1:], 2
    places = {name: place for place, name in enumerate(ids)}
    answers: dict[str, bool] = {}
    seen: dict[str, int] = {}
    quirks: Counter[str] = Counter()
    for number, line in enumerate(lines, start=first):
        name, used = _fields(line, f"{path}, line {number}", places, form, quirks)
        if name in answers:
            raise InputError(f"{path}, line {number}: {name!r} stands there again, after line {seen[name]}.")
        answers[name], seen[name] = used, number
    missing = [name for name in places if name not in answers]
    if missing:
        raise InputError(
            f"{path}: {len(missing)} of {len(places)} candidates are missing, first {missing[0]!r}; "
            "each needs exactly one line."
        )
    forgiven += [f"{count} of {len(lines)} lines have {what}." for what, count in quirks.items() if count]
    return Reading(np.array([answers[name] for name in ids], dtype=np.bool_), forgiven)


def _text_of(path: Path) -> tuple[str, list[str]]:
    """The text and, of a BOM, the sentence. InputError for what is no file, no text, or holds nothing."""
    if not path.is_file():
        what = "is a folder; give the file in it" if path.is_dir() else "does not exist"
        raise InputError(f"The submission {path} {what}.")
    with path.open("rb") as file:
        head = file.read(8)
    for start, what in _NO_TEXT.items():
        if head.startswith(start):
            raise InputError(f"{path} is {what}; a submission is a text file of `<id>,<0 or 1>` lines.")
    content = path.read_bytes()
    if b"\x00" in content:
        number = content[: content.index(b"\x00")].count(b"\n") + 1
        raise InputError(f"{path}, line {number} holds a NUL byte; save the file as plain UTF-8 text.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        byte = content[error.start]
        raise InputError(f"{path}, line {number}: the byte 0x{byte:02x} is no UTF-8; save as UTF-8 text.") from error
    forgiven = (
        ["The file starts with a byte order mark, which the official checker refuses."]
        if text.startswith("\ufeff")
        else []
    )
    text = text.removeprefix("\ufeff")
    if not text:
        raise InputError(f"{path} is empty; a submission has a line `<id>,<0 or 1>` for each candidate.")
    return text, forgiven


def _lines(text: str, forgiven: list[str]) -> list[str]:
    """The lines without their ends; appends to `forgiven` what is odd about those."""
    lines = text.split("\n")
    if lines[-1]:
        forgiven.append("The last line has no newline.")
    else:
        lines.pop()
    n_crlf = sum(line.endswith("\r") for line in lines)
    if n_crlf:
        forgiven.append(f"{n_crlf} of {len(lines)} lines end in CRLF instead of LF.")
    return [line.removesuffix("\r") for line in lines]


def _fields(line: str, where: str, known: dict[str, int], form: Submission, quirks: Counter[str]) -> tuple[str, bool]:
    """The id and the answer of one line; counts in `quirks` what was forgiven."""
    wanted = f"<id>{form.separator}<{' or '.join(map(str, form.scores))}>"
    if not line.strip():
        raise InputError(f"{where} is empty; take it out: every line must be `{wanted}`.")
    sides = line.split(form.separator)
    if len(sides) == 1:
        sides = line.strip(" ").split("\t")
    if len(sides) != 2:
        raise InputError(f"{where}: {_short(line)} has {len(sides)} fields, where `{wanted}` was expected.")
    name, score = (side.strip(" \t") for side in sides)
    if name not in known:
        raise InputError(f"{where}: {_stranger(name, score, known, where.endswith('line 1'))}")
    if score not in map(str, form.scores):
        allowed = " or ".join(map(str, form.scores))
        raise InputError(f"{where}: the score {_short(score)} of {name} must be {allowed}.")
    if "\t" in line and line != f"{name}{form.separator}{score}":
        quirks["a TAB beside the separator" if form.separator in line else _TAB] += 1
    quirks["spaces round a field"] += any(side.strip("\t") != side.strip(" \t") for side in sides)
    return name, score == str(form.scores[1])


def _stranger(name: str, score: str, known: dict[str, int], first: bool) -> str:
    """What is wrong with an id that no candidate has."""
    stem = re.sub(r"\.[A-Za-z]{3,4}$", "", name)
    if stem != name and stem in known:
        return f"the id {_short(name)} has a file ending; write {stem}."
    if first and not re.fullmatch(r"[-+]?[\d.]+", score):
        return f"{_short(f'{name},{score}')} looks like a header; the format has none: take the line out."
    example = next(iter(known))
    return f"{_short(name)} is no candidate of this test set; its {len(known)} ids look like {example}."


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
