"""`python -m benchmarks.faults`: all faults, or those of `--only NAME`, and the count of all."""

import sys

from benchmarks.command import run_kind
from benchmarks.faulted.counts import total

if __name__ == "__main__":
    sys.exit(run_kind("faults", total=total))
