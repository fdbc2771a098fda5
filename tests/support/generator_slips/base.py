"""How a slip is registered."""

from __future__ import annotations

from dataclasses import dataclass

from toy_generators import Memory, MemoryGenerator

from shadow_models.registry import register

FINDERS: dict[str, str] = {}


def slip(name: str, finder: str):
    """Register a family as `slip_NAME`, to be found by the test."""
    FINDERS[f"slip_{name}"] = finder
    return lambda cls: register(f"slip_{name}")(dataclass(frozen=True)(cls))


def made_by(generator: type[MemoryGenerator], of: type[Memory] = Memory):
    """A parent whose recipes make generators of another class."""

    class Parent(of):  # type: ignore[misc,valid-type]
        """A parent."""

        def generator(self, table):
            return generator(self, table)

    return dataclass(frozen=True)(Parent)
