"""`python -m benchmarks.speed`: all benchmarks of speed, or those of `--only NAME`."""

import sys

from benchmarks.command import run_kind

if __name__ == "__main__":
    sys.exit(run_kind("speed"))
