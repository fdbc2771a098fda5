"""What a parser is to the fuzzer: what reads bytes, the small valid files it begins with, and how it may end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import InputError

Made = Path | None
"""The folder that a finished run and its store lie in, for parsers of these."""


@dataclass(frozen=True)
class Parser:
    """read: bytes, and a folder of its own -> whatever; seeds: small valid inputs, made by code.

    ends: exceptions that are allowed besides InputError, as the docstring of what is called says; prepare: puts what
    lies beside the input into the folder, once; of_run: whether seeds and folder are made of a finished run.
    """

    name: str
    read: Callable[[bytes, Path], object]
    seeds: Callable[[Made], Sequence[bytes]]
    ends: tuple[type[Exception], ...] = ()
    prepare: Callable[[Path, Made], None] | None = None
    of_run: bool = False

    def ended(self, data: bytes, folder: Path) -> Exception | None:
        """What it raised that it must not; None for an answer or a refusal."""
        try:
            self.read(data, folder)
        except Exception as error:
            return None if isinstance(error, (InputError, *self.ends)) else error
        return None


def one_of(data: bytes, n: int) -> tuple[int, bytes]:
    """A choice among n by the first byte, and the other bytes."""
    return (data[0] % n if data else 0), data[1:]


def chosen(content: Mapping[int, Sequence[bytes]]) -> list[bytes]:
    """Seeds for `one_of`."""
    return [bytes([place]) + one for place, several in content.items() for one in several]


def written(data: bytes, path: Path) -> Path:
    """The file with these bytes."""
    path.write_bytes(data)
    return path
