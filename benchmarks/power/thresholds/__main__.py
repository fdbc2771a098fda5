"""`python -m benchmarks.power.thresholds`."""

import sys

from benchmarks.command import run_one
from benchmarks.power.thresholds import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
