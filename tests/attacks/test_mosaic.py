"""`mosaic` against its formula, written out slowly, and what it finds that whole images do not show."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from attacks import distances
from attacks.knn import NearestNeighbour
from attacks.mosaic import Mosaic, tile_places, whole_details
from attacks.view import View

N, M, SIZE = 5, 12, 16
RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (N, SIZE, SIZE), dtype=np.uint8)
G = RNG.integers(0, 256, (M, SIZE, SIZE), dtype=np.uint8)


def test_it_is_its_formula() -> None:
    expected = []
    for x in X.astype(float):
        squares = (G - x) ** 2
        starts = (0, 2, 4, 6, 8, 10, 12)
        tiles = [np.sqrt(squares[:, y : y + 4, z : z + 4].mean(axis=(1, 2))).min() for y in starts for z in starts]
        expected.append(-np.log(np.mean(tiles)))
    attack = Mosaic(across=4)
    assert attack.signal(attack.observe(View(X, G))) == pytest.approx(np.array(expected), rel=1e-12)


@pytest.mark.parametrize("detail", [1, 2])
def test_detail_is_what_a_mean_of_the_neighbourhood_leaves(detail: int) -> None:
    side = 2 * detail + 1
    expected = X - uniform_filter(X.astype(float), (0, side, side), mode="reflect")
    found = whole_details(X, detail)
    assert np.array_equal(found, np.rint(found)), "whole numbers: sums of them are exact"
    assert found / side**2 == pytest.approx(expected, abs=1e-9)
    brighter = Mosaic(across=4, detail=detail).observe(View(X // 2 + 50, X // 2))
    assert brighter.max() == 0.0, "another brightness is no other detail"


@pytest.mark.parametrize(("size", "across"), [(16, 8), (17, 8), (64, 8), (5, 8), (30, 7), (16, 1)])
def test_tiles_cover_the_image_and_stay_inside(size: int, across: int) -> None:
    seen = np.zeros((size, size), dtype=int)
    places = list(tile_places((size, size), across))
    for place in places:
        assert seen[place].shape == (max(1, round(size / across)),) * 2
        seen[place] += 1
    assert seen.all()
    assert len(places) == min(2 * across - 1, size) ** 2


def test_a_slice_put_together_from_several_released_images_is_found_where_whole_images_hide_it() -> None:
    """Two halves of one candidate in two released images, the other half of each noise."""
    halves = G.copy()
    halves[3, :, :8], halves[7, :, 8:] = X[2, :, :8], X[2, :, 8:]
    view = View(X, halves)
    assert Mosaic(across=4).signal(Mosaic(across=4).observe(view)).argmax() == 2
    elsewhere = halves.copy()
    elsewhere[3], elsewhere[7] = np.roll(halves[3], 8, axis=0), np.roll(halves[7], 8, axis=0)
    attack = Mosaic(across=4)
    gain = [attack.signal(attack.observe(View(X, one)))[2] for one in (G, elsewhere, halves)]
    assert gain[2] > gain[0] + 0.3, "parts count"
    assert abs(gain[1] - gain[0]) < 0.1, "in their own place alone"
    whole = NearestNeighbour()
    lead = whole.signal(whole.observe(view))
    assert lead[2] - np.delete(lead, 2).max() < 0.5 * (gain[2] - gain[0])


def test_a_copy_is_as_near_as_anything_can_be_and_itself_does_not_count() -> None:
    attack = Mosaic()
    assert attack.signal(attack.observe(View(X, np.concatenate([G, X[:1]]))))[0] == -np.log(0.5)
    among = attack.observe(View.of_candidates(X))
    assert among.min() > 0


def test_blocks_of_a_release_are_one_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of candidates facing each other, too, each leaves itself out in whichever block it lies."""
    views = View(X, G), View.of_candidates(X)
    whole = [Mosaic().observe(view) for view in views]
    monkeypatch.setattr(distances, "_CHUNK_BYTES", 8 * X[0].size * 2)
    for view, expected in zip(views, whole, strict=True):
        assert np.array_equal(Mosaic().observe(view), expected)
    apart = np.sqrt(((X[:, None].astype(float) - X[None]) ** 2).reshape(N, N, -1).mean(axis=2))
    apart[np.diag_indices(N)] = np.inf
    assert Mosaic(across=1).observe(views[1])[:, 0] == pytest.approx(apart.min(axis=1), rel=1e-12)


@pytest.mark.parametrize("options", [{"across": 0}, {"across": -1}, {"detail": -1}, {"detail": 9}])
def test_what_cannot_be_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(options))}="):
        Mosaic(**options)
