"""Which files a data set may be read from: those that the user names, and of those that rows name its own alone."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from glob import glob
from pathlib import Path
from typing import Any

from harness.errors import InputError


def files_of(files: Any) -> list[Path]:
    """The parquet files that the option names. Raises InputError where one or all are missing."""
    named = [files] if isinstance(files, str) else list(files)
    found: list[Path] = []
    for name in named:
        path = Path(name)
        if path.is_dir():
            found += sorted(path.glob("*.parquet"))
        elif path.is_file():
            found.append(path)
        else:
            matching = [Path(one) for one in sorted(glob(name, recursive=True)) if Path(one).is_file()]  # noqa: PTH207  # a pattern may begin at the root
            if not matching:
                raise InputError(f"data.files={name}: there is no such file, and none of that pattern.")
            found += matching
    if not found:
        raise InputError(f"data.files={files}: no .parquet file lies there.")
    return list(dict.fromkeys(found))


def below(root: Path) -> Callable[[str], Path]:
    """What a cell names as a file, looked for below `root` alone."""

    def file_of(name: str) -> Path:
        if Path(name).is_absolute() and lies_below(Path(name), root):
            return Path(name)
        return root / inside(name)

    return file_of


def lies_below(path: Path, root: Path) -> bool:
    """Whether a path, as it is written, leads to a folder or into it; links of a cache lead elsewhere."""
    return Path(os.path.normpath(path)).is_relative_to(os.path.normpath(root.absolute()))


def inside(name: str) -> str:
    """A relative path that stays where it begins."""
    path = posixpath.normpath(name)
    if not name.strip() or "://" in name or posixpath.isabs(name) or path == ".." or path.startswith("../"):
        raise InputError("a cell names a file that is not one of the data set's.")
    return path
