"""The submission: written strictly in an edition's format, and read with what real runs need forgiven and named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.editions.edition import STANDARD, Submission
from harness.errors import InputError
from harness.submission.ids import check_ids
from harness.submission.text import lines_of

_TAB = "a TAB as separator, which the official checker refuses"
_NUMBER = re.compile(r"[-+]?[\d.]+")
_ENDING = re.compile(r"\.[A-Za-z]{3,4}$")


class Reading(NamedTuple):
    """What a file answers, bool [n] in the order of the ids, and a sentence for each thing forgiven in reading it."""

    used: NDArray[np.bool_]
    forgiven: list[str]


def write_submission(path: Path, ids: Sequence[str], used: NDArray[np.bool_], form: Submission = STANDARD) -> None:
    """One line a candidate, `<id>,<0 or 1>` as the edition's format has it; used: bool [n]. Then check the file.

    Raises InputError, before anything is written, for ids that no line can carry (`check_ids`).
    """
    check_ids(ids, form)
    lines = [f"{name}{form.separator}{form.scores[int(flag)]}" for name, flag in zip(ids, used, strict=True)]
    head = [] if form.header is None else [form.header]
    path.write_text("".join(f"{line}\n" for line in (*head, *lines)), encoding="utf-8", newline="\n")
    forgiven = check_submission(path, ids, form)
    if forgiven:
        raise InputError(f"{path} could not be written strictly, by its ids: {' '.join(forgiven)}")


def check_submission(path: Path, ids: Sequence[str], form: Submission | None = STANDARD) -> list[str]:
    """What a valid submission for `ids` had forgiven, in sentences; InputError, with line and fault, for another."""
    return read_submission(path, ids, form).forgiven


def read_submission(path: Path, ids: Sequence[str], form: Submission | None = STANDARD) -> Reading:
    """Read a submission as handed in; answers belong to ids, wherever their lines stand.

    Forgiven, and named: another file ending, CRLF, a BOM, a TAB or comma and TAB as separator, spaces round a field
    (which the official checker of 2023 trims), a missing last newline. form: None where nobody tells the format:
    then that of 2023, and a header, quotes round a field and a file's ending after an id are forgiven, too.
    Everything else raises InputError, naming the line and the fault.
    """
    lines, forgiven = lines_of(path)
    reader = _LineReader(dict.fromkeys(ids, True), form or STANDARD, form is None)
    wanted, first = reader.form, 1
    if path.suffix.lower() != wanted.ending:
        forgiven.insert(0, f"The file's name ends in {path.suffix or 'nothing'} instead of {wanted.ending}.")
    if wanted.header is not None:
        if lines[0] != wanted.header:
            raise InputError(f"{path}, line 1: {lines[0]!r} stands where the header {wanted.header!r} was expected.")
        lines, first = lines[1:], 2
    elif form is None and reader.is_header(lines[0]):
        forgiven.append(f"Line 1, {_short(lines[0])}, is a header and was passed over.")
        lines, first = lines[1:], 2
    answers: dict[str, bool] = {}
    for number, line in enumerate(lines, start=first):
        try:
            name, used = reader.answer(line, number == 1)
        except ValueError as error:
            raise InputError(f"{path}, line {number}{error}") from error
        if name in answers:
            before = list(answers).index(name) + first  # every line before this one gave an id of its own
            raise InputError(f"{path}, line {number}: {name!r} stands there again, after line {before}.")
        answers[name] = used
    missing = [name for name in reader.known if name not in answers]
    if missing:
        raise InputError(
            f"{path}: {len(missing)} of {len(reader.known)} candidates are missing, first {missing[0]!r}; "
            "each needs exactly one line."
        )
    forgiven += [f"{count} of {len(lines)} lines have {what}." for what, count in reader.quirks.items() if count]
    return Reading(np.array([answers[name] for name in ids], dtype=np.bool_), forgiven)


@dataclass
class _LineReader:
    """Reads one line after the other. loose: nobody tells the format; quirks: what was forgiven, and how often."""

    known: Mapping[str, bool]
    form: Submission
    loose: bool
    quirks: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.answers = {str(score): bool(place) for place, score in enumerate(self.form.scores)}
        self.scores = " or ".join(self.answers)

    def answer(self, line: str, is_first: bool) -> tuple[str, bool]:
        """The id and the answer of one line. ValueError with the fault, as it goes on after the line's number."""
        wanted = f"<id>{self.form.separator}<{self.scores}>"
        if not line.strip():
            raise ValueError(f" is empty; take it out: every line must be `{wanted}`.")
        sides = self._sides(line)
        if len(sides) != 2:
            raise ValueError(f": {_short(line)} has {len(sides)} fields, where `{wanted}` was expected.")
        stripped = [side.strip(" \t") for side in sides]
        name, score = map(_unquoted, stripped) if self.loose else stripped
        quoted = [name, score] != stripped
        ended = False
        if name not in self.known:
            stem = _ENDING.sub("", name)
            ended = self.loose and stem in self.known
            if not ended:
                raise ValueError(f": {self._stranger(name, score, is_first)}")
            name = stem
        if score not in self.answers:
            raise ValueError(f": the score {_short(score)} of {name} must be {self.scores}.")
        if "\t" in line and self.form.separator.join(stripped) != line:
            self.quirks["a TAB beside the separator" if self.form.separator in line else _TAB] += 1
        self.quirks["spaces round a field"] += any(side.strip("\t") != side.strip(" \t") for side in sides)
        self.quirks["quotes round a field"] += quoted
        self.quirks["a file's ending after the id"] += ended
        return name, self.answers[score]

    def is_header(self, line: str) -> bool:
        """Whether a first line names columns: it has two fields, no candidate and no number."""
        sides = [_unquoted(side.strip(" \t")) for side in self._sides(line)]
        return (
            len(sides) == 2
            and not {sides[0], _ENDING.sub("", sides[0])} & self.known.keys()
            and _names_scores(sides[1])
        )

    def _sides(self, line: str) -> list[str]:
        sides = line.split(self.form.separator)
        return sides if len(sides) > 1 else line.strip(" ").split("\t")

    def _stranger(self, name: str, score: str, is_first: bool) -> str:
        """What is wrong with an id that no candidate has."""
        stem, bare = _ENDING.sub("", name), _unquoted(name)
        if stem != name and stem in self.known:
            return f"the id {_short(name)} has a file ending; write {stem}."
        if bare != name and bare in self.known:
            return f"{_short(name)} is no candidate, by the quotes round it; write {bare}."
        if is_first and _names_scores(score):
            return f"{_short(f'{name},{score}')} looks like a header; the format has none: take the line out."
        example = next(iter(self.known))
        return f"{_short(name)} is no candidate of this test set; its {len(self.known)} ids look like {example}."


def _names_scores(text: str) -> bool:
    return not _NUMBER.fullmatch(text)


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
