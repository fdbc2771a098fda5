"""What a case is: an odd input on the disk, the question put to the harness, and the answers that are right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# What is compared, by a name for each part: a slice's id, say, with the digest of its pixels and its patient.
Value = str | int | bool | None | list[str]
Answer = Mapping[str, Value]


@dataclass(frozen=True)
class Right:
    """An answer that is right. notes: regular expressions, each of which some note must match, in any case."""

    answer: Answer
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """write: puts the input into an empty folder; returns the answers that are right, none where only a refusal is.

    ask: a name in `questions.QUESTIONS`; refusable: whether a refusal in a sentence is right, too; alone: in a
    process of its own, as what may take the machine's memory needs; lacking: why it cannot be tried here, else empty.
    """

    name: str
    write: Callable[[Path], Sequence[Right]]
    ask: str
    refusable: bool = False
    alone: bool = False
    lacking: str = ""


@dataclass(frozen=True)
class Ended:
    """How the harness answered: an answer, a refusal, or a crash; notes: its remarks; said: all that it printed.

    names: what the input's files and folders are called; left: what was written beside them for a refusal.
    """

    answer: Answer | None = None
    refusal: str | None = None
    crash: str | None = None
    notes: tuple[str, ...] = ()
    said: str = ""
    names: frozenset[str] = frozenset()
    left: tuple[str, ...] = ()
