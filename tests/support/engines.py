"""Tests on clusters that cannot run: skipped with the reason where somebody tries them, failed with it in CI
(`HARNESS_ENGINES=required`).

Who skips a test of the mark `cluster` says that an engine is missing: Ray, submitit, SLURM's programs, S3's server. A
test that means nothing for one of them is not collected for it (`launching.ways`), and so is never skipped.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import NoReturn

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, object, object]:
    """What pytest calls with how a step of a test ended."""
    ended = None if call.excinfo is None else call.excinfo.value
    if isinstance(ended, pytest.skip.Exception) and _required() and marked(item):
        try:
            pytest.fail(f"it cannot run, and HARNESS_ENGINES=required: {ended.msg}", pytrace=False)
        except pytest.fail.Exception:
            call.excinfo = pytest.ExceptionInfo.from_current()
    return (yield)


def lacking(why: str) -> NoReturn:
    """In a fixture of an engine that is not here, for tests without the mark: a skip, or a failure where CI runs."""
    if _required():
        pytest.fail(f"it cannot run, and HARNESS_ENGINES=required: {why}", pytrace=False)
    pytest.skip(why)


def _required() -> bool:
    return os.environ.get("HARNESS_ENGINES") == "required"


def marked(item: pytest.Item) -> bool:
    """Whether the test wants a cluster."""
    return item.get_closest_marker("cluster") is not None
