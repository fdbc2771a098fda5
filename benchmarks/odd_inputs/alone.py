"""`python -m benchmarks.odd_inputs.alone QUESTION FOLDER`: one question, in a process whose memory is limited."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from benchmarks.odd_inputs.questions import QUESTIONS
from benchmarks.odd_inputs.trial import ALONE_LIMIT_SEC, asked

_MOST_GIB = 8  # beyond this the machine itself would suffer


def main(ask: str, root: str) -> None:
    """Print a line of JSON: how it ended, and how much the peak of memory rose."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_GIB * 2**30, _MOST_GIB * 2**30))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ended = asked(QUESTIONS[ask], Path(root), ALONE_LIMIT_SEC)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    told = {"answer": ended.answer, "refusal": ended.refusal, "crash": ended.crash, "notes": ended.notes, "mib": peak}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
