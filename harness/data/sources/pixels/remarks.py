"""What reading one folder converted, told in one warning a kind."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from harness.errors import HarnessWarning


class AsStored(NamedTuple):
    """What images were like before they were converted. sizes: (height, width) in pixels -> how many; conversions: a
    kind, as it completes '3 of 10 images ...' -> how many; clipped: of volumes, how many of their pixels lie below
    the window, above it, and in all. Without any name of a file."""

    sizes: Mapping[tuple[int, int], int]
    conversions: Mapping[str, int]
    clipped: tuple[int, int, int] | None = None


_HEARD: ContextVar[list[AsStored] | None] = ContextVar("heard", default=None)


@contextmanager
def heard() -> Iterator[list[AsStored]]:
    """Collects what is remarked of each folder that is read in the body."""
    told: list[AsStored] = []
    before = _HEARD.set(told)
    try:
        yield told
    finally:
        _HEARD.reset(before)


class Remarks:
    """Kind -> the files, in order. `warn` tells it, one warning a kind."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}
        self._sizes: Counter[tuple[int, int]] = Counter()
        self._clipped: tuple[int, int, int] | None = None

    def note(self, kind: str, name: str) -> None:
        """Remember that `name` was converted; `kind` completes the sentence '3 of 10 images ...'."""
        self._files.setdefault(kind, []).append(name)

    def note_size(self, height: int, width: int) -> None:
        """Remember the size of an image as stored, pixels."""
        self._sizes[height, width] += 1

    def note_clipped(self, below: int, above: int, pixels: int) -> None:
        """Count pixels of a volume that lie below and above the window, of so many."""
        before = self._clipped or (0, 0, 0)
        self._clipped = (before[0] + below, before[1] + above, before[2] + pixels)

    def add(self, later: Remarks) -> None:
        """Remember what was noted of files that come after these."""
        for kind, names in later._files.items():
            self._files.setdefault(kind, []).extend(names)
        for size, count in later._sizes.items():
            self._sizes[size] += count

    def warn(self, n_images: int, where: str, size: int) -> None:
        """Give one HarnessWarning for each kind of conversion, and one for images of several sizes."""
        told = _HEARD.get()
        if told is not None:
            conversions = {kind: len(names) for kind, names in self._files.items()}
            told.append(AsStored(dict(self._sizes), conversions, self._clipped))
        for kind, names in self._files.items():
            text = f"{len(names)} of {n_images} images in {where} {kind} (first: {names[0]})."
            warnings.warn(HarnessWarning(text), stacklevel=3)
        if len(self._sizes) > 1:
            sizes = ", ".join(f"{w}x{h} ({count})" for (h, w), count in self._sizes.most_common())
            text = f"The images in {where} have several sizes: {sizes}; each was resized to {size}x{size}."
            warnings.warn(HarnessWarning(text), stacklevel=3)
