"""`python -m benchmarks.power.world2023`."""

import sys

from benchmarks.command import run_one
from benchmarks.power.world2023 import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
