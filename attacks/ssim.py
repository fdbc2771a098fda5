"""`ssim`: the largest structural similarity to a released image, the measure of the 2023 winner."""

from __future__ import annotations

from dataclasses import dataclass

from attacks.base import Access, Attack, Outlook, Scores, Target
from attacks.registry import register
from attacks.similarity import WINDOW, check_window, ssim_matrix


@register("ssim")
@dataclass(frozen=True)
class StructuralSimilarity(Attack):
    """max_g SSIM(x, g), uniform window, data range 255. Winner of ImageCLEFmedical GANs 2023 (VCMI).

    window: odd side of the window, pixels.
    """

    window: int = WINDOW
    needs = Access.RELEASE

    def check(self, outlook: Outlook) -> None:
        """As the base: the window must fit the image."""
        check_window(self.window, outlook.size)

    def _score(self, target: Target) -> Scores:
        return ssim_matrix(target.candidates, target.release, self.window).max(axis=1)
