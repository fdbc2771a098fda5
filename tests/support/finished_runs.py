"""A finished run's folder, copied and changed in ways that its manifest vouches for."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import yaml


def copied(run: Path, to: Path) -> Path:
    return Path(shutil.copytree(run, to))


def signed(run: Path) -> Path:
    """The manifest with the digests of the files as they are now, as somebody else could write it."""
    manifest = json.loads((run / "manifest.json").read_text())
    for name in manifest["files"]:
        if (run / name).exists():
            manifest["files"][name] = hashlib.sha256((run / name).read_bytes()).hexdigest()
    (run / "manifest.json").write_text(json.dumps(manifest))
    return run


def with_fact(run: Path, name: str, value: object) -> Path:
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, name: value}))
    return run


def with_option(run: Path, name: str, value: object) -> Path:
    """`config.yaml` with another value for a dotted name."""
    options = yaml.safe_load((run / "config.yaml").read_text())
    *above, last = name.split(".")
    inner = options
    for part in above:
        inner = inner.setdefault(part, {})
    inner[last] = value
    (run / "config.yaml").write_text(yaml.safe_dump(options))
    return signed(run)


def with_text(run: Path, before: str, after: str) -> Path:
    """`config.yaml` with another text in it, whatever that means."""
    text = (run / "config.yaml").read_text()
    assert before in text
    (run / "config.yaml").write_text(text.replace(before, after, 1))
    return signed(run)
