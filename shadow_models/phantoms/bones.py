"""The bones of the made-up patient: ribs, breast bone, shoulder blades and a vertebra."""

from typing import NamedTuple

import numpy as np

from shadow_models.phantoms.anatomy import LUNG_HEIGHT_MM, Anatomy
from shadow_models.phantoms.drawing import THETA, Grid, Image, Oval, Profile, cover, paint, paint_ellipse

_CORTEX_HU, _MARROW_HU, _CANAL_HU = 480.0, 170.0, 30.0
_CORTEX_MM, _RIB_EVERY_MM = 1.5, 27.0


class Cut(NamedTuple):
    """A height, as a fraction of the lung's, and the radius of chest and skin there in each direction, mm."""

    level: float
    chest: Profile
    skin: Profile


def paint_bones(hu: Image, patient: Anatomy, grid: Grid, cut: Cut) -> None:
    """Paint all bones of one cut into `hu`, in place."""
    ribs = _ribs(patient, grid, cut)
    paint(hu, cover(ribs, grid), _CORTEX_HU)
    paint(hu, cover(ribs - np.float32(_CORTEX_MM), grid), _MARROW_HU)
    front = -float(cut.chest[np.abs(THETA + np.pi / 2).argmin()])
    half_width = 15 + 14 * float(np.clip((0.4 - cut.level) / 0.3, 0, 1))
    _bone(hu, grid, Oval(0, front - 5, half_width, 5.5))
    if cut.level < 0.55:
        _shoulder_blades(hu, grid, cut)
    _vertebra(hu, patient, grid, cut.level)


def _bone(hu: Image, grid: Grid, oval: Oval) -> None:
    marrow = oval._replace(half_width=oval.half_width - _CORTEX_MM, half_depth=oval.half_depth - _CORTEX_MM)
    paint_ellipse(hu, grid, _CORTEX_HU, oval)
    paint_ellipse(hu, grid, _MARROW_HU, marrow)


def _ribs(patient: Anatomy, grid: Grid, cut: Cut) -> Image:
    """Ribs run down and forward: one cut meets each in a short arc, and the arcs wander with the height."""
    from_back = np.abs(np.angle(np.exp(1j * (THETA - np.pi / 2))))
    side = np.where(np.abs(THETA) < np.pi / 2, 0.0, 0.15)
    turn = (from_back / 0.62 + patient.rib_phase + side - cut.level * LUNG_HEIGHT_MM / _RIB_EVERY_MM) % 1
    thick = 4.6 * np.sqrt(np.clip(1 - ((turn - 0.5) / 0.34) ** 2, 0, 1)) - 0.6
    thick = np.where((from_back > 0.3) & (from_back < 2.6), thick, -9.0).astype(np.float32)
    return thick[grid.angle] - np.abs(grid.radius - (cut.chest + np.float32(4.5))[grid.angle])


def _shoulder_blades(hu: Image, grid: Grid, cut: Cut) -> None:
    for side in (-1, 1):
        theta = 0.62 if side > 0 else np.pi - 0.62
        at = int(np.abs(THETA - theta).argmin())
        room = float(cut.skin[at] - cut.chest[at])
        if room > 22:
            reach = float(cut.chest[at]) + 11 + 0.3 * (room - 22)
            x, y = reach * np.cos(theta), reach * np.sin(theta)
            _bone(hu, grid, Oval(x, y, 34 * (1.1 - cut.level), 3.4, -side * 0.75))
            _bone(hu, grid, Oval(x + side * 9, y + 4, 3.2, 14 * (1.1 - cut.level), -side * 0.75))


def _vertebra(hu: Image, patient: Anatomy, grid: Grid, level: float) -> None:
    x, y = patient.spine
    size = patient.vertebra
    back = y + size * 1.55
    swing = float(np.sin(2 * np.pi * level * LUNG_HEIGHT_MM / 25 + 6 * patient.rib_phase))
    for side in (-1, 1):
        _bone(hu, grid, Oval(x + side * size * 1.25, back, size * (0.75 + 0.2 * swing), 4, -side * 0.45))
    _bone(hu, grid, Oval(x, back, size * 0.8, size * 0.62))
    _bone(hu, grid, Oval(x, back + size * 0.85, 2.8, size * (0.6 + 0.2 * swing)))
    _bone(hu, grid, Oval(x, y, size, size * 0.82))
    paint_ellipse(hu, grid, _CANAL_HU, Oval(x, y + size * 1.2, 7.5, 6.5))
