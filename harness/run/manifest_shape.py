"""The shape of `manifest.json`: what its writer fills in, and what its JSON Schema is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class FolderFacts:
    """The account of a folder that was read; no name of a file is in it.

    folder: what it is called in sentences. images: read. links: of them, those that are links or lie in linked
    folders. left_out: how many files were left out, by reason. revision: of a data set of the Hub, its commit; null
    elsewhere.
    """

    folder: str
    images: int
    links: int
    left_out: dict[str, int]
    revision: str | None = None


@dataclass(frozen=True)
class PatientFacts:
    """One patient, by his salted hash.

    patient: as in `scores.csv`. slices: ids, in the order of their pixels' digests.
    """

    patient: str
    slices: list[str]


@dataclass(frozen=True)
class SlicesFacts:
    """The slices that take part, whatever they are called and wherever they lie.

    digest: sha256 of the sorted digests of pixels, patient by patient, sorted: no salt, id, name or order is in it.
    patients: where ids are hashed with the store's salt, those that take part in an order that pixels alone decide,
    so that `harness.compare` knows them again in a run of another store; null where ids are the same in every store,
    or two patients' slices are equal.
    """

    digest: str
    patients: list[PatientFacts] | None


@dataclass(frozen=True)
class BaseFacts:
    """What every generator was trained on from.

    start: its name. generator: its key. extra_slices: how many it learnt of those, null where it learnt none here.
    """

    start: str
    generator: str | None
    extra_slices: int | None


@dataclass(frozen=True)
class GeneratorFacts:
    """One generator of the plan.

    name: in the plan. generator, release: their keys in the store. seed: of its training. members: how many; null of
    the one whose members are withheld.
    """

    name: str
    generator: str
    release: str
    seed: int
    members: int | None


@dataclass(frozen=True)
class Hardware:
    """Where the run was made.

    machine: the processor's architecture. system: the operating system. cores: that it could use.
    """

    machine: str
    system: str
    cores: int


@dataclass(frozen=True)
class Facts:
    """`manifest.json`: what made a run's folder, so that it can be made again.

    schema: version of this shape. family: of the shadows. recipe_schema: version of what its options mean. command:
    as it was typed, with `...` where a value says something of this machine. commit: of the clone, a `+` at its end
    where something in it was changed; null outside a clone. source: a hash of the harness's own source. versions: of
    Python and packages. hardware: where it ran. seed: of the run. pool: key of the pool. slices: what they
    are. folders: the accounts of the
    folders read. base: what generators were trained on from, null where that is nothing. generators: every one of the
    plan. warnings: every remark of the run. broken_plugins: by name, the kind of error with which one could not be
    imported.
    """

    schema: Literal[1]
    family: str
    recipe_schema: int
    command: list[str]
    commit: str | None
    source: str
    versions: dict[str, str]
    hardware: Hardware
    seed: int
    pool: str
    slices: SlicesFacts
    folders: list[FolderFacts]
    base: BaseFacts | None
    generators: list[GeneratorFacts]
    warnings: list[str]
    broken_plugins: dict[str, str]


@dataclass(frozen=True)
class Manifest(Facts):
    """`manifest.json`: what made a run's folder, so that it can be made again, and the digest of every file in it.

    files: sha256 of every file of the folder but this one, by name.
    """

    files: dict[str, str]
