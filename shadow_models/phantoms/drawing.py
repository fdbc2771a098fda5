"""The drawing tools of the made-up patient: where pixels lie, outlines as distances, edges without steps.

An outline is a distance in millimetres, positive inside; `cover` turns one into the share of each pixel it
covers, so edges are smooth at every size. Images are float32 [canvas, canvas].
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shadow_models.phantoms.anatomy import Anatomy, Capsules, Floats

Image = NDArray[np.float32]
Profile = NDArray[np.float32]  # a length for each of ANGLES directions

ANGLES = 2048
THETA = (np.arange(ANGLES) + 0.5) * (2 * np.pi / ANGLES) - np.pi  # 0 is the patient's left, pi / 2 the back


class Grid(NamedTuple):
    """Where each pixel lies in the patient: mm, and the index of its direction in a profile."""

    x: Image
    y: Image
    radius: Image
    angle: NDArray[np.intp]
    pixel_mm: float
    tilt: float
    shift_mm: tuple[float, float]

    def to_pixels(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Column and row, in pixels, of a place in the patient, mm."""
        cos, sin, middle = np.cos(self.tilt), np.sin(self.tilt), len(self.x) / 2 - 0.5
        column = (x * cos - y * sin + self.shift_mm[0]) / self.pixel_mm + middle
        return column, (x * sin + y * cos + self.shift_mm[1]) / self.pixel_mm + middle


def make_grid(patient: Anatomy, canvas: int) -> Grid:
    """The pixels of a `canvas` x `canvas` image seen from the patient, who lies shifted and tilted."""
    pixel_mm = patient.field_mm / canvas
    axis = ((np.arange(canvas) + 0.5) * pixel_mm - patient.field_mm / 2).astype(np.float32)
    right, down = np.float32(patient.shift_mm[0]), np.float32(patient.shift_mm[1])
    cos, sin = np.float32(np.cos(patient.tilt)), np.float32(np.sin(patient.tilt))
    x = (axis[None, :] - right) * cos + (axis[:, None] - down) * sin
    y = (axis[:, None] - down) * cos - (axis[None, :] - right) * sin
    turn = np.arctan2(y, x) * np.float32(ANGLES / (2 * np.pi)) + np.float32(ANGLES / 2)
    return Grid(x, y, np.hypot(x, y), turn.astype(np.intp) % ANGLES, pixel_mm, patient.tilt, patient.shift_mm)


def superellipse(half_width: float, half_depth: float, power: float, waves: Floats) -> Profile:
    """Radius at each angle of a superellipse with a few harmonics on it."""
    orders = np.arange(2, 2 + waves.shape[1])[:, None]
    wave = waves[0] @ np.cos(orders * THETA) + waves[1] @ np.sin(orders * THETA)
    box = np.abs(np.cos(THETA) / half_width) ** power + np.abs(np.sin(THETA) / half_depth) ** power
    radius: Profile = (box ** (-1 / power) * (1 + wave)).astype(np.float32)
    return radius


def bump(centre: float, width: float) -> Profile:
    """A rise of 1 at one direction, `width` rad wide, for swellings and dents."""
    gap = np.angle(np.exp(1j * (THETA - centre)))
    rise: Profile = np.exp(-0.5 * (gap / width) ** 2).astype(np.float32)
    return rise


class Oval(NamedTuple):
    """An ellipse in the patient: mm, and the angle it is turned by, rad."""

    x: float
    y: float
    half_width: float
    half_depth: float
    turn: float = 0.0


def ellipse(grid: Grid, oval: Oval) -> Image:
    """Distance inside an ellipse, right to first order near its edge."""
    cos, sin = np.float32(np.cos(oval.turn)), np.float32(np.sin(oval.turn))
    half_width, half_depth = np.float32(oval.half_width), np.float32(oval.half_depth)
    across, down = grid.x - np.float32(oval.x), grid.y - np.float32(oval.y)
    u = (across * cos + down * sin) / half_width
    v = (down * cos - across * sin) / half_depth
    reach = np.hypot(u, v)
    slope = np.hypot(u / half_width, v / half_depth)
    inside: Image = reach * (1 - reach) / np.maximum(slope, np.float32(1e-6))
    return inside


def both(first: Image, second: Image, rounding_mm: float) -> Image:
    """Distance inside two outlines at once, the corner between them rounded."""
    share = np.clip(0.5 + (second - first) * np.float32(0.5 / rounding_mm), 0, 1)
    inside: Image = second + (first - second) * share - np.float32(rounding_mm) * share * (1 - share)
    return inside


def cover(inside: Image, grid: Grid) -> Image:
    """Share of each pixel that lies inside, 0 to 1."""
    share: Image = np.clip(inside * np.float32(1 / grid.pixel_mm) + np.float32(0.5), 0, 1)
    return share


def paint(hu: Image, share: Image, value: float) -> None:
    """Blend one density into `hu`, in place."""
    hu += share * (np.float32(value) - hu)


def paint_ellipse(hu: Image, grid: Grid, value: float, oval: Oval) -> None:
    """Blend the density of a small ellipse into `hu`, in place, touching only the pixels near it."""
    column, row = grid.to_pixels(oval.x, oval.y)
    reach = max(oval.half_width, oval.half_depth) / grid.pixel_mm + 1.5
    rows = slice(max(int(row - reach), 0), max(int(row + reach) + 2, 0))
    columns = slice(max(int(column - reach), 0), max(int(column + reach) + 2, 0))
    near = grid._replace(x=grid.x[rows, columns], y=grid.y[rows, columns])
    paint(hu[rows, columns], cover(ellipse(near, oval), near), value)


def draw_capsules(hu: Image, grid: Grid, tubes: Capsules, z_mm: float) -> None:
    """Draw into `hu`, in place, the cut of every tube that reaches the height `z_mm`."""
    start, end, radius = tubes.start, tubes.end, tubes.radius
    from_middle = np.abs((start[:, 2] + end[:, 2]) / 2 - z_mm)
    near = from_middle < np.abs(start[:, 2] - end[:, 2]) / 2 + radius
    first, last = (
        np.column_stack([*grid.to_pixels(points[:, 0], points[:, 1]), (points[:, 2] - z_mm) / grid.pixel_mm])
        for points in (start[near], end[near])
    )
    for a, b, r, value in zip(first, last, radius[near] / grid.pixel_mm, tubes.hu[near], strict=True):
        _draw_one(hu, a, b - a, float(r), float(value))


def _draw_one(hu: Image, start: Floats, way: Floats, radius: float, value: float) -> None:
    """Start, way and radius in pixels; `start` is column, row and height above the cut."""
    x, y, z = start.tolist()
    dx, dy, dz = way.tolist()
    # Only the part of the tube within a radius of the cut can show; the box around that part is small.
    begin, end = 0.0, 1.0
    if abs(dz) > 1e-9:
        low, high = sorted(((-radius - 1 - z) / dz, (radius + 1 - z) / dz))
        begin, end = min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)
    across, down = (x + begin * dx, x + end * dx), (y + begin * dy, y + end * dy)
    left, right = max(int(min(across) - radius - 1), 0), min(int(max(across) + radius + 3), len(hu))
    top, bottom = max(int(min(down) - radius - 1), 0), min(int(max(down) + radius + 3), len(hu))
    if left >= right or top >= bottom:
        return
    u = np.arange(left, right, dtype=np.float32) - x
    v = np.arange(top, bottom, dtype=np.float32)[:, None] - y
    length = dx * dx + dy * dy + dz * dz
    if length:
        along = np.minimum(np.maximum((u * dx + v * dy - z * dz) / length, 0), 1)
        gap = np.sqrt((u - along * dx) ** 2 + (v - along * dy) ** 2 + (z + along * dz) ** 2)
    else:
        gap = np.sqrt(u**2 + v**2 + z**2)
    share = np.minimum(np.maximum(radius + 0.5 - gap, 0), 1)
    patch = hu[top:bottom, left:right]
    patch += share * (value - patch)
