"""`python -m benchmarks.power.dial`."""

import sys

from benchmarks.command import run_one
from benchmarks.power.dial import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
