"""Where a user may have something read from or written to: `~`, long and strange names, and places that are taken."""

from __future__ import annotations

import argparse
import os
import stat
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from harness.errors import InputError
from harness.plain import plain

NAME_BYTES, PATH_BYTES = 255, 4095  # what Linux takes, by byte
_INNER_BYTES = 255  # below a folder that is written, room for the names of the files in it
_TRIAL_BYTES = 1000  # takes a block, where there is one left
_NOT_IN_NAMES = ("Cc", "Cs", "Zl", "Zp")  # control characters, bytes that are no text, breaks of a line


def shown(path: Path | str) -> str:
    """A path as a sentence shows it: escaped where it would break the line, and only so long."""
    text = plain(str(path))
    return text if len(text) <= 200 else f"{text[:120]}...{text[-40:]}"


def user_path(text: str, option: str = "The path ") -> Path:
    """The path that a user gave, `~` and `~name` as in a shell. option: how a sentence begins, such as `out=`.

    Raises InputError for an empty one, a `~name` of nobody, and one that is longer than names can be.
    """
    if not text:
        raise InputError(f"{option.rstrip('=').strip()} is empty; give a path, or leave the option away.")
    if "\0" in text:
        raise InputError(f"{option}{shown(text)} holds a NUL, which no name can.")
    expanded = os.path.expanduser(text)  # noqa: PTH111  # pathlib takes ./~x for ~x
    if text.startswith("~") and expanded.startswith("~"):
        name = shown(text.partition("/")[0])
        raise InputError(
            f"{option}{shown(text)} cannot be found: {name} is nobody's home here. Write ./{name} for what has that "
            "name."
        )
    path = Path(expanded)
    _refuse_long(path, f"{option}{shown(text)}")
    return path


def expand_paths(parser: argparse.ArgumentParser) -> None:
    """Have every argument of `type=Path` read by `user_path`; subparsers need it of their own."""
    parser.register("type", Path, _path_argument)


def _path_argument(text: str) -> Path:
    try:
        return user_path(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def check_folder(option: str, folder: Path, apart: Mapping[str, Path | None]) -> None:
    """InputError where a folder cannot or must not be written to `folder`: told before the work that would go there.

    What lies in it is not looked at (`harness.ours`). option: as it stands before the path, `out=` or `--out `;
    apart: what is in use by name, such as `data.root`, and must be neither above nor below.
    """
    given = f"{option}{shown(folder)}"
    with _looked_at(given):
        _check_folder(option, given, folder, apart)


def _check_folder(option: str, given: str, folder: Path, apart: Mapping[str, Path | None]) -> None:
    _refuse_strange(folder, given)
    real = _real(folder)
    _refuse_long(real, given, _INNER_BYTES)
    if folder.is_symlink():
        raise InputError(f"{given} is a link; name the folder itself, or give a new one.")
    for what, other in (("the folder you are in", Path.cwd()), ("your home", _home())):
        if other is not None and _holds(real, _real(other)):
            raise InputError(f"{given} is {what}, or lies above it; give a new folder, say {option}results.")
    for name, taken in apart.items():
        if taken is not None and (_holds(real, _real(taken)) or _holds(_real(taken), real)):
            raise InputError(
                f"{given} and {name}={shown(taken)} are one, or one lies in the other; give a folder apart from it."
            )
    if folder.is_dir() and folder.is_mount():
        raise InputError(f"{given} is where a disk is mounted, and cannot be replaced; give a folder in it.")
    if os.path.lexists(folder) and not folder.is_dir():
        raise InputError(f"{given} is no folder; give a new or an empty one.")
    _try_to_write(folder, given)


def check_file(option: str, path: Path | None, inputs: Iterable[Path | None] = ()) -> None:
    """InputError where a file cannot be written to `path`: told before the work whose result would go there.

    A regular file that is there is replaced, as the option asks for; nothing else is, nor what the command reads.
    inputs: files and folders that it reads; into such a folder nothing is written.
    """
    if path is None:
        return
    given = f"{option} {shown(path)}"
    with _looked_at(given):
        _check_file(option, given, path, inputs)


@contextmanager
def _looked_at(given: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{given} cannot be looked at ({reason}); give another place.") from error


def _check_file(option: str, given: str, path: Path, inputs: Iterable[Path | None]) -> None:
    _refuse_strange(path, given)
    _refuse_long(path, given)
    read = [one for one in inputs if one is not None]
    if path.is_dir():
        raise InputError(f"{given} is a folder; give a file, say {shown(path / 'FILE')}.")
    if path.is_symlink():
        raise InputError(f"{given} is a link, and nothing is written through links; name the file itself.")
    if not path.parent.is_dir():
        raise InputError(
            f"{given} cannot be written: there is no folder {shown(path.parent)}; make it, or give another."
        )
    if path.exists():
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{given} is a device or a pipe; give a file, or leave {option} away.")
        if not os.access(path, os.W_OK):
            raise InputError(f"{given} may not be written; give another file, or change its mode.")
        if any(one.exists() and one.samefile(path) for one in read):
            raise InputError(f"{given} is what this command reads; give another file.")
    for folder in read:
        if folder.is_dir() and lies_in(path, folder):
            raise InputError(f"{given} lies in {shown(folder)}, which this command reads; give a file apart from it.")
    _try_to_write(path, given)


def lies_in(path: Path, folder: Path) -> bool:
    """Whether a path is a folder or lies in it, links followed."""
    return _holds(_real(folder), _real(path))


def _try_to_write(path: Path, given: str) -> None:
    """Write to the nearest folder that is there, under no name: read-only, full or forbidden is known only so."""
    nearest = next(one for one in (_real(path).parents) if os.path.lexists(one))
    if not nearest.is_dir():
        raise InputError(f"{given} cannot be written: {shown(nearest)} is no folder; give another place.")
    try:
        with tempfile.TemporaryFile(dir=nearest) as file:
            file.write(bytes(_TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(
            f"{given} cannot be written: {shown(nearest)} takes no files ({reason}); give another place."
        ) from error


def _refuse_strange(path: Path, given: str) -> None:
    if _is_strange(str(path)):
        raise InputError(
            f"{given} holds a line break, another control character or bytes that are no text; give another name."
        )


def _refuse_long(path: Path, given: str, inner_bytes: int = 0) -> None:
    for part in path.parts:
        if len(os.fsencode(part)) > NAME_BYTES:
            raise InputError(f"{given} has a name of {len(os.fsencode(part))} bytes; {NAME_BYTES} are the most.")
    n_bytes, most = len(os.fsencode(path)), PATH_BYTES - inner_bytes
    if n_bytes > most:
        raise InputError(f"{given} is {n_bytes} bytes long; {most} are the most.")


def _is_strange(text: str) -> bool:
    return any(unicodedata.category(letter) in _NOT_IN_NAMES for letter in text)


def _real(path: Path) -> Path:
    """Absolute, without links; unlike `resolve`, of a link that goes in circles, too."""
    return Path(os.path.realpath(path))


def _holds(above: Path, below: Path) -> bool:
    return above == below or above in below.parents


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None
