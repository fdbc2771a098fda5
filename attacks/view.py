"""What one generator shows of the candidates: the only thing an observation may look at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from shadow_models.recipe import Gives

if TYPE_CHECKING:  # torch is imported only by the attacks that call a network
    import torch

    from shadow_models.denoiser import Denoiser, Discriminator, WhiteBox

Images = NDArray[np.uint8]
Observed = NDArray[np.float64]
_T = TypeVar("_T")
_MEMO_BYTES = 2**30


class Access(StrEnum):
    """What an attacker holds, weakest first; rows of different access never share a ranking silently."""

    RELEASE = "release"
    REFERENCES = "references"
    DISCRIMINATOR = "discriminator"
    MODEL = "model"
    GRADIENT = "gradient"

    @property
    def of_model(self) -> bool:
        """Whether the generator's network is asked, and not its release."""
        return self in _ASKED

    @property
    def asks(self) -> Gives:
        """What a generator must give an attacker of this access besides images."""
        return _ASKED.get(self, Gives.RELEASE)


_ASKED = {Access.DISCRIMINATOR: Gives.DISCRIMINATOR, Access.MODEL: Gives.DENOISER, Access.GRADIENT: Gives.DENOISER}
_QUESTION = {Gives.DISCRIMINATOR: "a discriminator for its score", Gives.DENOISER: "a denoiser for noise"}
_ANSWER = {Gives.RELEASE: "only images", Gives.DISCRIMINATOR: "a discriminator", Gives.DENOISER: "a denoiser"}


def gives_of(model: object) -> Gives:
    """What can be asked of a model: what it says itself (`gives`), or else what its methods answer."""
    told = getattr(model, "gives", None)
    if told is not None:
        return Gives(told)
    if hasattr(model, "eps"):
        return Gives.DENOISER
    return Gives.DISCRIMINATOR if hasattr(model, "discriminate") else Gives.RELEASE


def other_kind(access: Access, model: object, whose: str = "this target's generator") -> str | None:
    """Why a model does not answer what an attack of this access asks, as a sentence; None where it does."""
    given = gives_of(model)
    if not access.of_model or given is access.asks:
        return None
    family = getattr(model, "family", "")
    named = f" ({family})" if family else ""
    return f"it asks {_QUESTION[access.asks]}, and {whose}{named} gives {_ANSWER[given]}."


class CountedModel:
    """A denoiser or a discriminator that counts the images it was asked about: a row states its network calls.

    images_seen: put through the network; images_saved: those a shared result spared.
    """

    def __init__(self, model: Denoiser | Discriminator) -> None:
        self._model: Any = model  # which of the two it is, `gives` says; its weights may not have been read yet
        self.images_seen = 0
        self.images_saved = 0

    @cached_property
    def gives(self) -> Gives:
        """What can be asked of the model."""
        return gives_of(self._model)

    @property
    def family(self) -> str:
        """The name of the generator's family; empty where the model has none."""
        return str(getattr(self._model, "family", ""))

    @property
    def network(self) -> torch.nn.Module:
        """As the model's; ValueError where it shows no weights."""
        return self._white_box.network

    @property
    def shows_weights(self) -> bool:
        """Whether the model is a `WhiteBox`, which an attack with gradient access asks for."""
        return hasattr(self._model, "eps_with_grad")

    @property
    def alphas_cumprod(self) -> NDArray[np.float64]:
        """As the model's."""
        return self._denoiser.alphas_cumprod

    def encode(self, images: Images) -> torch.Tensor:
        """As the model's."""
        return self._denoiser.encode(images)

    def decode(self, z: torch.Tensor) -> Images:
        """As the model's."""
        return self._denoiser.decode(z)

    def eps(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As the model's, counted."""
        self.images_seen += len(z_t)
        return self._denoiser.eps(z_t, t)

    def eps_with_grad(self, z_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """As the model's, counted; ValueError where it shows no weights."""
        self.images_seen += len(z_t)
        return self._white_box.eps_with_grad(z_t, t)

    def discriminate(self, images: Images) -> NDArray[np.float64]:
        """As the model's, counted."""
        self.images_seen += len(images)
        return cast("Discriminator", self._model).discriminate(images)

    @property
    def _denoiser(self) -> Denoiser:
        return cast("Denoiser", self._model)

    @property
    def _white_box(self) -> WhiteBox:
        if not self.shows_weights:
            raise ValueError("This model does not show its weights, and an attack asked for gradients by them.")
        return cast("WhiteBox", self._model)


@dataclass(frozen=True)
class View:
    """One generator as an attacker sees it, and the candidates.

    candidates: uint8 [n, h, w]; release: uint8 [m, h, w], empty for an attack that looks at the model alone;
    model: its denoiser or discriminator, None where the attacker holds none; candidates_as_release: the release is
    the candidates themselves, so whoever measures must leave each one's own copy out.
    """

    candidates: Images
    release: Images
    model: CountedModel | None = None
    candidates_as_release: bool = False
    _memo: OrderedDict[Hashable, tuple[Any, int, int]] = field(default_factory=OrderedDict, repr=False, compare=False)

    @classmethod
    def of_candidates(cls, candidates: Images) -> View:
        """The candidates facing each other: how alike two different real slices are."""
        return cls(candidates, candidates, candidates_as_release=True)

    @property
    def among(self) -> bool:
        """The name that `candidates_as_release` had until 0.2.0, which plug-ins may use."""
        return self.candidates_as_release

    @property
    def denoiser(self) -> CountedModel:
        """The model of a view that has one; ValueError where it has none, or one of another kind."""
        return self._asked(Access.MODEL)

    @property
    def discriminator(self) -> CountedModel:
        """The model of a view whose generator gives a discriminator; ValueError where it does not."""
        return self._asked(Access.DISCRIMINATOR)

    def _asked(self, access: Access) -> CountedModel:
        if self.model is None:
            raise ValueError("This view has no model; only an attack with access to one may ask for it.")
        if self.model.gives is not access.asks:
            raise ValueError(f"This view cannot be looked at: {other_kind(access, self.model, 'its generator')}")
        return self.model

    def remember(self, key: Hashable, compute: Callable[[], _T]) -> _T:
        """compute(), or what it gave before under this key: attacks share the costly parts of a view.

        The least recently used go first beyond 1 GiB of arrays.
        """
        if key in self._memo:
            self._memo.move_to_end(key)
            value, _, calls = self._memo[key]
            if self.model is not None:
                self.model.images_saved += calls
            return value
        before = self._images_asked()
        value = compute()
        self._memo[key] = value, int(getattr(value, "nbytes", 0)), self._images_asked() - before
        while len(self._memo) > 1 and sum(size for _, size, _ in self._memo.values()) > _MEMO_BYTES:
            self._memo.popitem(last=False)
        return value

    def remembers(self, key: Hashable) -> bool:
        """Whether `remember` has it under this key."""
        return key in self._memo

    def _images_asked(self) -> int:
        return self.model.images_seen + self.model.images_saved if self.model is not None else 0


class Observer(Protocol):
    """What a target, and whoever keeps observations for it, asks of an attack that looks at one generator at a time.

    `attacks.observing.ObservingAttack` is one, and says what each of these is.
    """

    name: ClassVar[str]
    observes: ClassVar[Access]

    @property
    def observes_references(self) -> bool:
        """Whether the reference generators are looked at, too."""

    def observation(self) -> tuple[str, dict[str, Any]]:
        """What decides an observation besides the view."""

    @classmethod
    def observing_classes(cls) -> list[type]:
        """The classes whose code observes."""

    def observed(self, view: View) -> Observed:
        """What one generator shows of each candidate: float64 [n, ...]."""
