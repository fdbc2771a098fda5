"""What an attack faces, as small records of store keys, and the arrays and models that they name."""

from __future__ import annotations

from collections import Counter
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from attacks.target import sorted_by_name
from harness.seeds import rng_of, seed_of
from harness.store import Store, content_key
from shadow_models.generator import load_generator, recipe_in

if TYPE_CHECKING:
    import torch

    from shadow_models.recipe import Gives, Recipe

_ALL = slice(None)


class ReleaseSpec(NamedTuple):
    """Released images in the store: the array `file` of artefact kind/key, and how many of them to look at."""

    kind: str
    key: str
    file: str
    n_images: int


class ViewSpec(NamedTuple):
    """One generator facing candidates, places in a pool; digests: of their pixels, one a candidate.

    release: None for the candidates among themselves; generator: its key, None where no model is given.
    """

    pool_key: str
    candidates: tuple[int, ...]
    digests: tuple[str, ...]
    release: ReleaseSpec | None
    generator: str | None


class ReferenceSpec(NamedTuple):
    """A shadow as a reference, and which candidates (numbers 0..n-1) were its members."""

    view: ViewSpec
    held: tuple[int, ...]


class TargetSpec(NamedTuple):
    """All that decides a target.

    part: which of the view's candidates (numbers 0..n-1) it shows, None for all; of these it shows what was observed
    with all.
    """

    view: ViewSpec
    references: tuple[ReferenceSpec, ...]
    part: tuple[int, ...] | None = None


@lru_cache(maxsize=4096)
def candidates_key(view: ViewSpec) -> str:
    """What the candidates' pixels and order decide; which pool they lie in is no part of it."""
    return content_key(digests=view.digests)


class StoredModel:
    """A generator of the store: its weights are read when it is first asked, its recipe where only that is wanted."""

    def __init__(self, store: Store, key: str, device: str) -> None:
        self._store, self._key, self._device = store, key, device

    @cached_property
    def recipe(self) -> Recipe:
        """What the generator is of."""
        return recipe_in(self._store.folder("generator", self._key))

    @property
    def gives(self) -> Gives:
        """What can be asked of it besides images: an attack that asks for something else is told before it looks."""
        return self.recipe.gives

    @property
    def family(self) -> str:
        """The name of its family."""
        return self.recipe.name

    @cached_property
    def generator(self) -> Any:
        """The generator itself: a `Denoiser` or a `Discriminator`, as `gives` says."""
        return load_generator(self._store.folder("generator", self._key), device=self._device)

    @property
    def alphas_cumprod(self) -> NDArray[np.float64]:
        """As the generator's."""
        return self.generator.alphas_cumprod

    def encode(self, images: Images) -> torch.Tensor:
        """As the generator's."""
        return self.generator.encode(images)

    def decode(self, z: torch.Tensor) -> Images:
        """As the generator's."""
        return self.generator.decode(z)

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As the generator's."""
        return self.generator.eps(z_t, t)

    @property
    def network(self) -> torch.nn.Module:
        """As the generator's."""
        return self.generator.network

    def eps_with_grad(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As the generator's."""
        return self.generator.eps_with_grad(z_t, t)

    def discriminate(self, images: Images) -> NDArray[np.float64]:
        """As the generator's."""
        return self.generator.discriminate(images)


def candidate_images(view: ViewSpec, store: Store) -> Images:
    """uint8 [n, h, w]: the candidates."""
    pixels: Images = np.load(store.folder("pool", view.pool_key) / "pixels.npy", mmap_mode="r")
    return pixels[list(view.candidates)]


def released_images(view: ViewSpec, store: Store) -> Images:
    """uint8 [n_images, h, w]: the release, or the candidates where they face each other."""
    return candidate_images(view, store) if view.release is None else images_of(view.release, store)


def images_of(spec: ReleaseSpec, store: Store, rows: slice = _ALL) -> Images:
    """uint8 [n_images, h, w]: the release, memory-mapped, or a fixed random part of it where it holds more.

    rows: which of these images, and no other is read.
    """
    images: Images = np.load(store.folder(spec.kind, spec.key) / spec.file, mmap_mode="r")
    if len(images) == spec.n_images:
        return images[rows]
    part = rng_of(0, "part of release", spec.key).choice(len(images), spec.n_images, replace=False)
    return np.asarray(images[np.sort(part)[rows]])


def by_name(view: ViewSpec) -> NDArray[np.intp]:
    """The order in which attacks see the candidates, intp [n]: that of their names."""
    return sorted_by_name(names_of(view.digests))


def names_of(digests: tuple[str, ...]) -> tuple[str, ...]:
    """A distinct name a candidate. Equal pixels are told apart by a hash, whose order is not that of the files."""
    seen: Counter[str] = Counter()
    names = []
    for digest in digests:
        names.append(f"{digest}-{seed_of(seen[digest], digest):016x}")
        seen[digest] += 1
    return tuple(names)
