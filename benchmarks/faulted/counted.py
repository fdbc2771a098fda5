"""`python -m benchmarks.faulted.counted OPTIONS`: a run that writes down every artefact that it or a worker makes.

A worker process imports this module again as its main one, so what is changed here is changed there, too.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.store import Artefact, Store

LOG = "HARNESS_FAULTS_LOG"
"""The variable of the environment that names the file."""
_get = Store.get


def _counted(self: Store, kind: str, key: str, make: Callable[[Path], Mapping[str, Any] | None]) -> Artefact:
    def made(folder: Path) -> Mapping[str, Any] | None:
        facts = make(folder)
        with Path(os.environ[LOG]).open("a", encoding="ascii") as log:
            log.write(f"{kind}/{key}\n")
        return facts

    return _get(self, kind, key, made)


def made_twice(log: Path) -> list[str]:
    """What was made more than once."""
    return sorted(name for name, n in Counter(log.read_text(encoding="ascii").split()).items() if n > 1)


if LOG in os.environ and __name__ in ("__main__", "__mp_main__"):
    Store.get = _counted  # type: ignore[method-assign]

if __name__ == "__main__":
    from harness.run.__main__ import main

    sys.exit(main())
