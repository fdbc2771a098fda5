"""Mirrors to test with: a folder, a server of S3's protocol, and what fsspec knows."""

from __future__ import annotations

import secrets
from importlib.util import find_spec

import pytest
from engines import lacking
from s3_server import MISSING, program, served

from harness.store import held_folder, mirror
from harness.store.claims import Claim


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    if find_spec("obstore") is None:
        lacking("needs the package obstore: pip install '.[mirror]'")
    if program() is None:
        lacking(MISSING)
    with served(tmp_path_factory.mktemp("s3") / "log.txt") as server:
        yield server


@pytest.fixture(params=["folder", "s3", "memory"])
def address(request, tmp_path, monkeypatch):
    """Of an empty mirror, each time another one."""
    mirror._mirror.cache_clear()
    if request.param == "folder":
        return str(tmp_path / "mirror")
    if request.param == "memory":
        return f"memory://{secrets.token_hex(8)}"
    server = request.getfixturevalue("s3")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return f"{server.address}/{secrets.token_hex(8)}"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Beats and patience of tests; processes that are forked have them, too."""
    monkeypatch.setattr(held_folder, "BEAT_SEC", 0.1)
    monkeypatch.setattr(held_folder, "PATIENCE_SEC", 1.0)
    monkeypatch.setattr("harness.store.claims.BEAT_SEC", 0.2)
    monkeypatch.setattr("harness.store.claims.PATIENCE_SEC", 2.0)
    monkeypatch.setattr(mirror, "_ASK_EVERY_SEC", 0.05)
    assert Claim is mirror.Claim
