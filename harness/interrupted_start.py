"""Ctrl-C while a command still imports what it needs, half a second in which an exception would be a traceback.

It imports nothing of this project, for it is there before everything else.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from types import FrameType

_CODE = 130  # as `harness.cli` has it
_OURS = re.compile(r"(harness|benchmarks)(\.\w+)*|(.*/)?harness-[\w-]+")


def stand_in() -> None:
    """Until `stand_back`, Ctrl-C ends a command of this project with a sentence; elsewhere nothing is touched.

    Nothing is, either, where Ctrl-C is not heard, as of a command in a shell's background.
    """
    program = next((word for word in sys.orig_argv[1:] if not word.startswith("-")), "")
    if _OURS.fullmatch(program) and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def stand_back() -> None:
    """From here on Ctrl-C is a KeyboardInterrupt."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"Interrupted. Nothing was begun.\n")
    os._exit(_CODE)
