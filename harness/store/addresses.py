"""Addresses of mirrors: what one may be, said before any work, and nothing secret in one.

An address goes into config.yaml, into notes and into every job, so what a server is to be convinced by belongs into
the environment.
"""

from __future__ import annotations

import ipaddress
import os
import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from harness.errors import InputError
from harness.places import shown

OBSTORE = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "adl")
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
"""Variables of the environment that name a server of S3's protocol other than Amazon's, the first that is set."""
_WITH_CONTAINER = ("abfs", "abfss")
"""Of these the name before the @ is a container's."""
_NO_PLACE = frozenset({
    "asynclocal", "asyncwrapper", "blockcache", "cached", "data", "dir", "dirfs", "filecache", "generic", "git",
    "github", "gist", "http", "https", "libarchive", "local", "reference", "simplecache", "tar", "zip",
})  # fmt: skip
"""What fsspec knows that can only be read, lies inside something else, or is this machine's own disk."""
_PLAIN = ("http", "ftp")
_VARIABLES = {
    ("s3", "s3a"): ("AWS_",),
    ("gs", "gcs"): ("GOOGLE_",),
    ("az", "azure", "abfs", "abfss", "adl"): ("AZURE_",),
}
_EXPECTED = "Expected is a folder, or an address such as s3://BUCKET/FOLDER, gs://BUCKET/FOLDER or sftp://HOST/FOLDER"
_ENVIRONMENT = "give it to the environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_WHO = re.compile(r"(?<=://)[^/\s@]+@")
_ASKED = re.compile(r"(://[^\s?'\"]*)\?[^\s'\")]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)(:|$)")
_NO_FOLDER = frozenset({*OBSTORE, "ftp", "gcs", "hdfs", "http", "https", "sftp", "smb", "ssh", "webdav"})
"""Words that name a kind of address wherever they stand alone."""


def check_address(address: str) -> None:
    """InputError, which repeats nothing that may be secret, where store.mirror= is none that can be used."""
    if is_folder(address):
        if not address.startswith("file://"):
            _check_word(address)
        return
    if "::" in address:
        raise InputError("store.mirror= is a chain of addresses (::), which is not taken; give the last one alone.")
    try:
        parts = urlsplit(address)
        has_port = parts.port is not None
    except ValueError:
        raise InputError(f"store.mirror= is no address. {_EXPECTED}.") from None
    if parts.password is not None or (parts.username and parts.scheme not in _WITH_CONTAINER):
        raise InputError(
            "store.mirror= holds a name or password, which would stand in config.yaml; leave it out and "
            f"{_ENVIRONMENT}."
        )
    if "?" in address or "#" in address:
        raise InputError(
            "store.mirror= holds a ? or #, and what follows, a signature perhaps, would stand in config.yaml; leave "
            f"it out and {_ENVIRONMENT}."
        )
    _check_scheme(address, parts)
    if not parts.hostname and (parts.scheme in OBSTORE or has_port or not parts.path.strip("/")):
        raise InputError(f"store.mirror={shown(address)} names no bucket, machine or folder. {_EXPECTED}.")


def is_folder(address: str) -> bool:
    """Whether an address is a folder that this machine sees."""
    return "://" not in address or address.startswith("file://")


def scheme_of(address: str) -> str:
    """What stands before the ://, in small letters."""
    return urlsplit(address).scheme


def environment_of(address: str) -> dict[str, str]:
    """The variables here by which the server of an address is found and convinced, for a process elsewhere."""
    kind = "" if is_folder(address) else scheme_of(address)
    prefixes = next((prefixes for schemes, prefixes in _VARIABLES.items() if kind in schemes), ())
    return {name: value for name, value in os.environ.items() if name.startswith(prefixes)} if prefixes else {}


def without_secrets(text: str) -> str:
    """A text, in which addresses may stand, without names and passwords in them, and without what they ask for."""
    return _ASKED.sub(r"\1?...", _WHO.sub("...@", text))


def travels_open(address: str) -> str | None:
    """The machine that an address leads to without encryption; None where there is none, or it is this one."""
    parts = urlsplit(address)
    if parts.scheme in ("s3", "s3a"):
        parts = urlsplit(endpoint())
    host = parts.hostname or ""
    return None if parts.scheme not in _PLAIN or is_loopback(host) else host


def is_loopback(host: str) -> bool:
    """Whether a name or number of a machine is this one's own."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def endpoint() -> str:
    """The server of S3's protocol that the environment names; empty for Amazon's."""
    return next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), "")


def _check_word(folder: str) -> None:
    """What begins as an address does, and is none, is no folder unless there is one."""
    first = folder.split("/", maxsplit=1)[0]
    if re.search(r"@[^/]*:|:[^/]*@", first) and not Path(folder).exists():
        raise InputError(f"store.mirror= is neither an address nor a folder that is there. {_EXPECTED}.")
    begins = _SCHEME.match(first)
    meant = begins is not None and begins[1].lower() in (_known() if begins[2] else _NO_FOLDER)
    if begins is not None and meant and not Path(folder).exists():
        raise InputError(
            f"store.mirror={shown(folder)} is no address, for after {begins[1]} there is no ://. {_EXPECTED}; a "
            f"folder of that name is ./{shown(folder)}."
        )


def _check_scheme(address: str, parts: SplitResult) -> None:
    if parts.scheme in _NO_PLACE:
        raise InputError(
            f"store.mirror={shown(address)}: nothing can be kept under addresses of {parts.scheme}. {_EXPECTED}."
        )
    if parts.scheme not in _known():
        what = shown(parts.scheme) or "nothing"
        raise InputError(
            f"store.mirror={shown(address)}: {what} before :// is no kind of address that is known here. {_EXPECTED}."
        )


def _known() -> frozenset[str]:
    """All schemes; fsspec tells most of them, where it is there."""
    try:
        from fsspec import available_protocols  # a tenth of a second, and most stores have no mirror
    except ImportError:
        return frozenset(OBSTORE)
    return frozenset(OBSTORE) | frozenset(available_protocols())
