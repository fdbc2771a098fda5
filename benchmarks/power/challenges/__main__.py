"""`python -m benchmarks.power.challenges`."""

import sys

from benchmarks.command import run_one
from benchmarks.power.challenges import BENCHMARK

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
