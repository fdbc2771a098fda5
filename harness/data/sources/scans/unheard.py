"""Libraries that read medical files warn, log and raise with what headers hold: none of that is heard outside."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

from harness.errors import InputError

_LOGGERS = ("pydicom", "pylibjpeg", "openjpeg", "nibabel", "nibabel.global")


@contextmanager
def unheard() -> Iterator[None]:
    """Neither warnings nor logs inside; not for remarks of our own, which are given after it."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [one.disabled for one in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for one in loggers:
                one.disabled = True
            yield
        finally:
            for one, disabled in zip(loggers, before, strict=True):
                one.disabled = disabled


def library(name: str, source: str) -> ModuleType:
    """An optional package, imported; a sentence where it is not there."""
    try:
        return import_module(name)
    except ImportError as error:
        raise InputError(
            f'data={source} needs the package {name}; install it with the extra `medical`: pip install ".[medical]".'
        ) from error
