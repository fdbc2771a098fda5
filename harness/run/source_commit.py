"""Which commit the code is of: git is asked in our own clone, about nothing else, and runs nothing of anybody's."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).resolve().parents[2]
_SECONDS = 20
# A repository's settings may name programs, which git would start for a question about its state.
_HARMLESS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.pager=cat", "--no-pager")


@cache
def commit() -> str | None:
    """The commit of the source tree, with `+` where it is changed; None outside a clone of this project."""
    return commit_of(_SOURCE)


def commit_of(top: Path) -> str | None:
    """The commit of the clone whose top level is `top`, with `+`; None where `top` is none, or git cannot tell.

    A package that is installed inside somebody's project has that project's repository around it, which is not asked.
    """
    git = shutil.which("git")
    if git is None or not (top / ".git").exists():
        return None
    try:
        if Path(_told(git, top, "rev-parse", "--show-toplevel")).resolve() != top.resolve():
            return None
        head = _told(git, top, "rev-parse", "--verify", "HEAD")
        changes = _told(git, top, "status", "--porcelain", "--ignore-submodules=all")
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+" if changes else "")


def _told(git: str, top: Path, *words: str) -> str:
    """What git prints; what a user's environment says of git is left away, but for his files (`safe.directory`)."""
    ours = {
        "GIT_OPTIONAL_LOCKS": "0",  # reading writes nothing
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CEILING_DIRECTORIES": str(top.resolve().parent),  # no repository further up
    }
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | ours
    done = subprocess.run(  # noqa: S603  # words of ours, git by its whole path
        [git, *_HARMLESS, *words],
        cwd=top,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=_SECONDS,
    )
    return done.stdout.strip()
