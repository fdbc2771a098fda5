"""Structural similarity of 8-bit images, each pair's the same to the last bit whatever stands beside it.

Wang et al. 2004, eq. 13, uniform window, sample covariance, data range 255, mean over the windows that fit
inside the image: the numbers of `skimage.metrics.structural_similarity`'s defaults, which a test compares.

Whatever is summed over a window is a whole number that the floats hold exactly. The rest is element by element,
rounded as IEEE 754 says, and the windows of a pair are added up left to right, then top to bottom.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images, Scores

Figures = NDArray[np.float32]
WINDOW = 7
_C1 = 2601 / 400  # (0.01 255)^2
_C2 = 23409 / 400  # (0.03 255)^2
_SINGLE_UP_TO = 21  # 2 (window^2 + window) 128^2 + 128 window^2 < 2^24 bounds the whole numbers: float32 is exact
_TILE = 64  # images of a side at once: a strip of each is in the caches
_SKETCHED = 16  # blocks along a side, by which likely pairs are told
_LEAST = -1.0  # SSIM is never lower


def check_window(window: int, size: int) -> None:
    """Raise ValueError unless the window is odd, at least 3 and fits an image of `size` pixels."""
    if window % 2 == 0 or not 3 <= window <= size:
        raise ValueError(f"window={window} must be odd, from 3 to {size}.")


def ssim_matrix(first: Images, second: Images, window: int = WINDOW) -> Scores:
    """Mean SSIM of every pair: uint8 [n, h, w], uint8 [m, h, w] -> float64 [n, m], in [-1, 1].

    Raises ValueError where the window is even, below 3 or does not fit the image.
    """
    from attacks.compiled.structural import similarities, strips_of

    check_window(window, min(first.shape[1:]))
    constants, strips = _constants(window), strips_of(first.shape[1], window)
    similarity = np.empty((len(first), len(second)))
    for columns, y in _tiles(second):
        for rows, x in _tiles(first):
            unbounded = np.zeros((len(x), len(y), strips), np.float32)
            similarity[rows, columns] = similarities(x, y, constants, unbounded, np.full(len(x), -np.inf))
    return similarity


def ssim_pairs(first: Images, second: Images, window: int = WINDOW) -> Scores:
    """Mean SSIM of each image with its partner, as in `ssim_matrix`: uint8 [n, h, w] twice -> float64 [n].

    Raises ValueError as `ssim_matrix`.
    """
    check_window(window, min(first.shape[1:]))
    if len(first) != len(second):
        raise ValueError(f"{len(first)} images have no partners among {len(second)}; give as many of both.")
    pairs = zip(first[:, None], second[:, None], strict=True)
    return np.array([ssim_matrix(x, y, window)[0, 0] for x, y in pairs], np.float64)


def ssim_largest(
    first: Images, second: Images, k: int = 1, window: int = WINDOW, *, leave_self_out: bool = False
) -> Scores:
    """The k largest of each row of `ssim_matrix`, largest first: float64 [n, k], the same to the last bit.

    leave_self_out: second is first, and no image is compared with itself; where that leaves fewer than k, -1 stands
    for the rest. Raises ValueError as `ssim_matrix`, and where k is not among 1 to m.

    Before any window is compared, sums over cells of windows, of each image alone, tell how large a pair's
    similarity can be at most; strip by strip the similarity takes the place of that bound, until the pair is done or
    cannot reach the k-th largest that was found so far. See `attacks.compiled.structural_rooms`. Images whose greys
    lie alike are compared first, so that the limit is high from the beginning.
    """
    from attacks.compiled.structural import similarities

    check_window(window, min(first.shape[1:]))
    if not 1 <= k <= len(second):
        raise ValueError(f"k={k} largest of {len(second)} images cannot be taken; choose 1 to {len(second)}.")
    largest = np.full((len(first), k), -np.inf)  # ascending
    begun = _smallest_of_likely(first, second, k, window, leave_self_out)
    cells_of_first = np.concatenate([cells_of(x, window) for _, x in _tiles(first)])
    for columns, y in _tiles(second):
        cells = cells_of(y, window)
        for rows, x in _tiles(first):
            bounds = most_of_strips(cells_of_first[rows], cells, first.shape[1:], window)
            if leave_self_out and rows == columns:
                bounds[range(len(x)), range(len(x))] = -np.inf
            limits = np.maximum(largest[rows, 0], begun[rows]) - _rounding(first.shape[2])
            found = similarities(x, y, _constants(window), bounds, limits)
            largest[rows] = np.sort(np.concatenate([largest[rows], found], axis=1), axis=1)[:, -k:]
    return np.maximum(largest[:, ::-1], _LEAST)


def _smallest_of_likely(first: Images, second: Images, k: int, window: int, leave_self_out: bool) -> Scores:
    """The smallest SSIM of an image with k others, not above its k-th largest: float64 [n]; -inf where k lack."""
    smallest = np.full(len(first), -np.inf)
    if len(second) - leave_self_out < k:
        return smallest
    sketches = np.concatenate([_sketches(y) for _, y in _tiles(second)])
    squares = (sketches**2).sum(axis=1)
    for rows, x in _tiles(first):
        apart = squares - 2.0 * _sketches(x) @ sketches.T
        if leave_self_out:
            apart[range(len(x)), range(rows.start, rows.stop)] = np.inf
        likely = np.argpartition(apart, k - 1, axis=1)[:, :k]
        for row, image, places in zip(range(rows.start, rows.stop), x, likely, strict=True):
            smallest[row] = ssim_pairs(np.repeat(image[None], k, axis=0), np.asarray(second[places]), window).min()
    return smallest


def _sketches(images: Images) -> Figures:
    """Greys of blocks of pixels, a row an image: float32 [n, about 256]; pixels that fill no block are left out."""
    height, width = (max(1, size // _SKETCHED) for size in images.shape[1:])
    rows, columns = (size // part * part for size, part in zip(images.shape[1:], (height, width), strict=True))
    blocks = images[:, :rows, :columns].reshape(len(images), rows // height, height, columns // width, width)
    return blocks.mean(axis=(2, 4), dtype=np.float32).reshape(len(images), -1)


def cells_of(images: Images, window: int) -> Figures:
    """What each image alone tells of the similarity to any other: see `attacks.compiled.structural.cells`."""
    from attacks.compiled.structural import cells
    from attacks.compiled.structural_rooms import windows_of_cells

    figures = np.empty((len(images), 4, *windows_of_cells(images.shape[1:], window).shape), np.float32)
    cells(images, _constants(window), figures)
    return figures


def most_of_strips(first: Figures, second: Figures, shape: tuple[int, ...], window: int) -> Figures:
    """The most that SSIM over the windows of each strip can add up to: [n, m, strips], from `cells_of` both sides."""
    from attacks.compiled.structural_rooms import rooms, windows_of_cells

    return rooms(first, second, windows_of_cells(shape, window), _constants(window).astype(np.float32))


def _rounding(width: int) -> float:
    """By how much a mean similarity as computed may exceed its bound as computed: less, of images so wide.

    In units of 2^-24, half a step of float32 below 1, and a window: `width` for a row that is added up left to right,
    an eighth of it for the cells of a strip, 7 for its rows; below 40 for the formulas of a window and of a cell, and
    1.1 sqrt(C2 (window^2 - 1)), 176 at most, for lengths, which are roots of rounded squares. Strips are added up in
    float64, so that the height plays no part.
    """
    return float((width + 128) * 2.0**-23)


def _tiles(images: Images) -> Iterator[tuple[slice, Images]]:
    for start in range(0, len(images), _TILE):
        places = slice(start, min(start + _TILE, len(images)))
        yield places, np.array(images[places], order="C")  # a file mapped into memory would be compiled for anew


def _constants(window: int) -> NDArray[np.floating[Any]]:
    """Window, C1 / 2 and C2 (window^2 - 1) / 2, in the floats to use."""
    kind = np.float32 if window <= _SINGLE_UP_TO else np.float64
    return np.array([window, _C1 / 2, _C2 * (window**2 - 1) / 2], kind)
