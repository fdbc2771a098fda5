"""The private key of a run's copies, and the names that it puts in the place of ids."""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from harness.errors import InputError

_DIGITS = 64  # hexadecimal: 256 bits


def key_file(run: Path) -> Path:
    """Where a run's key is kept: beside its folder, not in it, so that neither the copy nor the folder carries it."""
    return run.with_name(f".{run.name}.share-key")


def private_key(path: Path) -> bytes:
    """The key in the file, made at random where there is none, readable by its owner alone.

    Raises InputError for a file that others may read, a link, or one that holds no key.
    """
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(made, "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), 0o600)  # whatever the umask
        file.write(secrets.token_hex(_DIGITS // 2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return _read(path)


class KeyedNames:
    """Names for ids that nobody can undo, or try out, without the key: HMAC-SHA256, 64 bits of it."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __call__(self, kind: str, name: str) -> str:
        """The name of one thing of a kind, such as `slice-1f0c...`; equal ids of a kind have equal names."""
        code = hmac.digest(self._key, f"{kind}\0{name}".encode("utf-8", "surrogatepass"), "sha256")
        return f"{kind}-{code[:8].hex()}"


def _read(path: Path) -> bytes:
    try:
        found = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise InputError(
                f"{path} is a link; a key is a file of its own. Give another with --key FILE."
            ) from error
        raise
    with os.fdopen(found, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise InputError(f"{path} is no file; give another with --key FILE.")
        if mode & 0o077:
            raise InputError(
                f"{path} can be read by others, so it keeps no secret: chmod 600 it, or give --key FILE."
            )
        text = file.read(_DIGITS + 2).decode("ascii", "replace").strip()
    if re.fullmatch(rf"[0-9a-f]{{{_DIGITS}}}", text) is None:
        raise InputError(f"{path} holds no key of {_DIGITS} hexadecimal digits; give another with --key FILE.")
    return bytes.fromhex(text)
