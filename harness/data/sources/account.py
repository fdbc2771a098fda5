"""What lay in a folder: how many files were taken, and how many were left out for which reason."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.errors import HarnessWarning


class LeftOut(HarnessWarning):
    """What lay in a folder beside its images; said anew whenever the folder is looked at, never from memory."""


@dataclass(frozen=True)
class Account:
    """Every file of a folder, accounted for.

    called: the option or role that the folder was given as, never its path; images: those taken; links: how many of
    them are links, or lie in linked folders; left_out: reason -> count and first name, "" where none is to be said;
    kind: what those taken are; revision: of a data set of the Hub, its commit.
    """

    called: str
    images: int
    links: int = 0
    left_out: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    kind: str = "images"
    revision: str | None = None

    def facts(self) -> dict[str, object]:
        """For a manifest: JSON values, no name of a file among them."""
        left_out = {reason: count for reason, (count, _) in self.left_out.items()}
        known = {} if self.revision is None else {"revision": self.revision}
        return {"folder": self.called, "images": self.images, "links": self.links, "left_out": left_out, **known}

    def warn(self) -> None:
        """One HarnessWarning that counts what was left out and why, and the links that were followed."""
        if self.left_out:
            total = sum(count for count, _ in self.left_out.values())
            text = f"In {self.called} {self.images} {self.kind} were found, and {total} files were left out"
            warnings.warn(LeftOut(f"{text}: {told(self.left_out)}."), stacklevel=4)
        if self.links:
            text = f"{self.links} of {self.images} {self.kind} in {self.called} are links, or lie in linked folders"
            warnings.warn(LeftOut(f"{text}; they were followed."), stacklevel=4)


def told(left_out: Mapping[str, tuple[int, str]]) -> str:
    """What was left out, in words."""
    counted = left_out.items()
    return "; ".join(
        f"{count} {reason}" + (f" (first: {first})" if first else "") for reason, (count, first) in counted
    )
