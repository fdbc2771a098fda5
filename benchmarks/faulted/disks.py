"""Disks that are small, full, read-only or slow, for the time of a fault; most take a right that root alone has."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

OF_OTHERS = "of others"
_PIECE = 2**16
_SLOW = """import os, time
_of_system = os.fsync
def fsync(descriptor):
    time.sleep({seconds})
    _of_system(descriptor)
os.fsync = fsync
"""


def why_not() -> str | None:
    """Why disks cannot be made here, in a few words; None where they can."""
    missing = [name for name in ("mount", "umount", "setpriv", "unshare") if shutil.which(name) is None]
    if missing:
        return f"needs the programs {', '.join(missing)}"
    if os.geteuid() != 0:
        return "needs root, who alone may mount disks"
    done = _done("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/")
    return None if done.returncode == 0 else f"cannot mount disks: {done.stderr.strip()[-80:]}"


@contextmanager
def disk(folder: Path, size: int) -> Iterator[None]:
    """A disk of `size` bytes in memory, at the folder, which is made."""
    folder.mkdir(parents=True)
    _mount(folder, "-t", "tmpfs", "-o", f"size={size}", "tmpfs")
    try:
        yield
    finally:
        _done("umount", "--lazy", str(folder))


def resize(folder: Path, size: int) -> None:
    """Of a `disk`, which keeps what lies there."""
    _mount(folder, "-o", f"remount,size={size}")


def make_read_only(folder: Path) -> None:
    """Nothing new is opened for writing in the folder, whoever asks; what is open stays so. Until `make_writable`."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount(folder, "--bind", "--read-only", str(folder))


def make_writable(folder: Path) -> None:
    """It is as it was before `make_read_only`."""
    _done("umount", "--lazy", str(folder))


def fill(folder: Path) -> None:
    """A file of others takes what the disk has left, to the last byte."""
    with suppress(OSError), (folder / OF_OTHERS).open("wb", buffering=0) as file:
        for piece in (_PIECE, 1):
            with suppress(OSError):
                while file.write(bytes(piece)):
                    pass


def heeding_modes() -> Sequence[str]:
    """What stands before a command so that modes of files count for it: root may read and write whatever they say."""
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def slow_fsync(folder: Path, seconds: float) -> Path:
    """A folder for the path of a run's modules: each file takes that long to be safe on its disk."""
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(_SLOW.format(seconds=seconds), encoding="ascii")
    return folder


def _mount(folder: Path, *words: str) -> None:
    done = _done("mount", *words, str(folder))
    if done.returncode:
        raise OSError(f"mount {' '.join(words)}: {done.stderr.strip()}")


def _done(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  # programs of the system
