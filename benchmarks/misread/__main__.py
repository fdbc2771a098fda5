"""`python -m benchmarks.misread`: all classes of odd inputs, or those of `--only NAME`."""

import sys

from benchmarks.command import run_kind
from benchmarks.odd_inputs.kinds import total

if __name__ == "__main__":
    sys.exit(run_kind("misread", total=total))
