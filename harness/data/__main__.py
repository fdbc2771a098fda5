"""`python -m harness.data look`: what was found in the data, before anything is trained.

A door and nothing else: what it opens is `harness.look`, far above. Nothing imports this file, so nothing in the room
`data` leans on what is above it; `pyproject.toml` names it as the one exception to the arrow rule.
"""

from __future__ import annotations

import sys

from harness.look.command import main

if __name__ == "__main__":
    sys.exit(main())
