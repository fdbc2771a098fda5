"""One made-up patient: the measures of a chest and the branching tubes in its lungs, in three dimensions.

Patient frame, millimetres: x to the right of the image, y towards the back, z towards the feet with 0 at the
apex of the lungs. The ranges were set by eye and by nearest-neighbour distances, next to real scans: what
matters is that patients differ as much as real ones do.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LUNG_HEIGHT_MM = 220.0
LUNG_HU = -860.0

Floats = NDArray[np.float64]


class Capsules(NamedTuple):
    """Tubes with round ends, and balls where both ends meet. mm and Hounsfield units (HU)."""

    start: Floats  # [k, 3]
    end: Floats  # [k, 3]
    radius: Floats  # [k]
    hu: Floats  # [k]


@dataclass(frozen=True)
class Anatomy:
    """What tells one patient from another. Lengths mm, angles rad, densities HU unless said otherwise."""

    # The scan: what the technician chose.
    field_mm: float
    shift_mm: tuple[float, float]
    tilt: float
    window_centre: float
    window_width: float
    noise_hu: float
    first_level: float  # fraction of the lung height at which the first slice lies
    spacing_mm: float  # signed: slices run towards the middle of the lung
    table_mm: float | None  # distance of the table's top below the back; None: cut off by the field
    table_bend: float
    foot: bool
    round_field: bool
    # The body.
    chest: tuple[float, float]  # half width and half depth of the rib cage
    chest_power: float  # 2 = ellipse, larger = boxier
    wall: tuple[float, float, float]  # thickness of the wall: sides, front, back
    fat: float  # fraction of the wall
    bumps: float  # breasts or pectoral muscles
    shoulder: float
    body_waves: Floats  # [2, 4] cosine and sine part of harmonics 2..5, fractions of the radius
    chest_waves: Floats  # [2, 4]
    # Between the lungs.
    midline: float
    mediastinum: float
    heart: tuple[float, float, float]  # centre
    heart_axes: tuple[float, float, float]
    heart_turn: float
    aorta: float
    trachea: float
    carina: float  # level of the fork
    spine: tuple[float, float]  # place of the vertebral body
    vertebra: float
    # In the lungs.
    lung_hu: float
    dependent_hu: float  # rise of the density from front to back
    dome: tuple[float, float]  # level at which the right and the left diaphragm begin
    effusion: tuple[float, float]  # depth of fluid at the back, right and left
    shrunk: tuple[float, float]  # how far each lung stays off the midline
    rib_phase: float
    tubes: Capsules  # vessels, nodules, lesions
    airways: Capsules  # lumens; the walls are drawn around them

    @property
    def first_height_mm(self) -> float:
        """Height of the first slice, z."""
        return self.first_level * LUNG_HEIGHT_MM


def draw_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw one patient; nothing but `rng` decides."""
    width = rng.uniform(100, 138)
    chest = (width, width * rng.uniform(0.58, 0.8))
    thick = rng.uniform(0, 1)
    sides, front = 14 + 22 * thick * rng.uniform(0.6, 1.2), 9 + 17 * thick * rng.uniform(0.5, 1.3)
    wall = (sides, front, rng.uniform(14, 34))
    shoulder = rng.uniform(0.1, 0.36)
    half_width = chest[0] + wall[0]
    first_level = rng.uniform(0.13, 0.85)
    spacing = rng.uniform(1.5, 4.0)
    sick = rng.random() < 0.5
    heart_axes = (rng.uniform(38, 64), rng.uniform(32, 52), rng.uniform(45, 70))
    return Anatomy(
        field_mm=2 * half_width * (1 + 0.6 * shoulder * (first_level < 0.45)) * rng.uniform(1.06, 1.26),
        shift_mm=(rng.normal(0, 6), rng.normal(-10, 7)),
        tilt=rng.normal(0, 0.05),
        window_centre=rng.normal(-500, 25),
        window_width=rng.uniform(1400, 1600),
        noise_hu=rng.uniform(8, 22),
        first_level=first_level,
        spacing_mm=spacing if first_level < 0.5 else -spacing,
        table_mm=rng.uniform(2, 14) if rng.random() < 0.85 else None,
        table_bend=rng.uniform(0.0006, 0.0018),
        foot=rng.random() < 0.4,
        round_field=rng.random() < 0.7,
        chest=chest,
        chest_power=rng.uniform(2.0, 2.7),
        wall=wall,
        fat=rng.uniform(0.15, 0.55),
        bumps=rng.uniform(2, 18),
        shoulder=shoulder,
        body_waves=rng.normal(0, 0.016, (2, 4)),
        chest_waves=rng.normal(0, 0.02, (2, 4)),
        midline=rng.normal(0, 7),
        mediastinum=rng.uniform(5, 16),
        heart=(rng.normal(18, 10), rng.normal(-18, 8), LUNG_HEIGHT_MM * rng.uniform(0.66, 0.84)),
        heart_axes=heart_axes,
        heart_turn=rng.normal(0.5, 0.3),
        aorta=rng.uniform(10, 17),
        trachea=rng.uniform(7, 11),
        carina=rng.uniform(0.36, 0.48),
        spine=(rng.normal(0, 4), rng.uniform(0.6, 0.76) * chest[1]),
        vertebra=rng.uniform(15, 20),
        lung_hu=LUNG_HU + rng.normal(0, 35),
        dependent_hu=rng.uniform(20, 130),
        dome=(rng.uniform(0.74, 1.0), rng.uniform(0.8, 1.05)),
        effusion=_each_side(rng, 0.12, 10, 45),
        shrunk=_each_side(rng, 0.15, 8, 35),
        rib_phase=rng.uniform(0, 1),
        tubes=_join([_vessels(rng, side) for side in (-1, 1)] + [_lesions(rng, chest, first_level, sick)]),
        airways=_join([_airways(rng, side) for side in (-1, 1)]),
    )


def _each_side(rng: np.random.Generator, chance: float, low: float, high: float) -> tuple[float, float]:
    right, left = np.where(rng.random(2) < chance, rng.uniform(low, high, 2), 0.0)
    return float(right), float(left)


def _join(parts: list[Capsules]) -> Capsules:
    return Capsules(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _tree(rng: np.random.Generator, side: int, roots: int, depth: int, radius: float) -> Capsules:
    """A tree from the hilum; at each fork the radius falls about as Murray's law has it, by 2^(-1/3)."""
    start = np.tile([side * 30.0, 2.0, LUNG_HEIGHT_MM * 0.5], (roots, 1)) + rng.normal(0, 6, (roots, 3))
    way = rng.normal(0, 1, (roots, 3)) * (0.8, 0.9, 1.5)
    way[:, 0] = side * np.abs(way[:, 0])
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    parts = []
    for generation in range(depth):
        length = 24 * 0.85**generation * rng.uniform(0.7, 1.3, (len(start), 1))
        end = start + way * length
        thickness = radius * 0.77**generation * rng.uniform(0.8, 1.2, len(start))
        parts.append(Capsules(start, end, thickness, np.full(len(start), 40.0)))
        start = np.repeat(end, 2, axis=0)
        way = np.repeat(way, 2, axis=0) + rng.normal(0, 0.45, (len(start), 3)) + [side * 0.08, 0, 0]
        way /= np.linalg.norm(way, axis=1, keepdims=True)
    return _join(parts)


def _vessels(rng: np.random.Generator, side: int) -> Capsules:
    return _tree(rng, side, roots=int(rng.integers(18, 26)), depth=7, radius=rng.uniform(2.6, 3.8))


def _airways(rng: np.random.Generator, side: int) -> Capsules:
    lumens = _tree(rng, side, roots=5, depth=3, radius=rng.uniform(1.8, 2.6))
    return lumens._replace(hu=np.full(len(lumens.hu), -950.0))


def _lesions(rng: np.random.Generator, chest: tuple[float, float], level: float, sick: bool) -> Capsules:
    """Nodules and, in the sick, clouds of small ones that run together into consolidations."""
    centres, radii = [np.empty((0, 3))], [np.empty(0)]
    for _ in range(int(rng.poisson(1.0)) + int(sick)):
        cloud = sick and rng.random() < 0.6
        x = rng.choice([-1, 1]) * rng.uniform(0.35, 0.85) * chest[0]
        place = np.array([x, rng.uniform(-0.5, 0.6) * chest[1], LUNG_HEIGHT_MM * level + rng.normal(0, 22)])
        count = int(rng.integers(20, 90)) if cloud else 1
        spread = rng.uniform(5, 18) if cloud else 0.0
        centres.append(place + rng.normal(0, 1, (count, 3)) * spread)
        radii.append(rng.uniform(1.5, 5.5, count) if cloud else rng.uniform(4, 14, count))
    where, radius = np.concatenate(centres), np.concatenate(radii)
    return Capsules(where, where, radius, rng.uniform(-150, 60, len(radius)))
