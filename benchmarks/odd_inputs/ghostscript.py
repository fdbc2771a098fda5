"""A program in Ghostscript's place, which tells whether it was run."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def ghostscript(root: Path) -> Iterator[None]:
    """A program called `gs` that leaves a mark where it is run."""
    folder = root / "programs"
    folder.mkdir()
    for name in ("gs", "gswin32c", "gswin64c"):
        (folder / name).write_text(f"#!/bin/sh\ntouch {root / 'ran'}\nexit 0\n")
        (folder / name).chmod(stat.S_IRWXU)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
        shutil.rmtree(folder)
