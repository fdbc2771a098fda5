"""Attacks of other packages: their entry points, and the names that no attack may have."""

from __future__ import annotations

from collections.abc import Container
from importlib.metadata import EntryPoint, entry_points

from shadow_models.plug_ins import Kind, failure

__all__ = ["GROUP", "RESERVED", "check_name", "failure", "offered"]

GROUP = "harness.attacks"
RESERVED = ("all", "release", "references", "model")  # each stands for several attacks in attack=NAME
_KIND = Kind(GROUP, "An attack", "attacks", RESERVED)
check_name = _KIND.check_name


def offered(taken: Container[str]) -> tuple[dict[str, EntryPoint], dict[str, str]]:
    """What is installed, by name, and why some of it is not taken (`Kind.offered`)."""
    return _KIND.offered(entry_points(group=GROUP), taken)
