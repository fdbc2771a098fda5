"""`python -m benchmarks.speed.launching`."""

import sys

from benchmarks.command import run_one
from benchmarks.speed.launching import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
