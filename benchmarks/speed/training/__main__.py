"""`python -m benchmarks.speed.training`."""

import sys

from benchmarks.command import run_one
from benchmarks.speed.training import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
