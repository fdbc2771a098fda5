"""A hash of the source that decides a result: a class's own module and all it imports of its package and ours."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import shadow_models
from harness.store import digest_of

_OURS = "attacks"
_NO_NETWORKS = ("base", "conformance", "phantoms")


@cache
def code_digest(module: str) -> str:
    """The hash for a module's name: an edited attack, or an edited helper of it, is another attack.

    Followed are imports from the package `attacks` and from the module's own top package, so that editing one
    attack leaves the others' results alone, and a plug-in's helper modules count, too.
    """
    return digest_of(_sources(module))


@cache
def network_digest() -> str:
    """The hash of what turns a generator's weights into answers: a generator's key names recipe and members only.

    Our families and their networks are part of it, each for all: which of them a key is of is not known here.
    """
    root = Path(shadow_models.__path__[0])
    return digest_of(path for path in root.rglob("*.py") if path.relative_to(root).parts[0] not in _NO_NETWORKS)


def _sources(module: str) -> set[Path]:
    packages = {_OURS, module.split(".", maxsplit=1)[0]}
    waiting, files = [module], {}
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if name in files or path is None:
            continue
        files[name] = path
        waiting += [one for one in _imports(path, name) if one.split(".")[0] in packages]
    return set(files.values())


def _source(module: str) -> Path | None:
    """The file of a module; None for a name that is no module (a class imported from one) or has no source."""
    loaded = sys.modules.get(module)
    origin = getattr(loaded, "__file__", None) if loaded is not None else _found(module)
    return Path(origin) if origin and origin.endswith(".py") else None


def _found(module: str) -> str | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError):
        return None
    return spec.origin if spec is not None else None


def _imports(path: Path, module: str) -> Iterator[str]:
    """Names that may be modules, of every import statement in the file."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
