"""The shape of `challenge.json`: what its writer fills in, and what its JSON Schema is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class OfReleases:
    """A number for each of the two releases.

    dev: of the labelled one. test: of the other.
    """

    dev: int
    test: int


@dataclass(frozen=True)
class Candidates:
    """Slices that are shown beside a release.

    used: that the generator learnt. not_used: that it never saw.
    """

    used: int
    not_used: int


@dataclass(frozen=True)
class Decided:
    """What options and data decide of a challenge.

    schema: version of this shape. edition: whose layout it has. seed: of the challenge. data: a hash of what decides
    its slices. recipe: of the generator, every number that decides it. start: what the generator was trained on from,
    null where that is nothing. patients: asked about. more_members: patients of whom the generator learnt besides.
    generated: images that are handed out.
    """

    schema: Literal[2]
    edition: str
    seed: int
    data: str
    recipe: dict[str, Any]
    start: str | None
    patients: OfReleases
    more_members: int
    generated: OfReleases


@dataclass(frozen=True)
class Made(Decided):
    """What decides a challenge, and how large its parts are.

    generator: its key in the store. slices: a hash of all that were dealt. members: slices that the generator learnt.
    dev, test: of the candidates. extra: slices of nobody asked about, beside the challenge.
    """

    generator: str
    slices: str
    members: int
    dev: Candidates
    test: Candidates
    extra: int


@dataclass(frozen=True)
class ChallengeFacts(Made):
    """`challenge.json`: what made a challenge, how large it is, and the digest of every file.

    files: sha256 of every file of the folder but this one, by name.
    """

    files: dict[str, str]
