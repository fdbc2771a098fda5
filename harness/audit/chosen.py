"""The settings of an audit, checked before the work: the same for its command and for `harness.library`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.audit.case import AuditSettings
from harness.audit.defaults import ATTACKS, CHECK, DISTANCE, DISTANCES, FALSE_COPIES
from harness.audit.features import extractor
from harness.audit.folders import Material
from harness.audit.leakage import chosen_attacks
from harness.errors import InputError, unknown_name


def chosen_settings(
    material: Material,
    *,
    attacks: Sequence[str] = ATTACKS,
    distance: str = DISTANCE,
    check: str = CHECK,
    encoder: Path | None = None,
    false_copies: float = FALSE_COPIES,
    seed: int = 0,
    moves: bool = True,
    pictures: bool = False,
) -> AuditSettings:
    """The settings for this material, each as `AuditSettings` has it.

    Raises InputError for an attack or a distance that is unknown or cannot run there, and a file that is no encoder.
    """
    for name in (distance, check):
        if name not in DISTANCES:
            raise InputError(unknown_name("distance", name, DISTANCES))
    chosen = chosen_attacks(attacks, material.release.size, len(material.release))
    if encoder is not None:
        extractor(encoder, material.holdout.pixels)  # a file that is no encoder is told before the work
    return AuditSettings(distance, check, chosen, encoder, false_copies, seed, moves, pictures)
