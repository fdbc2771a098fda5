"""Finds the benchmarks: every module of the folder of a kind, such as benchmarks/speed, holds one, as `BENCHMARK`."""

from __future__ import annotations

import importlib
import pkgutil

from benchmarks.benchmark import KINDS, Benchmark, Kind


def find_benchmarks(kind: Kind) -> dict[str, Benchmark]:
    """Those of a kind by name, in the order of names; TypeError, a sentence, for a module without one."""
    package = importlib.import_module(f"benchmarks.{kind}")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name != "__main__")
    return {name: _registered(kind, name) for name in names}


def all_benchmarks() -> list[Benchmark]:
    """All of them, kind by kind."""
    return [one for kind in KINDS for one in find_benchmarks(kind).values()]


def _registered(kind: Kind, name: str) -> Benchmark:
    path = f"benchmarks.{kind}.{name}"
    found = getattr(importlib.import_module(path), "BENCHMARK", None)
    if not isinstance(found, Benchmark) or found.module != path:
        raise TypeError(f"The module {path} is no benchmark; give it BENCHMARK = Benchmark({kind!r}, {name!r}, ...).")
    return found
