"""The benchmark harness: everything that moves data. `harness.pipeline` reads as the method.

Commands are `python -m harness.run`, `.audit` and so on. Functions for a program or a notebook are in one place, not
here, where their names are those of rooms: `from harness.library import attack, audit, evaluate`.
"""

import time

STARTED_NS = time.time_ns()
"""Before any other file of this project was imported: see `harness.source_digest`."""

from harness import interrupted_start  # noqa: E402  # before hundreds of files more

interrupted_start.stand_in()
