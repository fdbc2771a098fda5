"""Named objects elsewhere: a folder, an object store by obstore, or whatever else fsspec knows.

Names are relative, with slashes. Every object is the new one or the old one to whoever reads it; `create` makes one
only where there is none, which decides between machines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from harness.errors import InputError
from harness.places import shown, user_path
from harness.store.addresses import OBSTORE, check_address, endpoint, is_folder, scheme_of, without_secrets
from harness.store.folder_objects import FolderObjects, Ours

RETRIES = 5
"""How often obstore asks again, later each time, before a place counts as one that does not answer."""
_BLOCK = 8 * 2**20
_ASKED_OF = re.compile(r"[a-z]+://(?:[^/\s@]*@)?([^/\s?]+)")
_OF_CREDENTIALS = ("169.254.169.254", "169.254.170.2", "metadata.google.internal", "metadata")
"""Machines that a cloud has for its own: asked for credentials where the environment has none."""
_REFUSED = re.compile(r"\b40[13] (Unauthorized|Forbidden)|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch")
_LINE_LETTERS = 200


class Objects(Protocol):
    """What is asked of a place. Raises OSError where it does not answer, or refuses. exclusive: whether `create`
    is."""

    exclusive: bool

    def read(self, name: str) -> bytes | None:
        """An object as a whole; None where there is none."""

    def fetch(self, name: str, path: Path) -> bool:
        """Write an object to a new file; whether there is one."""

    def write(self, name: str, data: bytes) -> None:
        """Write an object, in the place of one that is there."""

    def send(self, name: str, path: Path) -> None:
        """Write a file as an object."""

    def create(self, name: str, data: bytes) -> bool:
        """Write an object where there is none; whether that was so."""

    def replace(self, name: str, data: bytes, ours: Ours) -> bool:
        """Write an object in the place of one, as long, that is ours; whether it was."""

    def remove_ours(self, name: str, ours: Ours) -> bool:
        """Take an object away that is ours; whether it was."""

    def names(self, prefix: str) -> list[str]:
        """All below a prefix, which ends with a slash, sorted."""

    def remove(self, name: str) -> None:
        """Take an object away, if it is there."""


def opened(address: str) -> Objects:
    """The place of an address. Raises InputError for one that is none, or asks for what is not installed."""
    check_address(address)
    if is_folder(address):
        return FolderObjects(user_path(address.removeprefix("file://"), "store.mirror="))
    return _by_obstore(address) if scheme_of(address) in OBSTORE else _Other(address)


def _by_obstore(address: str) -> Objects:
    try:
        from obstore.store import from_url
    except ImportError as error:
        raise InputError(
            f"store.mirror={shown(address)} asks for obstore: pip install 'gan-membership-harness[mirror]'."
        ) from error
    options: dict[str, Any] = {"retry_config": {"max_retries": RETRIES}}
    if scheme_of(address).startswith("s3") and (server := endpoint()):
        options |= {"endpoint": server, "client_options": {"allow_http": server.startswith("http://")}}
    try:
        return _Obstore(from_url(address, **options))
    except Exception as error:  # of obstore's own kinds, which have no common one that it promises
        raise InputError(f"store.mirror={shown(address)} cannot be opened: {_line(error)}") from error


class _Obstore:
    """Objects of S3 and its like, of Google's and of Azure's; each knows writing only where there is none."""

    exclusive = True

    def __init__(self, place: Any) -> None:
        self._place = place

    def read(self, name: str) -> bytes | None:
        import obstore

        try:
            with _as_oserror():
                return bytes(obstore.get(self._place, name).bytes())
        except FileNotFoundError:
            return None

    def fetch(self, name: str, path: Path) -> bool:
        import obstore

        try:
            with _as_oserror(), path.open("xb") as copy:
                for block in obstore.get(self._place, name).stream(min_chunk_size=_BLOCK):
                    copy.write(block)
        except FileNotFoundError:
            return False
        return True

    def write(self, name: str, data: bytes) -> None:
        import obstore

        with _as_oserror():
            obstore.put(self._place, name, data)

    def send(self, name: str, path: Path) -> None:
        import obstore

        with _as_oserror():
            obstore.put(self._place, name, path)

    def create(self, name: str, data: bytes) -> bool:
        import obstore

        try:
            with _as_oserror():
                obstore.put(self._place, name, data, mode="create", use_multipart=False)
        except FileExistsError:
            return False
        return True

    def replace(self, name: str, data: bytes, ours: Ours) -> bool:
        import obstore
        from obstore.exceptions import NotSupportedError, PreconditionError

        try:
            with _as_oserror():
                found = obstore.get(self._place, name)
                if not ours(bytes(found.bytes())):
                    return False
                told = {key: value for key in ("e_tag", "version") if (value := found.meta.get(key)) is not None}
                try:
                    mode: Any = told if "e_tag" in told else "overwrite"
                    obstore.put(self._place, name, data, mode=mode, use_multipart=False)
                except NotSupportedError:  # a server that cannot hold it against what it has
                    obstore.put(self._place, name, data)
                except PreconditionError:
                    return False
        except FileNotFoundError:
            return False
        return True

    def remove_ours(self, name: str, ours: Ours) -> bool:
        return _removed_by_reading(self, name, ours)

    def names(self, prefix: str) -> list[str]:
        import obstore

        with _as_oserror():
            return sorted(one["path"] for block in obstore.list(self._place, prefix) for one in block)

    def remove(self, name: str) -> None:
        import obstore

        with suppress(FileNotFoundError), _as_oserror():
            obstore.delete(self._place, name)


class _Other:
    """What else fsspec knows, sftp, hdfs or memory; not all of them have a way to write only where there is
    nothing."""

    exclusive = False

    def __init__(self, address: str) -> None:
        import fsspec

        try:
            self._system, root = fsspec.core.url_to_fs(address)
        except ImportError as error:
            raise InputError(
                f"store.mirror={shown(address)} asks for a package that is not here: {_line(error)}"
            ) from error
        except Exception as error:  # of whatever library stands behind it
            raise InputError(f"store.mirror={shown(address)} cannot be opened: {_line(error)}") from error
        self._root = root.rstrip("/")

    def read(self, name: str) -> bytes | None:
        try:
            return bytes(self._system.cat_file(self._at(name)))
        except FileNotFoundError:
            return None

    def fetch(self, name: str, path: Path) -> bool:
        try:
            self._system.get_file(self._at(name), str(path))
        except FileNotFoundError:
            path.unlink(missing_ok=True)
            return False
        return True

    def write(self, name: str, data: bytes) -> None:
        self._ready(name)
        self._system.pipe_file(self._at(name), data)

    def send(self, name: str, path: Path) -> None:
        self._ready(name)
        self._system.put_file(str(path), self._at(name))

    def create(self, name: str, data: bytes) -> bool:
        if self._system.exists(self._at(name)):
            return False
        self.write(name, data)
        return self.read(name) == data  # of two who wrote at once, whoever was last

    def replace(self, name: str, data: bytes, ours: Ours) -> bool:
        there = self.read(name)
        if there is None or not ours(there):
            return False
        self.write(name, data)
        return True

    def remove_ours(self, name: str, ours: Ours) -> bool:
        return _removed_by_reading(self, name, ours)

    def names(self, prefix: str) -> list[str]:
        self._system.invalidate_cache()
        try:
            found = self._system.find(self._at(prefix))
        except FileNotFoundError:
            return []
        return sorted(one.removeprefix(f"{self._root}/") for one in found)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._system.rm_file(self._at(name))

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _ready(self, name: str) -> None:
        self._system.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)


def _removed_by_reading(objects: Objects, name: str, ours: Ours) -> bool:
    """As `Objects.remove_ours`, at a place that takes nothing away on a condition: right after it was read."""
    there = objects.read(name)
    if there is None or not ours(there):
        return False
    objects.remove(name)
    return True


@contextmanager
def _as_oserror() -> Iterator[None]:
    """obstore's own errors as OSError, for whoever asks of any place."""
    from obstore import exceptions

    try:
        yield
    except exceptions.AlreadyExistsError as error:
        raise FileExistsError(_line(error)) from error
    except exceptions.BaseError as error:
        raise OSError(_line(error)) from error


def _line(error: Exception) -> str:
    """What an error of a library says, as a sentence goes on: what is known of it in our words, else its first line,
    without what is secret and without a server's page."""
    text = without_secrets(" ".join(str(error).partition("Debug source:")[0].partition("<?xml")[0].split()))
    asked = _ASKED_OF.search(text)
    whole = str(error)
    if asked and asked[1] in _OF_CREDENTIALS:
        return "no credentials are in the environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if "NoSuchBucket" in whole or "ContainerNotFound" in whole:
        return "there is no such bucket"
    if asked and "error sending request" in text:
        return f"nobody answers at {asked[1]}"
    if asked and _REFUSED.search(whole):
        return f"{asked[1]} refuses what is asked of it; do the credentials in the environment allow it?"
    text = text.rstrip(": ")
    return text if len(text) <= _LINE_LETTERS else f"{text[:_LINE_LETTERS]}..."
