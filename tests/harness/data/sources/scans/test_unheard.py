"""What libraries say while they read a scan holds what stands in it, and is not heard."""

from __future__ import annotations

import logging
import warnings

import pytest

from harness.data.sources.scans.unheard import unheard


def speak(logger: str) -> None:
    """Warn and log as a library does."""
    warnings.warn("Meyer^Anna", UserWarning, stacklevel=1)
    logging.getLogger(logger).error("Meyer^Anna")


@pytest.mark.parametrize("logger", ["pydicom", "pylibjpeg", "openjpeg", "nibabel", "nibabel.global"])
@pytest.mark.parametrize("fails", [False, True])
def test_libraries_are_unheard_inside_and_heard_after(caplog, monkeypatch, logger, fails):
    monkeypatch.setattr(logging.getLogger("nibabel.global"), "propagate", True)
    monkeypatch.setattr(logging.getLogger(logger), "disabled", False)  # as one is that Hydra met before
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with unheard():
                speak(logger)
                if fails:
                    raise ValueError
        except ValueError:
            pass
        assert not caught
        assert not caplog.text
        speak(logger)
    assert [str(one.message) for one in caught] == ["Meyer^Anna"]
    assert "Meyer^Anna" in caplog.text
