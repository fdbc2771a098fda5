"""`python -m benchmarks.speed.growth`."""

import sys

from benchmarks.command import run_one
from benchmarks.speed.growth import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
