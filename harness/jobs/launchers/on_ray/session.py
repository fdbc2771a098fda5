"""Ray's own processes: started for a run and ended with it, or a cluster's that is there already."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from harness.errors import InputError
from harness.jobs.one_thread import environment

_STORE_BYTES = 100 * 2**20  # of the objects that Ray keeps in shared memory: ours are words and small records
_LONGEST_FOLDER = 36  # letters: what Ray adds for its sockets must fit into 107
_LISTENS_SEC = 10.0
_QUIET = logging.CRITICAL + 1
_SILENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": "^",  # of its words about nodes and processes, print none; ours say what is lost
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # what Ray does without a word, and warns of
}
# Ray listens on every address of the machine, but where it is told that it is no cluster.
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
_LOOPBACK = ("127.0.0.1", "::1")


class RaySession:
    """Ray, until it is closed. address: of a cluster (`auto`, HOST:PORT); None starts one here.

    Where the program has begun Ray itself, that one is used, and left as it is.
    """

    def __init__(self, address: str | None) -> None:
        self.ray = _imported(alone=address is None)
        self._stack, self._ours = ExitStack(), not self.ray.is_initialized()
        try:
            if self._ours:
                self._stack.enter_context(environment(_SILENT))
                self._begin(address)
        except BaseException:
            self.close()
            raise

    def _begin(self, address: str | None) -> None:
        from ray.job_config import JobConfig

        # Ray would add the current folder itself (`_client_job` says that somebody else has seen to the paths).
        paths = JobConfig(_client_job=True, _py_driver_sys_path=own_paths())
        quiet = {"log_to_driver": False, "logging_level": _QUIET, "job_config": paths}
        if address is not None:
            try:
                _check_somebody_listens(address)  # Ray would try for minutes
                with _own_signals():
                    self.ray.init(address=address, **quiet)
            except Exception as error:
                raise InputError(f"launch.address={address} leads to no Ray cluster: {_first_line(error)}") from error
            return
        self._stack.enter_context(environment({**_ALONE, "RAY_AUTH_TOKEN": _token()}))
        folder = _short_folder()
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        below = str(Path(folder) / "r")  # Ray lets everybody into its own
        with _own_signals():
            self.ray.init(
                address="local",  # whatever RAY_ADDRESS says
                num_cpus=len(os.sched_getaffinity(0)),
                include_dashboard=False,
                object_store_memory=_STORE_BYTES,
                _temp_dir=below,
                **quiet,
            )
        if self.ray.util.get_node_ip_address() not in _LOOPBACK:
            raise InputError(
                "Ray was imported before this run could tell it to listen on loopback alone: start Python with "
                "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0, or give launch.address=..."
            )

    def close(self) -> None:
        """End what was started, or take leave of the cluster."""
        if self._ours:
            self._ours = False
            with suppress(Exception):
                self.ray.shutdown()
        self._stack.close()


def own_paths() -> list[str]:
    """Where this process finds modules, but for Python's own and what is installed: as Ray takes them, last first."""
    roots = {str(Path(one).resolve()) for one in (sys.prefix, sys.base_prefix)}
    found = [Path(one or os.curdir).resolve() for one in sys.path]
    return [str(one) for one in reversed(found) if not any(one.is_relative_to(root) for root in roots)]


@cache
def _token() -> str:
    """A secret of this process alone, which Ray reads once: whoever has an account here can reach loopback, too."""
    return secrets.token_hex(32)


def _imported(alone: bool) -> Any:
    with environment(_SILENT | (_ALONE if alone else {})):
        return importlib.import_module("ray")


def check_installed() -> None:
    """InputError, in a sentence, where Ray is not there; it is not imported, which takes a second."""
    if importlib.util.find_spec("ray") is None:
        raise InputError(
            "launch=ray needs the package ray, which is not installed: pip install 'gan-membership-harness[ray]'."
        )


@contextmanager
def _own_signals() -> Iterator[None]:
    """What SIGTERM does stays ours; Ray takes it as it begins, and would exit with another code."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    except SystemExit:
        signal.signal(signal.SIGTERM, before)
        signal.raise_signal(signal.SIGTERM)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _short_folder() -> str:
    """A new folder for this user's eyes only, with a path that leaves room for the names of Ray's sockets."""
    usual = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="ray-", dir=usual if len(usual) <= _LONGEST_FOLDER - 12 else "/tmp")  # noqa: S108


def _check_somebody_listens(address: str) -> None:
    """OSError where nobody does; `auto` is looked for by Ray."""
    host, _, port = address.rpartition(":")
    if host:
        socket.create_connection((host.strip("[]"), int(port)), _LISTENS_SEC).close()


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
