"""The shape of `manifest.json`: what its writer fills in, its reader reads, and its JSON Schema is made of.

A field with a default is one that older versions did not write, or that a copy to pass on leaves away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from shadow_models.recipe import DEFAULT


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

    name: in the plan. generator, release: their keys in the store. seed: of its training; null where it is not passed
    on. members: how many; null of the one whose members are withheld.
    """

    name: str
    generator: str
    release: str
    seed: int | None = None
    members: int | None = None


@dataclass(frozen=True)
class Hardware:
    """Where the run was made.

    machine: the processor's architecture. system: the operating system. cores: that it could use. Each null where it
    is not passed on.
    """

    machine: str | None = None
    system: str | None = None
    cores: int | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """`manifest.json`: what made a run's folder, so that it can be made again.

    schema: version of this shape. family: of the shadows. recipe_schema: version of what its options mean. command:
    as it was typed, with `...` where a value says something of this machine. commit: of the clone, a `+` at its end
    where something in it was changed; null outside a clone. source: a hash of the harness's own source, empty where
    it is not passed on. versions: of Python and packages. hardware: where it ran. seed: of the run; null where it is
    not passed on. pool: key of the pool. slices: what they
    are, null where it is not passed on. folders: the accounts of the folders read. base: what generators were
    trained on from, null where that is nothing. generators: every one of the plan. warnings: every remark of the run.
    broken_plugins: by name, the kind of error with which one could not be imported. copy: whether `harness.share`
    made it to be passed on, without what the run is made again from.
    """

    schema: Literal[1]
    family: str = DEFAULT
    recipe_schema: int = 1
    command: list[str] = field(default_factory=list)
    commit: str | None = None
    source: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    hardware: Hardware = Hardware()
    seed: int | None = None
    pool: str
    slices: SlicesFacts | None = None
    folders: list[FolderFacts] = field(default_factory=list)
    base: BaseFacts | None = None
    generators: list[GeneratorFacts]
    warnings: list[str] = field(default_factory=list)
    broken_plugins: dict[str, str] = field(default_factory=dict)
    copy: bool = False


@dataclass(frozen=True, kw_only=True)
class Manifest(Facts):
    """`manifest.json`: what made a run's folder, so that it can be made again, and the digest of every file in it.

    files: sha256 of every file of the folder but this one, by name.
    """

    files: dict[str, str]
