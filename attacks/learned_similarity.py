"""`learned_similarity` and its calibrated kin: the likest released image by a network that forgives moves."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from attacks.base import TargetShape
from attacks.distances import blocks, check_k
from attacks.embedding import Teaching, taught
from attacks.exact import sum_by_size
from attacks.observing import ObservingAttack
from attacks.registry import calibrated, register
from attacks.similarity import WINDOW, check_window
from attacks.view import Observed, View


@register("learned_similarity")
@dataclass(frozen=True)
class LearnedSimilarity(ObservingAttack):
    """Mean of the k largest cosines of x and a released image, embedded by a network taught on the candidates.

    After DeepSSIM (arXiv 2509.16582), without a download and without a label: the cosine of a candidate and of a
    moved one is to be the SSIM of the two as they were. One network sees all generators that face the candidates.
    k: how many; steps: of teaching, 48 slices each; rate: the largest of them; width: channels of the first layer;
    turn, shift, contrast, flip: how far slices are moved at most, in degrees, in sides, in parts of their contrast,
    and whether they are mirrored; apart: weight of telling a slice's moved copy from other slices, beside the
    squares of what cosines are off; temperature: of the cosines in that; teaching_seed: of all that is drawn.
    """

    k: int = 1
    steps: int = 250
    rate: float = 3e-3
    width: int = 16
    turn: float = 12.0
    shift: float = 0.04
    contrast: float = 0.4
    flip: bool = True
    apart: float = 0.1
    temperature: float = 0.1
    teaching_seed: int = 0

    @property
    def relative(self) -> bool:
        """As the base: the network is taught on the candidates, so it is another one beside others."""
        return True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.steps < 1 or self.width < 1:
            raise ValueError(f"steps={self.steps} and width={self.width} must be at least 1.")
        if self.rate <= 0.0 or self.temperature <= 0.0:
            raise ValueError(f"rate={self.rate} and temperature={self.temperature} must be above 0.")
        least = {"turn": self.turn, "shift": self.shift, "contrast": self.contrast, "apart": self.apart}
        for name, value in {**least, "teaching_seed": self.teaching_seed}.items():
            if value < 0:
                raise ValueError(f"{name}={value} must be 0 or more.")

    def check(self, shape: TargetShape) -> None:
        """As the base: k must not exceed the release, and the window of SSIM must fit the image."""
        check_k(self.k, shape.n_images)
        check_window(WINDOW, shape.size)

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        network = taught(view.candidates, self._teaching)
        x = network.embed(view.candidates)
        cosine = np.concatenate([x @ network.embed(block).T for block in blocks(view.release)], axis=1)
        if view.candidates_as_release:
            np.fill_diagonal(cosine, -1.0)
        check_k(self.k, cosine.shape[1])
        return sum_by_size(-np.partition(-cosine, self.k - 1, axis=1)[:, : self.k], axis=1) / self.k

    @property
    def _teaching(self) -> Teaching:
        return Teaching(**{one.name: getattr(self, one.name) for one in fields(Teaching)})


calibrated(LearnedSimilarity, "reg")
