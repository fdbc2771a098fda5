"""The audit's positive control: copies that it makes of holdout slices, plants into the release and must find."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from attacks.base import Images
from harness.audit.case import Case
from harness.audit.copy_rule import Places, called
from harness.audit.fidelity import drawn
from harness.audit.figures import PLANTED, Figure
from harness.audit.moved import reach
from harness.evaluation.intervals import wilson
from harness.evaluation.metrics import Floats
from harness.seeds import rng_of

N_PLANTED = 12  # of each kind, where the holdout has as many slices to spare
SEEN = 0.8  # of the planted copies of a kind must be found
_LEAST_LEFT = 4  # patients of the holdout on whom the threshold is fixed


class Kind(NamedTuple):
    """A way to copy a slice. make: float64 [n, s, s] in grey levels -> the same, not rounded; needed: whether there
    is no all-clear where it is not seen: what generators and their training do to a slice as a matter of course."""

    title: str
    make: Callable[[Floats, np.random.Generator], Floats]
    needed: bool = False


def _shifted(images: Floats, rng: np.random.Generator) -> Floats:
    """As far as the audit looks, down and to the right, edges repeated."""
    del rng
    by, side = reach(images.shape[1])[0], images.shape[1]
    return np.pad(images, ((0, 0), (by, 0), (by, 0)), mode="edge")[:, :side, :side]


def _blurred(images: Floats, rng: np.random.Generator) -> Floats:
    from scipy.ndimage import gaussian_filter  # start-up: half a second to import

    del rng
    width = max(0.5, images.shape[1] / 64)
    return np.asarray(gaussian_filter(images, (0.0, width, width), mode="nearest"))


def _turned(images: Floats, rng: np.random.Generator) -> Floats:
    from scipy.ndimage import rotate  # start-up

    del rng
    return np.asarray(rotate(images, 10.0, axes=(1, 2), reshape=False, order=1, mode="nearest"))


def _enlarged(images: Floats, rng: np.random.Generator) -> Floats:
    from scipy.ndimage import affine_transform  # start-up

    del rng
    middle, by = (images.shape[1] - 1) / 2.0, 1.0 / 1.1
    scale = np.array([1.0, by, by])
    return np.asarray(affine_transform(images, scale, (1.0 - scale) * middle, order=1, mode="nearest"))


KINDS = {
    "noise": Kind("with noise", lambda images, rng: images + rng.normal(0.0, 8.0, images.shape), needed=True),
    "blur": Kind("blurred", _blurred, needed=True),
    "shift": Kind("shifted by a 32nd", _shifted, needed=True),
    "flip": Kind("mirrored left to right", lambda images, rng: images[:, :, ::-1], needed=True),
    "contrast": Kind("of another contrast", lambda images, rng: 0.7 * images + 30.0, needed=True),
    "turn": Kind("turned by 10 degrees", _turned),
    "down": Kind("upside down", lambda images, rng: images[:, ::-1]),
    "quarter": Kind("turned by a quarter", lambda images, rng: np.rot90(images, 1, (1, 2))),
    "negative": Kind("as negatives", lambda images, rng: 255.0 - images),
    "zoom": Kind("enlarged by a tenth", _enlarged),
}


class Search(NamedTuple):
    """What came of one kind: so many planted copies were found, of so many."""

    kind: Kind
    found: int
    n: int

    @property
    def seen(self) -> bool:
        """Whether a copy of this kind would have been found."""
        return self.found >= SEEN * self.n


class PositiveControl(NamedTuple):
    """searches: a kind each; n_patients: of the holdout, on whom the threshold was fixed."""

    searches: dict[str, Search]
    n_patients: int

    @property
    def blind(self) -> bool:
        """Whether a copy such as generators make would not have been found."""
        return not all(one.seen for one in self.searches.values() if one.kind.needed)

    @property
    def missed(self) -> list[Search]:
        """Kinds that would not have been found."""
        return [one for one in self.searches.values() if not one.seen]


def positive_control(case: Case) -> PositiveControl:
    """Some holdout patients play members: copies of their slices are planted into the release, a kind at a time, and
    looked for by the rule, with a threshold that is fixed anew on the rest of the holdout. A copy counts as found
    where it is called one and traced to the patient whose slice it is."""
    material, seed = case.material, case.settings.seed
    rng = rng_of(seed, "audit", "planted")
    people = np.unique(material.patient[~material.member])
    n_players = min(N_PLANTED, len(people) - max(_LEAST_LEFT, len(people) // 2))
    playing = np.isin(material.patient, rng.choice(people, n_players, replace=False))
    of_players = np.flatnonzero(playing)
    places = of_players[drawn(material.patient[of_players], N_PLANTED, rng)]
    images = {name: made(kind, material.pool[places], rng) for name, kind in KINDS.items()}
    joined = np.concatenate(list(images.values()))
    plain, moved = case.between(joined), case.between_moved(joined)
    member = material.member | playing
    found = {}
    for number, (name, kind) in enumerate(KINDS.items()):
        part = slice(number * len(places), (number + 1) * len(places))
        judged = called(
            np.concatenate([case.distances, plain[:, part]], axis=1),
            None if case.moved is None or moved is None else np.concatenate([case.moved, moved[:, part]], axis=1),
            material.patient,
            member,
            case.settings.false_copies,
        )
        right = material.patient[judged.source] == _owners(material.patient[places], len(judged.copy))
        found[name] = Search(kind, int((judged.copy & right).sum()), len(places))
    return PositiveControl(found, len(people) - n_players)


def made(kind: Kind, images: Images, rng: np.random.Generator) -> Images:
    """Copies of uint8 [n, s, s], rounded and clipped to 0 to 255."""
    return np.clip(np.rint(kind.make(images.astype(np.float64), rng)), 0, 255).astype(np.uint8)


def _owners(patients: Places, n: int) -> Places:
    """Of n released images, whose slice each is: nobody's, but for the planted ones at the end."""
    return np.concatenate([np.full(n - len(patients), -1), patients])


def planted_figures(control: PositiveControl) -> list[Figure]:
    """A row a kind."""
    return [
        Figure(
            "planted",
            f"planted_{name}",
            f"copies {one.kind.title}",
            wilson(one.found, one.n),
            None,
            "fraction",
            PLANTED,
            f"{one.found} of {one.n}" + ("" if one.seen else ": not seen"),
            SEEN,
        )
        for name, one in control.searches.items()
    ]
