"""`python -m benchmarks.speed.families`."""

import sys

from benchmarks.command import run_one
from benchmarks.speed.families import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
