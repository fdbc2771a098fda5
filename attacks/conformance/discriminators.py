"""A stand-in for a discriminator whose answers are known in closed form, in float64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images


class MemorisingDiscriminator:
    """One that learnt the members by heart: the log density of a Gaussian mixture at them, up to a constant.

    members: uint8 [m, h, w]; bandwidth: in units of [-1, 1], as of `MemorisingDenoiser`.
    """

    def __init__(self, members: Images, bandwidth: float) -> None:
        self._members = members.astype(np.float64) / 127.5 - 1.0
        self._bandwidth = bandwidth

    def discriminate(self, images: Images) -> NDArray[np.float64]:
        """As `Discriminator`."""
        x = images.astype(np.float64) / 127.5 - 1.0
        # A pair at a time: the same to the last bit, whoever else is asked about.
        squares = np.array([[((one - member) ** 2).sum() for member in self._members] for one in x])
        exponents = -squares / (2 * self._bandwidth**2)
        largest = exponents.max(axis=1)
        density: NDArray[np.float64] = np.log(np.exp(exponents - largest[:, None]).sum(axis=1))
        return largest + density
