"""What this process knows of a store besides its folder: how keys are locked, and where it has a mirror.

Known by the store's folder and for a while, as what runs use is (`uses`): whoever opens it meanwhile, anywhere in
this process, does the same. What is to run in another process takes it along (`There`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from harness.store.addresses import environment_of
from harness.store.locks import Way

MIRRORED = ("generator", "release", "shard", "observation", "scores")
"""What goes to a mirror unless others are named: all that is trained, drawn and computed from what was drawn; no real
slice, and no name of anybody."""


class Elsewhere(NamedTuple):
    """lock: a kind of locks, or `auto`; mirror: a folder or an address, None without; kinds: that go there."""

    lock: Way = "auto"
    mirror: str | None = None
    kinds: tuple[str, ...] = MIRRORED


_ORDINARY = Elsewhere()
_known: dict[Path, Elsewhere] = {}


def elsewhere_of(root: Path) -> Elsewhere:
    """What is known of a store now."""
    return _known.get(root, _ORDINARY)


@contextmanager
def known(root: Path, elsewhere: Elsewhere) -> Iterator[None]:
    """Within it, that is known of the store in this process."""
    before = _known.get(root)
    _known[root] = elsewhere
    try:
        yield
    finally:
        if before is None:
            del _known[root]
        else:
            _known[root] = before


@dataclass(frozen=True)
class There:
    """A job's function for another process, which knows of the store there what is known here."""

    root: str
    elsewhere: Elsewhere
    function: Callable[[Any, Any], Any]

    def __call__(self, job: Any, work: Any) -> Any:
        """function(job, work)."""
        with known(Path(self.root), self.elsewhere):
            return self.function(job, work)


def environment_with(function: Callable[..., Any]) -> dict[str, str]:
    """What of this process's environment the function asks a mirror with: for a process on another machine, to which
    it is told and nowhere written down."""
    mirror = function.elsewhere.mirror if isinstance(function, There) else None
    return {} if mirror is None else environment_of(mirror)


def bare(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself, where it takes along what is known of a store: for whoever asks which one it is."""
    return function.function if isinstance(function, There) else function


def there(root: Path, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The function as it is to run elsewhere; itself where there is nothing to know of the store."""
    elsewhere = elsewhere_of(root)
    return function if elsewhere == _ORDINARY else There(str(root), elsewhere, function)
