"""What a process that does jobs finds in its environment, wherever it runs, from its first instruction."""

from __future__ import annotations

from collections.abc import Mapping

from harness.jobs.one_thread import ONE_THREAD

# What one step of a training frees, the C library of Linux gives back, and the next step gets it anew, zeroed page by
# page: thousands of faults a step. Up to 256 MiB a process are kept instead.
_KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**28)}

WORKERS_ENVIRONMENT: Mapping[str, str] = {**ONE_THREAD, **_KEPT_MEMORY, "PYTHONSAFEPATH": "1"}
"""One thread for BLAS, OpenMP and torch, read when those libraries load; where Python is started with -c, it imports
nothing of the current folder."""
