"""Reading what others wrote: only a regular file, only so large, only so deep, and every fault a sentence.

A name in a folder of somebody else may be a link, a pipe that nobody writes to, a device without an end, or 1 GB.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import InputError

if TYPE_CHECKING:
    import yaml

MOST_DEPTH = 64  # levels of lists and mappings in one another; ours have six
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@contextmanager
def opened(path: Path, what: str, *, links: bool) -> Iterator[BufferedReader]:
    """A regular file, open for reading bytes; nothing else is waited for or read.

    what: how a sentence calls it, such as "--truth"; links: whether a link is followed, as it is to be where the user
    names the file and not where it lies in somebody's folder. Raises InputError for a link, a pipe, a device, a
    folder, and for what is missing or may not be read.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | (0 if links else os.O_NOFOLLOW)
    try:
        if not links and path.is_symlink():
            raise InputError(f"{what} {path} is a link, and links are not followed there.")
        mode = path.stat().st_mode  # before it is opened: to open a device may already do something
        if stat.S_ISREG(mode):
            descriptor = os.open(path, flags)
            mode = os.fstat(descriptor).st_mode  # another may have taken the name meanwhile
            with os.fdopen(descriptor, "rb") as file:
                if stat.S_ISREG(mode):
                    yield file
                    return
    except FileNotFoundError as error:
        raise InputError(f"{what} {path} does not exist.") from error
    except (OSError, RuntimeError) as error:
        raise InputError(f"{what} {path} cannot be read ({getattr(error, 'strerror', error)}).") from error
    raise InputError(f"{what} {path} is {_KINDS.get(stat.S_IFMT(mode), 'no file')}; a regular file is expected.")


def read_bytes(path: Path, most_bytes: int, what: str, *, links: bool) -> bytes:
    """What a regular file holds; InputError as `opened`, and for more than `most_bytes`."""
    with opened(path, what, links=links) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise InputError(f"{what} {path} is larger than {_size(most_bytes)}, the most that is read.")
    return content


def read_text(path: Path, most_bytes: int, what: str, *, links: bool) -> str:
    """UTF-8 text, a byte order mark taken off; InputError as `read_bytes`, and for what is no such text."""
    try:
        return read_bytes(path, most_bytes, what, links=links).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{what} {path} is no UTF-8 text (byte {error.start + 1}).") from error


def read_json(path: Path, most_bytes: int, what: str, *, links: bool) -> Any:
    """A JSON value, of at most `MOST_DEPTH` levels; InputError as `read_text`, and for what is no JSON."""
    return json_of(read_text(path, most_bytes, what, links=links), f"{what} {path}")


def json_of(text: str, called: str) -> Any:
    """A JSON value, of at most `MOST_DEPTH` levels. called: what sentences call it.

    Raises InputError for what is no JSON, or deeper.
    """
    try:
        value = json.loads(text, object_pairs_hook=each_once)
    except ValueError as error:
        raise InputError(f"{called} is no JSON ({error}).") from error
    except RecursionError as error:
        raise _too_deep(called) from error
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _held(one)]
        if not level:
            return value
    raise _too_deep(called)


def read_yaml(path: Path, most_bytes: int, what: str, *, links: bool) -> Any:
    """As `read_json`, of YAML; InputError as `yaml_of`, too."""
    return yaml_of(read_text(path, most_bytes, what, links=links), f"{what} {path}")


def yaml_of(text: str, called: str) -> Any:
    """A YAML value without tags and without aliases, which a few lines can blow up to gigabytes.

    called: what sentences call it. Raises InputError for what is no such YAML, or of more than `MOST_DEPTH` levels.
    """
    import yaml  # start-up: most commands read none

    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise InputError(f"{called} holds an alias (*{event.anchor}); write its value out.")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_DEPTH:
                raise _too_deep(called)
        _refuse_twice(yaml.compose(text, Loader=yaml.SafeLoader), called)
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that is none
        raise InputError(f"{called} is no YAML that can be read ({' '.join(str(error).split())}).") from error
    except RecursionError as error:
        raise _too_deep(called) from error


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object of names that differ; ValueError for one that stands there twice."""
    held: dict[str, Any] = {}
    for name, value in pairs:
        if name in held:
            raise ValueError(f"{name!r} stands there twice")
        held[name] = value
    return held


class Listing(NamedTuple):
    """What lies in a folder at any depth, by names below it.

    odd: links, pipes, sockets, devices, and folders that are too deep or cannot be listed; empty: folders.
    """

    files: dict[str, os.stat_result]
    odd: list[str]
    empty: list[str]


def listed(folder: Path) -> Listing:
    """What lies in a folder, nothing followed or opened. OSError where the folder itself cannot be listed."""
    found = Listing({}, [], [])
    waiting = [("", 0)]
    while waiting:
        inside, depth = waiting.pop()
        try:
            if depth > MOST_DEPTH:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            with os.scandir(folder / inside) as entries:
                here = list(entries)
        except OSError:
            if not inside:
                raise
            found.odd.append(inside)
            continue
        if inside and not here:
            found.empty.append(inside)
        for entry in here:
            name, status = f"{inside}{entry.name}", entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                waiting.append((f"{name}/", depth + 1))
            elif stat.S_ISREG(status.st_mode):
                found.files[name] = status
            else:
                found.odd.append(name)
    return found


def digest(path: Path, what: str) -> str:
    """The sha256, hex, of a regular file in somebody's folder; InputError as `opened`."""
    with opened(path, what, links=False) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_twice(node: yaml.Node | None, where: str) -> None:
    """InputError for a name that one mapping has twice, of which YAML silently takes the last."""
    if node is None or isinstance(node.value, str):
        return
    seen = set()
    for one in node.value:
        for inner in one if isinstance(one, tuple) else (one,):
            _refuse_twice(inner, where)
        if isinstance(one, tuple) and isinstance(one[0].value, str):
            if one[0].value in seen:
                line = one[0].start_mark.line + 1
                raise InputError(f"{where}, line {line}: {one[0].value!r} stands there twice; which holds?")
            seen.add(one[0].value)


def _held(one: dict[str, Any] | list[Any]) -> list[Any]:
    return list(one.values()) if isinstance(one, dict) else one


def _too_deep(called: str) -> InputError:
    return InputError(f"{called} is nested deeper than {MOST_DEPTH} levels, the most that is read.")


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.3g} MB" if n_bytes >= 1e5 else f"{n_bytes} bytes"
