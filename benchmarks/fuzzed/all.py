"""Every parser that is fuzzed, by the module that it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from benchmarks.fuzzed.parser import Parser

GROUPS = ("pictures", "tables", "scans", "runs", "artefacts", "data_sets")


def parsers_of(group: str) -> Mapping[str, Parser]:
    """Those of one module, which alone is imported: others need other libraries."""
    return {one.name: one for one in import_module(f"benchmarks.fuzzed.{group}").PARSERS}


def all_parsers() -> Mapping[str, tuple[str, Parser]]:
    """Every parser by its name, with its group."""
    return {name: (group, one) for group in GROUPS for name, one in parsers_of(group).items()}
