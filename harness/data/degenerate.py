"""What is wrong with a release that no generator of slices should give: one grey, noise, the same picture again.

Each test is absolute and strict, so that real slices, phantoms, their noisy copies and what a hardly trained
generator draws pass it: of a white-noise image neighbours correlate by 0.00 +- 0.04 at 16 pixels a side, of a release
after one training step by 0.3, of slices by 0.6 and more.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.data.in_threads import in_order

Images = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Fault = Literal["black", "constant", "noise", "equal", "nearly equal", "one picture"]

BLACK = 3  # grey levels: nothing in a black image is brighter
CONSTANT = 1.0  # grey levels: an image whose standard deviation is smaller is of one grey
NOISE = 0.16  # correlation of neighbouring pixels: noise lies below
NEARLY = 2.0  # grey levels, root mean square: images that differ by less are one picture, where they are many
ONE = 0.97  # correlation with the mean of all: of slices half reach 0.85, of one picture with grain all reach 0.99
ALIKE = 0.1  # and by less than so much of a picture's own spread: dull pictures are not one
MANY, MANY_SHARE = 4, 0.05  # neighbouring slices at 16 pixels a side are as alike, but few at a time
UNUSABLE = 0.5  # share of faulty images from which a release says nothing of anybody
WORTH_TELLING = 0.1  # share from which no all-clear may rest on a release
_BLOCK = 1024
_HASHED_BYTES = 2**20  # by one thread without a pause
_COARSE = 4  # means along each side, by which images that may be nearly equal are found


class Finding(NamedTuple):
    """One fault: of which images, bool [n], and the sentence that says so."""

    fault: Fault
    images: Flags
    says: str

    @property
    def share(self) -> float:
        """Of the release, 0 to 1."""
        return float(self.images.mean())


@dataclass(frozen=True)
class Faults:
    """All that is wrong with a release of n images; nothing where it is sound."""

    n: int
    findings: tuple[Finding, ...]

    @property
    def share(self) -> float:
        """Images with any fault, 0 to 1; of equal ones the first has none."""
        return float(np.any([one.images for one in self.findings], axis=0).mean()) if self.findings else 0.0

    @property
    def unusable(self) -> bool:
        """Whether so much is wrong that the release says nothing of anybody."""
        return self.share >= UNUSABLE

    @property
    def no_all_clear(self) -> bool:
        """Whether so much is wrong that not finding anything means nothing."""
        return self.share >= WORTH_TELLING

    @property
    def says(self) -> list[str]:
        """A sentence a fault."""
        return [one.says for one in self.findings]


def faults(images: Images, called: str = "released images") -> Faults:
    """What is wrong with uint8 [n, s, s], n > 0; called: what the sentences call them."""
    n = len(images)
    black, flat, noise = by_themselves(images)
    equal = repeats(images)
    nearly = np.zeros(n, np.bool_)
    nearly[~equal] = nearly_repeats(images[~equal])
    covered = equal | nearly
    one = np.zeros(n, np.bool_) if covered.mean() >= UNUSABLE else one_picture(images) & ~covered
    drawn = ~(black | flat)  # that black images are equal says nothing more
    told: list[tuple[Fault, Flags, str]] = [
        ("black", black, f"are black: no pixel is above {BLACK} of 255"),
        ("constant", flat & ~black, f"are of one grey: they spread by less than {CONSTANT:g} of 255 grey levels"),
        ("noise", noise, f"are noise: neighbouring pixels correlate by less than {NOISE}, as in no slice"),
        ("equal", equal & drawn, "repeat another one of them, pixel for pixel"),
        ("nearly equal", nearly & drawn, f"repeat another one of them but for less than {NEARLY:g} grey levels"),
        (
            "one picture",
            one & drawn,
            f"are one picture but for grain: they correlate with their mean by {ONE:g} or more",
        ),
    ]
    found = [
        Finding(fault, which, f"{int(which.sum())} of {n} {called} {what}.")
        for fault, which, what in told
        if which.any()
    ]
    return Faults(n, tuple(found))


def one_picture(images: Images) -> Flags:
    """Which images are the mean of all but for grain, bool [n]; none where not half of them are."""
    flat = images.reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    mean = flat.mean(axis=0)
    norms = np.sqrt((flat**2).sum(axis=1) * (mean**2).sum())
    alike: Flags = flat @ mean >= ONE * np.maximum(norms, 1e-9)
    return alike if len(images) >= MANY and alike.mean() >= UNUSABLE else np.zeros(len(images), np.bool_)


def repeats(images: Images) -> Flags:
    """Which images equal an earlier one to the pixel, bool [n]."""
    seen: set[bytes] = set()
    found = np.zeros(len(images), np.bool_)
    for place, digest in enumerate(digests(images)):
        found[place] = digest in seen
        seen.add(digest)
    return found


def equal_to(images: Images, others: Images) -> Flags:
    """Which images are among the others, pixel for pixel, bool [n]."""
    known = set(digests(others))
    return np.array([digest in known for digest in digests(images)], dtype=np.bool_)


def digests(images: Images) -> list[bytes]:
    """sha256 of each image's pixels, worked out on all cores."""
    a_block = max(1, _HASHED_BYTES // max(1, math.prod(images.shape[1:])))
    return [*in_order(lambda place: _digest(images[place]), range(len(images)), a_block)]


def _digest(image: Images) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(image).data).digest()


def nearly_repeats(images: Images) -> Flags:
    """Which images repeat an earlier one but for less than `NEARLY`, root mean square, bool [n], where one picture is
    there at least `MANY` times and makes up `MANY_SHARE` of all.

    The means over large squares of two such images differ by less, too: only where these do are pixels compared.
    """
    n = len(images)
    coarse = np.concatenate([_coarse(block) for block in _blocks(images)])
    first, firsts = np.arange(n), np.zeros(0, np.intp)
    for place in range(n):
        near = ((coarse[firsts] - coarse[place]) ** 2).mean(axis=1) < NEARLY**2
        least = min(NEARLY, ALIKE * float(images[place].std()))
        alike = (one for one in firsts[near] if _differ(images[place], images[one]) < least)
        first[place] = next(alike, place)
        if first[place] == place:
            firsts = np.append(firsts, place)
    count = np.bincount(first, minlength=n)[first]
    return (first != np.arange(n)) & (count >= max(MANY, MANY_SHARE * n))


def _differ(one: Images, other: Images) -> float:
    return float(np.sqrt(((one.astype(np.float64) - other) ** 2).mean()))


def _coarse(images: Images) -> NDArray[np.float64]:
    """Means over squares of a side of whole pixels, [n, k]: what is over at the edges is left out."""
    side = max(1, images.shape[1] // _COARSE)
    squares = images[:, : side * (images.shape[1] // side), : side * (images.shape[1] // side)]
    n, along = len(images), squares.shape[1] // side
    return np.asarray(squares.reshape(n, along, side, along, side).mean(axis=(2, 4)).reshape(n, -1))


def by_themselves(images: Images) -> tuple[Flags, Flags, Flags]:
    """Which images are black, of one grey (black ones among them), and noise, bool [n] each."""
    parts = [_of_block(block) for block in _blocks(images)]
    black, flat, noise = (np.concatenate(one) for one in zip(*parts, strict=True))
    return black, flat, noise


def _of_block(images: Images) -> tuple[Flags, Flags, Flags]:
    values = images.astype(np.float64)
    values -= values.mean(axis=(1, 2), keepdims=True)
    spread = (values**2).mean(axis=(1, 2))
    down = (values[:, 1:] * values[:, :-1]).mean(axis=(1, 2))
    across = (values[:, :, 1:] * values[:, :, :-1]).mean(axis=(1, 2))
    flat = spread < CONSTANT**2
    black = images.max(axis=(1, 2)) <= BLACK
    return black, flat, ~flat & ~black & ((down + across) / 2.0 < NOISE * spread)


def _blocks(images: Images) -> Iterator[Images]:
    for start in range(0, len(images), _BLOCK):
        yield np.asarray(images[start : start + _BLOCK])
