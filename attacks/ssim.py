"""`ssim` and its calibrated kin: the largest structural similarity to a released image, as the 2023 winner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from attacks.base import TargetShape
from attacks.observing import ObservingAttack
from attacks.registry import calibrated, register
from attacks.similarity import WINDOW, check_window, ssim_largest
from attacks.view import Observed, View


@register("ssim")
@dataclass(frozen=True)
class StructuralSimilarity(ObservingAttack):
    """max_g SSIM(x, g), uniform window, data range 255. Winner of ImageCLEFmedical GANs 2023 (VCMI).

    The winner's decision rule is `decision=real_real_max`. window: odd side of the window, pixels.
    """

    window: int = WINDOW

    of_pairs: ClassVar[bool] = True

    def check(self, shape: TargetShape) -> None:
        """As the base: the window must fit the image."""
        check_window(self.window, shape.size)

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        own = view.candidates_as_release
        return ssim_largest(view.candidates, view.release, 1, self.window, leave_self_out=own)[:, 0]


calibrated(StructuralSimilarity, "cal", "reg", "lira", "lira_t", "ridge", "mid")
