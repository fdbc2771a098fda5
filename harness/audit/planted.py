"""The audit's positive control: copies that it makes of holdout slices, plants into the release and must find."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from harness.audit.case import Case
from harness.audit.copy_rule import Places, called
from harness.audit.fidelity import drawn
from harness.audit.figures import PLANTED, Figure
from harness.data.planted_copies import KINDS, Kind, made
from harness.evaluation.intervals import wilson
from harness.seeds import rng_of

N_PLANTED = 12  # of each kind, where the holdout has as many slices to spare
SEEN = 0.8  # of the planted copies of a kind must be found
_LEAST_LEFT = 4  # patients of the holdout on whom the threshold is fixed


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
