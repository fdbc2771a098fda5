"""`python -m harness.store`: what lies in the store, what of it is damaged, what no run needs.

A door and nothing else, as `harness.data.__main__` is: what it opens is `harness.stock`, far above, and nothing
imports this file.
"""

from __future__ import annotations

import sys

from harness.stock.command import main

if __name__ == "__main__":
    sys.exit(main())
