"""`patch` and its calibrated kin: the released image whose worst tile is nearest."""

from __future__ import annotations

from dataclasses import dataclass

from attacks.knn import NearestNeighbour
from attacks.registry import calibrated, register


@register("patch")
@dataclass(frozen=True)
class TileDistance(NearestNeighbour):
    """-log min_g of the largest root mean square difference of 4 x 4 tiles.

    Carlini et al. 2023, arXiv 2301.13188, sec. 4.2: one common background cannot make two pictures alike. It is
    `knn` with distance=tile, and shares its observations.
    """

    distance: str = "tile"


calibrated(TileDistance, "reg")
