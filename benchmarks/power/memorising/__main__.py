"""`python -m benchmarks.power.memorising`."""

import sys

from benchmarks.command import run_one
from benchmarks.power.memorising import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
