"""How much memory programs can have here: what is free, and what a container or a batch system grants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_MEMORY, _GROUPS, _OURS = Path("/proc/meminfo"), Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


_NO_LIMIT = 2**62  # the first version of groups says a number as large where there is none


class _Names(NamedTuple):
    """What files of a group of processes are called; reclaimable: the line of its statistics for pages of files that
    are read again where they are wanted."""

    limit: str
    used: str
    reclaimable: str


_SECOND = _Names("memory.max", "memory.current", "inactive_file")
_FIRST = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


class _Granted(NamedTuple):
    """Bytes of one group: its limit, and how much of that is left."""

    limit: int
    free: int


def free_memory() -> int | None:
    """Bytes that programs can have without others being swapped out, or this group's being ended; None where the
    system does not say."""
    return min([*_of_machine(), *(one.free for one in _granted())], default=None)


def granted_memory() -> int | None:
    """Bytes that this process and those beside it may have in all; None for no limit of theirs."""
    return min((one.limit for one in _granted() if one.limit < _NO_LIMIT), default=None)


def _of_machine() -> Iterator[int]:
    with suppress(OSError, ValueError):
        for line in _MEMORY.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024


def _granted() -> Iterator[_Granted]:
    """Of each group that this process is in, and of those that hold it."""
    for folder, names in _folders():
        with suppress(OSError, ValueError):  # `max` for no limit, or a file that is not there
            limit = int((folder / names.limit).read_text(encoding="ascii"))
            used = int((folder / names.used).read_text(encoding="ascii"))
            said = (line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
            again = next((int(value) for name, value in said if name == names.reclaimable), 0)
            yield _Granted(limit, max(0, limit - used + again))


def _folders() -> Iterator[tuple[Path, _Names]]:
    """In a container the group that it shows as its own may be the root of what can be seen."""
    with suppress(OSError, ValueError):
        for line in _OURS.read_text(encoding="utf-8").splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0":
                root, names = _GROUPS, _SECOND
            elif "memory" in controllers.split(","):
                root, names = _GROUPS / "memory", _FIRST
            else:
                continue
            group = PurePosixPath(path.lstrip("/"))
            yield from ((root / one, names) for one in (group, *group.parents) if ".." not in one.parts)
