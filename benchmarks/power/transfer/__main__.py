"""`python -m benchmarks.power.transfer`."""

import sys

from benchmarks.command import run_one
from benchmarks.power.transfer import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
