"""The benchmark harness: everything that moves data. `harness.pipeline` reads as the method."""

import time

STARTED_NS = time.time_ns()
"""Before any other file of this project was imported: see `harness.source_digest`."""
