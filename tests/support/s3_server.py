"""A server of S3's protocol on loopback, for tests: moto's, from an environment of its own.

What moto builds on asks for an older python-dateutil than the harness is tested with, so it lies in `.venv-s3`, which
`make s3-server` makes, or is the `moto_server` of the path.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

BUCKET = "bucket"
MISSING = "moto's server is not there: make s3-server"
_OURS = Path(__file__).parents[2] / ".venv-s3" / "bin" / "moto_server"
_STARTS_SEC = 60.0


class Server(NamedTuple):
    """address: of a mirror there; environment: that names the server."""

    address: str
    environment: dict[str, str]


def program() -> str | None:
    """moto's server, or None where it is not installed."""
    return str(_OURS) if _OURS.exists() else shutil.which("moto_server")


@contextmanager
def served(log: Path) -> Iterator[Server]:
    """A server with one empty bucket, for as long as the body lasts; log: a file for its words."""
    found = program()
    assert found is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with log.open("wb") as words:
        server = subprocess.Popen(
            [found, "-H", "127.0.0.1", "-p", str(port)],
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment,
            stdout=words,
            stderr=words,
        )
    try:
        deadline = time.monotonic() + _STARTS_SEC
        while not _has_bucket(endpoint):
            assert server.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield Server(f"s3://{BUCKET}/folder", environment)
    finally:
        server.kill()
        server.wait()


def _has_bucket(endpoint: str) -> bool:
    try:
        ask = urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT")  # noqa: S310  # our own server
        with urllib.request.urlopen(ask, timeout=10):  # noqa: S310
            return True
    except OSError:
        return False
