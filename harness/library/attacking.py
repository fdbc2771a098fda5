"""`attack`: named attacks on candidates, a release and references; no label of a candidate can be given to it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.errors import InputError, unknown_name
from harness.evaluation.estimate_text import counted
from harness.library.images import Given, Images, flags, images_of, in_python, side_of
from harness.library.model import generator_of
from harness.library.shown import axes_of, frame_html, listed, told_html

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from attacks.base import Attack, LabelledTarget, Target
    from shadow_models.recipe import Generator

_PAIRS = "The references must be pairs of complements, 2 pairs or more: what one held, the other did not."


@dataclass(frozen=True, repr=False)
class ScoreTable:
    """What attacks say of each candidate: larger means more likely that it was trained on.

    ids: n names of candidates; scores: by attack, float64 [n], each on a scale of its own; skipped: why an attack
    could not run, by its name; seconds: what each took.
    """

    ids: tuple[str, ...]
    scores: Mapping[str, NDArray[np.float64]]
    skipped: Mapping[str, str]
    seconds: Mapping[str, float]

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """The scores of one attack, float64 [n]. KeyError, with the reason, where it has none."""
        if name not in self.scores:
            raise KeyError(self.skipped.get(name, unknown_name("attack here", name, self.scores)))
        return self.scores[name]

    def __repr__(self) -> str:
        skipped = f"; skipped: {listed(list(self.skipped))}" if self.skipped else ""
        n = counted(len(self.ids), "candidate")
        return f"<ScoreTable of {n}, scored by {listed(list(self.scores)) or 'nothing'}{skipped}>"

    def to_pandas(self) -> pd.DataFrame:
        """A row a candidate by its id, a column an attack."""
        import pandas as pd  # start-up: a second

        return pd.DataFrame(dict(self.scores), index=pd.Index(self.ids, name="candidate"))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Scores in falling order, in standard deviations from their mean: what was copied stands out at the left."""
        axes = axes_of(ax)
        for name, score in self.scores.items():
            spread = float(score.std()) or 1.0
            axes.plot(np.arange(1, len(score) + 1), np.sort((score - score.mean()) / spread)[::-1], label=name)
        axes.set(xlabel="candidates, largest score first", ylabel="score, standard deviations from the mean")
        axes.axhline(0.0, color="0.8", zorder=0)
        if self.scores:
            axes.legend(frameon=False)
        return axes

    def _repr_html_(self) -> str:
        skipped = [f"{name}: skipped; {why}" for name, why in self.skipped.items()]
        return frame_html(self.to_pandas().round(4), rows=20) + told_html(skipped)


@in_python()
def attack(
    candidates: Given,
    release: Given,
    references: Sequence[tuple[Given, ArrayLike]] | None = None,
    names: Sequence[str | Attack] = ("knn",),
    *,
    size: int | None = None,
    model: str | os.PathLike[str] | Generator | None = None,
) -> ScoreTable:
    """Score named attacks: which candidates look as if the generator of this release had been trained on them?

    candidates: n real slices; release: m images that the generator gave out; each uint8 [n, h, w], floats of 0 to 1,
    or the path of a folder. references: for attacks that are calibrated or learn, one (release, held) for each
    generator of your own: what it gave out, and which candidates it was trained on, bool [n]. An attack that
    learns (`stack`) wants pairs of complements. names: of attacks, or attacks with options of theirs, such as
    `find_attacks().by_name["knn"](k=5)`. size: the working size, pixels; left out, that of the arrays, and 64 for
    folders. model: for attacks that ask the generator itself, one that the harness saved, by its folder, or
    loaded; their calibrated forms also ask the models of references, which cannot be given here. Candidates reach
    an attack by hashes of their pixels: neither their order nor their names.

    An attack that cannot run stands in `skipped` with the reason. Raises InputError, in a sentence, for an unknown
    name, images that cannot be read or do not agree, and options that this release does not allow.
    """
    from harness.jobs.scored import scored

    held = _pairs(references)
    side = side_of([candidates, release, *(one for one, _ in held)], size)
    seen = images_of(candidates, side, "candidates")
    asked = None if model is None else generator_of(model, side)
    target = _target(seen, images_of(release, side, "release"), held, side, asked)
    known, found = None, {}
    for name, one in _attacks(names).items():
        if one.learns and known is None:
            known = _as_shadows(target)
        if one.learns and not known:
            found[name] = _skipped(f"it is fitted on references. {_PAIRS}")
        else:
            found[name] = scored(one, target, known or (), "Give more pairs of references.")
    return ScoreTable(
        seen.ids,
        {name: one.scores for name, one in found.items() if one.scores is not None},
        {name: one.skipped for name, one in found.items() if one.skipped is not None},
        {name: one.seconds for name, one in found.items() if one.scores is not None},
    )


def _pairs(references: Sequence[tuple[Given, ArrayLike]] | None) -> list[tuple[Given, ArrayLike]]:
    held = [] if references is None else list(references)
    for place, one in enumerate(held):
        if not isinstance(one, tuple | list) or len(one) != 2:
            told = f"it holds {len(one)}" if isinstance(one, tuple | list) else f"it is {type(one).__name__}"
            raise InputError(
                f"references[{place}] must be two things, (release, held), what your generator gave out and which "
                f"candidates it was trained on; {told}."
            )
    return held


def _target(
    seen: Images, release: Images, held: Sequence[tuple[Given, ArrayLike]], side: int, model: Generator | None
) -> Target:
    from attacks.base import Reference
    from harness.jobs.scored import target_of

    references = [
        Reference(
            images_of(images, side, f"references[{place}]").pixels,
            flags(who, len(seen.ids), f"references[{place}][1], which candidates it was trained on,"),
        )
        for place, (images, who) in enumerate(held)
    ]
    return target_of(seen.pixels, release.pixels, references, model)


def _attacks(names: Sequence[str | Attack]) -> dict[str, Attack]:
    """The attacks by what their column is called: their name, with the options that are not usual."""
    from attacks.registry import find_attacks

    if isinstance(names, str):
        raise InputError(f"names={names!r} is a string; give a list, such as names=[{names!r}].")
    known = find_attacks([one for one in names if isinstance(one, str)]).by_name
    chosen: dict[str, Attack] = {}
    for one in names:
        if not isinstance(one, str):
            chosen[_titled(one)] = one
        elif one in known:
            chosen[one] = known[one]()
        else:
            raise InputError(unknown_name("attack", one, known))
    return chosen


def _titled(one: Attack) -> str:
    from dataclasses import fields

    usual = type(one)()
    told = [
        f"{option.name}={getattr(one, option.name)!r}"
        for option in fields(one)  # type: ignore[arg-type]  # every attack is a dataclass
        if getattr(one, option.name) != getattr(usual, option.name)
    ]
    return f"{one.name}({', '.join(told)})" if told else one.name


def _as_shadows(target: Target) -> list[LabelledTarget]:
    """Each reference as a labelled target, with the other pairs as its references; none where they are no pairs.

    Neither it nor its complement: who was in that one tells who was in this one.
    """
    from dataclasses import replace

    from attacks.base import LabelledTarget

    shadows = []
    for one in target.references:
        others = [other for other in target.references if not _tells(other.held, one.held)]
        if len(others) != len(target.references) - 2 or not others:
            return []
        shown = replace(target, release=one.release, references=tuple(others))
        shadows.append(LabelledTarget(shown, one.held))
    return shadows


def _tells(held: NDArray[np.bool_], label: NDArray[np.bool_]) -> bool:
    return bool(np.array_equal(held, label) or np.array_equal(held, ~label))


def _skipped(why: str) -> Any:
    from harness.jobs.scored import Scored

    return Scored(None, why)
