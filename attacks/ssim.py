"""`ssim` and its calibrated kin: the largest structural similarity to a released image, as the 2023 winner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from attacks.base import Outlook
from attacks.observing import ObservingAttack
from attacks.registry import register
from attacks.similarity import WINDOW, check_window, ssim_matrix
from attacks.view import Observed, View


@register("ssim")
@dataclass(frozen=True)
class StructuralSimilarity(ObservingAttack):
    """max_g SSIM(x, g), uniform window, data range 255. Winner of ImageCLEFmedical GANs 2023 (VCMI).

    The winner's decision rule is `decision=real_real_max`. window: odd side of the window, pixels.
    """

    window: int = WINDOW

    of_pairs: ClassVar[bool] = True

    def check(self, outlook: Outlook) -> None:
        """As the base: the window must fit the image."""
        check_window(self.window, outlook.size)

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        similarity = ssim_matrix(view.candidates, view.release, self.window)
        if view.among:
            similarity[range(len(similarity)), range(len(similarity))] = -1.0
        return similarity.max(axis=1)


@register("ssim_cal")
@dataclass(frozen=True)
class CalibratedSimilarity(StructuralSimilarity):
    """`ssim` less what it is for generators that did not see x (Watson et al. 2022, arXiv 2111.08440)."""

    calibration: str = "cal"


@register("ssim_reg")
@dataclass(frozen=True)
class RegressedSimilarity(StructuralSimilarity):
    """`ssim` regressed, over the target's own candidates, on the releases that did not see x; no label."""

    calibration: str = "reg"


@register("ssim_lira")
@dataclass(frozen=True)
class LikelihoodRatioSimilarity(StructuralSimilarity):
    """Online LiRA (arXiv 2112.03570) on `ssim`: x's law with it among the members against its law without."""

    calibration: str = "lira"


@register("ssim_ridge")
@dataclass(frozen=True)
class RidgeSimilarity(StructuralSimilarity):
    """`ssim` regressed on the strangers' mean and spread and, where x was in some, on the holders' mean; no label."""

    calibration: str = "ridge"
