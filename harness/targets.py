"""What an attack faces, as a small record of store keys, and its building in the process that attacks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Reference, Target
from harness.seeds import rng_of, seed_of
from harness.store import Store

if TYPE_CHECKING:
    import torch

    from shadow_models.denoiser import Denoiser


class ReleaseSpec(NamedTuple):
    """Released images in the store: the array `file` of artefact kind/key, and how many of them to look at."""

    kind: str
    key: str
    file: str
    n_images: int


class ReferenceSpec(NamedTuple):
    """A shadow's release and generator, and which candidates (numbers 0..n-1) were its members."""

    release: ReleaseSpec
    held: tuple[int, ...]
    generator: str


class TargetSpec(NamedTuple):
    """All that decides a target. digests: of the candidates' pixels; generator: None where no model is given."""

    pool_key: str
    candidates: tuple[int, ...]
    digests: tuple[str, ...]
    release: ReleaseSpec
    references: tuple[ReferenceSpec, ...]
    generator: str | None


class CountingDenoiser:
    """A denoiser that counts the images it was asked about, so that a row can state its network calls."""

    def __init__(self, model: Denoiser) -> None:
        self._model = model
        self.images_seen = 0

    @property
    def alphas_cumprod(self) -> NDArray[np.float64]:
        """As the model's."""
        return self._model.alphas_cumprod

    def encode(self, images: NDArray[np.uint8]) -> torch.Tensor:
        """As the model's."""
        return self._model.encode(images)

    def decode(self, z: torch.Tensor) -> NDArray[np.uint8]:
        """As the model's."""
        return self._model.decode(z)

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As the model's, counted."""
        self.images_seen += len(z_t)
        return self._model.eps(z_t, t)


def build_target(spec: TargetSpec, store: Store, model: Denoiser | None = None) -> Target:
    """The target of a spec. Candidates are named by their pixels' digest.

    Neither a file's name nor its place reaches an attack: an edition lists its used slices first.
    References carry releases only; a reference's model is loaded when an attack that needs it exists.
    """
    pixels = np.load(store.folder("pool", spec.pool_key) / "pixels.npy", mmap_mode="r")
    n = len(spec.candidates)
    return Target(
        ids=_names(spec.digests),
        candidates=pixels[list(spec.candidates)],
        release=released_images(spec.release, store),
        references=tuple(
            Reference(
                released_images(reference.release, store),
                np.isin(np.arange(n), np.array(reference.held, int)),
            )
            for reference in spec.references
        ),
        model=model,
    )


def released_images(spec: ReleaseSpec, store: Store) -> NDArray[np.uint8]:
    """uint8 [n_images, h, w]: the release, or a fixed random part of it where it holds more."""
    images: NDArray[np.uint8] = np.load(store.folder(spec.kind, spec.key) / spec.file, mmap_mode="r")
    if len(images) == spec.n_images:
        return images
    part = rng_of(0, "part of release", spec.key).choice(len(images), spec.n_images, replace=False)
    return np.asarray(images[np.sort(part)])


def _names(digests: tuple[str, ...]) -> tuple[str, ...]:
    """A distinct name a candidate. Equal pixels are told apart by a hash, whose order is not that of the files."""
    seen: Counter[str] = Counter()
    names = []
    for digest in digests:
        names.append(f"{digest}-{seed_of(seen[digest], digest):016x}")
        seen[digest] += 1
    return tuple(names)
