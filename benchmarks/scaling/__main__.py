"""`python -m benchmarks.scaling`: two workers, and the cluster, or those of `--only NAME`."""

import sys

from benchmarks.command import run_kind

if __name__ == "__main__":
    sys.exit(run_kind("scaling"))
