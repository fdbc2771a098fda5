"""An attack of your own, tried on a toy release: half of the candidates are released, with noise.

    python examples/custom_attack.py

The class by itself, in a file below `attacks/` or in a package of yours, makes it an attack of `harness.run`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attacks.base import Access, Attack, Images, Scores, Target
from attacks.registry import find_attacks, register


@register("histogram")
@dataclass(frozen=True)
class Histogram(Attack):
    """-log of the smallest distance between the grey-level histograms of a candidate and a released image."""

    bins: int = 32
    """Bins over 0 to 255."""

    needs = Access.RELEASE

    def _score(self, target: Target) -> Scores:
        """As the base: float64 [n]."""
        released = self._histograms(target.release)
        nearest = [np.abs(released - one).sum(axis=1).min() for one in self._histograms(target.candidates)]
        return -np.log(np.maximum(nearest, 1e-6))

    def _histograms(self, images: Images) -> Scores:
        return np.array([np.histogram(one, self.bins, (0, 256))[0] / one.size for one in images])


def main() -> None:
    """Score eight candidates, of which the first four were released as noisy copies."""
    rng = np.random.default_rng(0)
    candidates = rng.integers(40, 200, (8, 32, 32), dtype=np.uint8) // np.arange(1, 9, dtype=np.uint8)[:, None, None]
    release = candidates[:4] + rng.integers(0, 4, (4, 32, 32), dtype=np.uint8)
    target = Target(tuple(f"slice_{number}" for number in range(8)), candidates, release)
    attack = find_attacks().by_name["histogram"]()  # by its name, as the command line finds it
    for number, score in enumerate(attack.score(target)):
        print(f"{target.ids[number]} {score:6.3f} {'released' if number < 4 else 'not released'}")


if __name__ == "__main__":
    main()
