"""Toy families, each with one slip that the conformance tests must find: `FINDERS` says by which test."""

from __future__ import annotations

from generator_slips import differing, files, options, release, shown, training
from generator_slips.base import FINDERS

__all__ = ["FINDERS", "differing", "files", "options", "release", "shown", "training"]
