"""Attacks on the released images alone: what they share is the distance axis."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from attacks.base import Scores
from attacks.distances import Distance
from attacks.observing import ObservingAttack
from attacks.view import View


@dataclass(frozen=True)
class ReleaseAttack(ObservingAttack):
    """An attack that measures distances from candidates to released images, by any distance of the axis."""

    distance: str = "pixel"
    """A name in `attacks.distances.NAMES`: pixel, ncc, ssim, tile, pca, band, features."""
    shift: int = 0
    """Smallest over shifts of up to so many pixels."""
    flip: bool = False
    """Smallest over the mirror image, too."""
    encoder: str | None = None
    """For distance=features: a safetensors file of convolution weights."""
    turn: int = 0
    """Smallest over turns of up to so many degrees, every 3 of them, too."""
    contrast: float = 0.0
    """Smallest over greys drawn together about their mean by this fraction, and as far apart, too."""

    of_all_distances: ClassVar[bool] = False
    """Whether it looks at all distances of a view: then they are made first, and the nearest are among them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.measure.__post_init__()

    @property
    def measure(self) -> Distance:
        """The distance that the options name."""
        return Distance(self.distance, self.shift, self.flip, self.encoder, self.turn, self.contrast)

    def observation(self) -> tuple[str, dict[str, Any]]:
        """As the base; the encoder counts by its content, not by its path."""
        method, options = super().observation()
        for one in fields(Distance):
            options.pop("distance" if one.name == "name" else one.name)
        return method, options | {"measure": list(self.measure.identity)}

    def distances(self, view: View) -> Scores:
        """Float64 [n, m], candidates against released images; made once a view."""
        return self.measure.matrix(view)

    def nearest(self, view: View, k: int) -> Scores:
        """Float64 [n, k], the k smallest of each candidate's, ascending; without all of them where that is faster."""
        return self.measure.nearest(view, k)
