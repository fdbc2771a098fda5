"""What the evaluation of a run answered, kept in the store: the same run again computes none of it."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from itertools import accumulate, compress
from pathlib import Path
from typing import Any

from harness.bounded import read_json
from harness.config.settings import NO_RESULT, Settings
from harness.errors import HarnessWarning, InputError
from harness.evaluation.remembered import remembering
from harness.source_digest import source_digest, source_is_as_begun
from harness.store import ANSWERS, Store, content_key
from harness.writing import replace_file

_MOST_BYTES = 256_000_000  # of all files together, and so of one
_LIBRARIES = ("numpy", "scipy", "scikit-learn")


@contextmanager
def answers_kept(settings: Settings, store: Store) -> Iterator[None]:
    """Within it, the evaluation looks up what a run of these settings, this source and these libraries asked before.

    Every answer is to a question with all that it hangs on, so a file of another run could not mislead, only be of no
    use. With `store.verify` everything is computed. Where nothing can be written the next run computes again, and
    where source was edited while this one ran. Files that nobody used for longest go first beyond 256 MB of all.
    """
    what = {name: value for name, value in settings.echo.items() if name not in NO_RESULT}
    key = content_key(source=source_digest(), versions={name: version(name) for name in _LIBRARIES}, options=what)
    path = store.folder(ANSWERS, f"{key}.json")
    store.note(ANSWERS, path.name)
    known = {} if store.verify or path.parent.is_symlink() else _read(path)
    with remembering(known) as answers:
        yield
    with suppress(OSError, InputError):
        if answers.asked == known:
            os.utime(path)
        elif source_is_as_begun():
            _write(store, path, answers.asked)


def _write(store: Store, path: Path, asked: Mapping[str, Any]) -> None:
    told = json.dumps(kept(asked))  # ASCII
    if len(told) > _MOST_BYTES:
        return
    replace_file(store.private_folder(ANSWERS) / path.name, told, private=True)
    files = {one: one.lstat() for one in path.parent.glob("*.json")}
    by_use = sorted(files, key=lambda one: files[one].st_mtime_ns, reverse=True)
    sizes = accumulate(files[one].st_size for one in by_use)
    for one in compress(by_use, (size > _MOST_BYTES for size in sizes)):
        one.unlink(missing_ok=True)


def _read(path: Path) -> Mapping[str, Any]:
    """The answers in a file; none where there is none, or, with a warning, where it is not as it was written."""
    answers = whole_answers(path)
    if answers is None and os.path.lexists(path):
        text = f"Store: {ANSWERS}/{path.name} is damaged; what it answered is computed again."
        warnings.warn(HarnessWarning(text), stacklevel=4)
    return answers or {}


def whole_answers(path: Path) -> Mapping[str, Any] | None:
    """The answers in a file; None where it is not as it was written, or not there."""
    try:
        match read_json(path, _MOST_BYTES, "The answers", links=False):
            case {"sha256": str(digest), "answers": dict(answers)} if digest == _digest(answers):
                return answers
    except InputError:
        pass
    return None


def kept(answers: Mapping[str, Any]) -> dict[str, Any]:
    """What a file of answers holds, as `whole_answers` takes it."""
    return {"sha256": _digest(answers), "answers": answers}


def _digest(answers: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()
