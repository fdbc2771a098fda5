"""`python -m benchmarks.speed.official_size`."""

import sys

from benchmarks.command import run_one
from benchmarks.speed.official_size import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
