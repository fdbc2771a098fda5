"""The store and the caches: room, whether they can be written, and whether locks hold between processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.doctor.finding import Finding
from harness.store import LOCKS
from harness.store.locks import Chosen, chosen, locked

PART = "disk"
STORE = Path("store")
_GIB = 2**30
_LITTLE = 2.0  # GiB: a store of the default run takes a tenth of it, one of an edition's surrogates several
_ELSEWHERE = "Give store.root=DIR, a folder on a disk of yours."
# Another process asks for a lock that is held here: 0 where it is refused, as it must be.
_ASKS = """
import sys
from pathlib import Path
from filelock import Timeout
from harness.store.locks import locked
try:
    with locked(Path(sys.argv[1]), sys.argv[2], sys.argv[3], wait=False):
        sys.exit(3)
except Timeout:
    sys.exit(0)
"""
_KINDS = {"flock": "flock", "file": "folders with an owner and a beat"}


def store_found(store: Path) -> Iterator[Finding]:
    """What a run asks of the place of its store; what is tried there is taken away again."""
    nearest = _nearest(store)
    in_the_way = next((one for one in (store, *store.absolute().parents) if os.path.lexists(one)), nearest)
    if not in_the_way.is_dir():
        told = "is no folder" if in_the_way == store else "would lie in what is no folder"
        yield Finding(PART, "store", "broken", f"{told}, and every run keeps its work there.", _ELSEWHERE)
        return
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=nearest) as folder:
            first, second = Path(folder, "one"), Path(folder, "two")
            with first.open("wb") as file:
                file.write(bytes(4096))
                file.flush()
                os.fsync(file.fileno())
            first.replace(second)
            yield _room("store", "can be written", nearest)
            yield _lock_found(Path(folder), chosen(store, store / LOCKS, "auto"))
    except OSError as error:
        told = f"cannot be written ({error.strerror or type(error).__name__}), and every run keeps its work there."
        yield Finding(PART, "store", "broken", told, _ELSEWHERE)


def _lock_found(folder: Path, how: Chosen) -> Finding:
    ours = str(Path(__file__).parents[2])
    asks = [sys.executable, "-P", "-c", _ASKS, str(folder), "lock", how.kind]
    try:
        with locked(folder, "lock", how.kind, wait=False):
            done = subprocess.run(  # noqa: S603
                asks, check=False, timeout=60, env=os.environ | {"PYTHONPATH": ours}
            )
    except (OSError, NotImplementedError, subprocess.TimeoutExpired) as error:
        told = f"cannot be locked ({type(error).__name__}), which every run does."
        return Finding(PART, "locks", "broken", told, _ELSEWHERE)
    if done.returncode == 0:
        told = f"of the store hold between processes ({_KINDS[how.kind]}, {how.why})"
        return Finding(PART, "locks", "good", told)
    told = "of the store do not hold between processes: two runs at once would make the same things twice."
    return Finding(PART, "locks", "note", told, f"Run one at a time, or: {_ELSEWHERE}")


def caches_found() -> Iterator[Finding]:
    """The cache of compiled loops, and that of data sets from the Hugging Face hub where there is one."""
    try:
        from attacks.compiled.differences import block_sums  # numba: a second
    except Exception as error:  # numba is compiled itself, and can fail at import in ways of its own
        told = f"numba cannot be imported ({type(error).__name__}), and attacks on a release ask for it."
        yield Finding(PART, "kernels", "broken", told, "pip install --force-reinstall numba")
        return
    kept: Any = block_sums  # a dispatcher of numba's, which knows where its machine code goes, if anywhere
    place = kept.stats.cache_path
    if place is None:
        told = "compiled loops cannot be kept: every process compiles them anew, for seconds."
        yield Finding(PART, "kernels", "note", told, "Set NUMBA_CACHE_DIR to a folder that can be written.")
    else:
        yield _room("kernels", "compiled loops are kept", _nearest(Path(place)))
    hub = Path(os.environ.get("HF_HOME") or Path("~/.cache/huggingface").expanduser())
    if hub.is_dir():
        yield _room("hub cache", "is there", hub)


def _room(subject: str, told: str, folder: Path) -> Finding:
    """What was found to be well of a place, and how much room there is."""
    try:
        free = shutil.disk_usage(folder).free / _GIB
    except OSError as error:
        told = f"{told}; its disk does not say how much is free ({type(error).__name__})."
        return Finding(PART, subject, "note", told)
    if free < _LITTLE:
        return Finding(
            PART, subject, "note", f"{told}; its disk has {free:.1f} GiB free, which is little.", "Make room."
        )
    return Finding(PART, subject, "good", f"{told}; its disk has {free:.1f} GiB free")


def _nearest(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100  # links are followed by whoever writes, not here
    return next(one for one in (whole, *whole.parents) if one.is_dir())
