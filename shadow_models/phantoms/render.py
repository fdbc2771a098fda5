"""Cut a made-up patient at one height and draw what a scanner shows, in Hounsfield units, then in grey."""

import numpy as np
from scipy import ndimage

from shadow_models.phantoms.anatomy import LUNG_HEIGHT_MM, Anatomy
from shadow_models.phantoms.bones import Cut, paint_bones
from shadow_models.phantoms.drawing import (
    THETA,
    Grid,
    Image,
    Oval,
    Profile,
    both,
    bump,
    cover,
    draw_capsules,
    ellipse,
    make_grid,
    paint,
    paint_ellipse,
    superellipse,
)

_AIR_HU, _FAT_HU, _MUSCLE_HU = -1000.0, -65.0, 45.0


def render_slice(patient: Anatomy, z_mm: float, canvas: int, rng: np.random.Generator) -> Image:
    """Grey values 0 to 255, float32 [canvas, canvas], of the slice at `z_mm`; `rng` makes the noise only."""
    grid = make_grid(patient, canvas)
    level = z_mm / LUNG_HEIGHT_MM
    chest = _chest_radius(patient, level)
    outline = _body_radius(patient, level, chest)
    hu = _scanner(patient, grid, outline)
    body = outline[grid.angle] - grid.radius
    paint(hu, cover(body, grid), _FAT_HU)
    uneven = (1 + 0.3 * np.cos(4 * THETA + 6 * patient.rib_phase)).astype(np.float32)
    fat = np.float32(patient.fat) * uneven * (outline - chest)
    paint(hu, cover(body - fat[grid.angle], grid), _MUSCLE_HU)
    lungs = _lungs(patient, grid, z_mm, chest)
    _paint_lungs(hu, patient, grid, z_mm, lungs)
    paint_bones(hu, patient, grid, Cut(level, chest, outline))
    _paint_trachea(hu, patient, grid, level)
    noise = ndimage.gaussian_filter(rng.standard_normal(hu.shape, dtype=np.float32), 0.6)
    hu += noise * np.float32(2.0 * patient.noise_hu)
    low = patient.window_centre - patient.window_width / 2
    grey: Image = np.clip((hu - np.float32(low)) * np.float32(255 / patient.window_width), 0, 255)
    return grey


def _chest_radius(patient: Anatomy, level: float) -> Profile:
    narrow = np.clip((0.5 - level) / 0.5, 0, 1) ** 1.6
    width, depth = patient.chest
    half_width, half_depth = width * (1 - 0.42 * narrow), depth * (1 - 0.3 * narrow)
    radius = superellipse(half_width, half_depth, patient.chest_power, patient.chest_waves)
    return radius - 7 * bump(np.pi / 2, 0.35)


def _body_radius(patient: Anatomy, level: float, chest: Profile) -> Profile:
    shoulder = 1 / (1 + np.exp((level - 0.3) / 0.07))
    side, front, back = patient.wall
    width, depth = patient.chest
    # The spinous process must not pierce the skin.
    back = max(back, patient.spine[1] + 3.2 * patient.vertebra + 6 - depth)
    radius = superellipse(
        (width + side) * (1 + patient.shoulder * shoulder),
        depth + (front + back) / 2,
        2.15,
        patient.body_waves,
    )
    bumps = patient.bumps * (bump(-np.pi / 2 - 0.6, 0.28) + bump(-np.pi / 2 + 0.6, 0.28))
    back_corners = (8 + 22 * shoulder) * (bump(0.5, 0.3) + bump(np.pi - 0.5, 0.3))
    backside = ((back - front) / 2 * np.sin(THETA)).astype(np.float32)
    skin: Profile = np.maximum(radius + bumps + back_corners + backside, chest + np.float32(9))
    return skin


def _scanner(patient: Anatomy, grid: Grid, outline: Profile) -> Image:
    """Air, the round field of the scanner and its table: they stay level however the patient lies."""
    canvas = len(grid.x)
    axis = ((np.arange(canvas) + 0.5) / canvas * 2 - 1).astype(np.float32)
    hu = np.full((canvas, canvas), _AIR_HU, np.float32)
    if patient.table_mm is not None:
        across = axis[None, :] * np.float32(patient.field_mm / 2)
        lowest = float((outline * np.sin(THETA)).max())
        top = lowest + patient.table_mm + patient.shift_mm[1]
        down = axis[:, None] * np.float32(patient.field_mm / 2)
        depth = down - np.float32(top) + np.float32(patient.table_bend) * across**2
        reach = 0.92 * patient.field_mm / 2
        for line, thickness in ((0.0, 2.0), (24.0, 2.0)):
            inside = thickness - np.abs(depth - line * (1 - (across / reach) ** 2))
            paint(hu, cover(np.minimum(inside, reach - np.abs(across)), grid), 100)
        if patient.foot:
            inside = np.minimum(7 - np.abs(depth - 31), 69 - np.abs(across) - depth)
            paint(hu, cover(inside, grid), 300)
    if patient.round_field:
        outside = (np.hypot(axis[None, :], axis[:, None]) - 1) * np.float32(patient.field_mm / 2)
        paint(hu, cover(outside, grid), _AIR_HU - 60)
    return hu


def _lungs(patient: Anatomy, grid: Grid, z_mm: float, chest: Profile) -> Image:
    """Distance inside the nearer lung: the chest less midline, heart, vessels, spine, diaphragm and fluid."""
    level = z_mm / LUNG_HEIGHT_MM
    upper = float(np.clip((0.45 - level) / 0.35, 0, 1))
    hilum = np.float32(20 - 4 * upper) * np.exp(-(((grid.y - 12) / np.float32(30)) ** 2))
    middle = np.float32(patient.mediastinum * (0.7 + 1.1 * upper)) + hilum
    inner = (chest - 4)[grid.angle] - grid.radius
    sides = []
    for index, side in enumerate((-1, 1)):
        across = side * grid.x - middle - np.float32(side * patient.midline + patient.shrunk[index])
        lung = both(inner, across, 22)
        fluid = patient.effusion[index]
        if fluid:
            lung = both(lung, np.float32(patient.chest[1] * 0.8 - fluid) - grid.y, 10)
        into_dome = z_mm - patient.dome[index] * LUNG_HEIGHT_MM
        if into_dome > 0:
            girth = np.sqrt(into_dome * (170 - into_dome))
            lung = both(lung, -ellipse(grid, Oval(side * 52, -8, girth * 0.85, girth * 0.8)), 6)
        sides.append(lung)
    lungs = np.maximum(*sides)
    for hole in _organs(patient, grid, z_mm):
        lungs = both(lungs, -hole, 7)
    return lungs


def _organs(patient: Anatomy, grid: Grid, z_mm: float) -> list[Image]:
    """Distances inside what lies between the lungs at this height: spine, aorta, arch, great veins, heart."""
    level = z_mm / LUNG_HEIGHT_MM
    spine_x, spine_y = patient.spine
    organs = [ellipse(grid, Oval(spine_x, spine_y + 4, patient.vertebra + 6, patient.vertebra + 4))]
    if level > 0.33:
        organs.append(ellipse(grid, Oval(spine_x + 22, spine_y - 20, patient.aorta, patient.aorta)))
    arch = 1 - ((level - 0.36) / 0.07) ** 2
    if arch > 0:
        size = np.sqrt(arch)
        organs.append(ellipse(grid, Oval(patient.midline + 14, -2, 17 * size + 8, 34 * size + 6, 0.25)))
    if 0.3 < level < 0.72:
        width = patient.aorta
        organs.append(ellipse(grid, Oval(patient.midline - 14, -24, width * 1.5, width * 1.3)))
        organs.append(ellipse(grid, Oval(patient.midline + 16, -26, width * 1.4, width * 1.1)))
    x, y, z = patient.heart
    half_width, half_depth, half_height = patient.heart_axes
    cut = 1 - ((z_mm - z) / half_height) ** 2
    if cut > 0:
        size = np.sqrt(cut)
        organs.append(ellipse(grid, Oval(x, y, half_width * size, half_depth * size, patient.heart_turn)))
    return organs


def _paint_lungs(hu: Image, patient: Anatomy, grid: Grid, z_mm: float, lungs: Image) -> None:
    share = cover(lungs, grid)
    sag = np.clip(grid.y / patient.chest[1], -1, 1)
    inside = (patient.lung_hu + patient.dependent_hu * 0.5 * (sag + sag**2)).astype(np.float32)
    draw_capsules(inside, grid, patient.tubes, z_mm)
    lumens = patient.airways
    draw_capsules(inside, grid, lumens._replace(radius=lumens.radius + 0.9, hu=np.full_like(lumens.hu, -350)), z_mm)
    draw_capsules(inside, grid, lumens, z_mm)
    hu += share * (inside - hu)


def _paint_trachea(hu: Image, patient: Anatomy, grid: Grid, level: float) -> None:
    x, y, size = patient.midline * 0.7, -2.0, patient.trachea
    apart = (level - patient.carina) * LUNG_HEIGHT_MM
    if apart < 0:
        paint_ellipse(hu, grid, _AIR_HU, Oval(x, y, size, size * 1.05))
    elif apart < 30:
        for side in (-1, 1):
            paint_ellipse(hu, grid, _AIR_HU, Oval(x + side * (6 + apart), y + 4, size * 0.85, size * 0.6))
