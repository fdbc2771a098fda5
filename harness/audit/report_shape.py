"""The shape of an audit's `report.json`: what its writer fills in, and what its JSON Schema is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from harness.audit.figures import AuditRecord


@dataclass(frozen=True)
class AuditSettingsFacts:
    """What was asked.

    distance: that calls copies. moves: whether mirrored and shifted copies are looked for. check: the second
    distance. attacks: their names. encoder: the file's last name. false_copies: the rate. seed: of resamples and
    splits.
    """

    distance: str
    moves: bool
    check: str
    attacks: list[str]
    encoder: str | None
    false_copies: float
    seed: int


@dataclass(frozen=True)
class ReleaseFacts:
    """The release.

    n: images; removed: by the filter.
    """

    n: int
    removed: int


@dataclass(frozen=True)
class SideFacts:
    """A folder of real slices.

    n: slices; patients: named ones; unnamed: slices whose patient nobody says.
    """

    n: int
    patients: int
    unnamed: int


@dataclass(frozen=True)
class AuditRun:
    """What was audited.

    version: of the harness. settings: what was asked. size: working size, pixels. release, members, holdout, other:
    how large each folder is; other is null where none was given.
    """

    version: str
    settings: AuditSettingsFacts
    size: int
    release: ReleaseFacts
    members: SideFacts
    holdout: SideFacts
    other: SideFacts | None


@dataclass(frozen=True)
class ThresholdFacts:
    """Above which gap an image counts as a copy.

    gap: the threshold. distance: its measure. fixed_on: whose images. patients: of the holdout. false_copies: the
    rate.
    """

    gap: float
    distance: str
    fixed_on: Literal["holdout"]
    patients: int
    false_copies: float


@dataclass(frozen=True)
class FaultFacts:
    """What is wrong with released images.

    fault: its name. n: images; share: of the release. says: a sentence.
    """

    fault: str
    n: int
    share: float
    says: str


@dataclass(frozen=True)
class CarriedFacts:
    """What files carry beside grey pixels.

    part: its name. n: files; share: of the release. first: the first such file.
    """

    part: str
    n: int
    share: float
    first: str


@dataclass(frozen=True)
class SearchFacts:
    """Planted copies of one kind.

    copies: which; found: of them; n: how many; seen: whether the audit would have seen such copies.
    """

    copies: str
    found: int
    n: int
    seen: bool


@dataclass(frozen=True)
class ControlFacts:
    """The positive control.

    fixed_on: whose images fixed its threshold; searches: by kind.
    """

    fixed_on: str
    searches: dict[str, SearchFacts]


@dataclass(frozen=True)
class AuditReport:
    """`report.json` of an audit.

    schema: version of this shape. run: what was audited. folders: the account of each folder. not_examined: files in
    the release's folder that are no images. threshold: above which an image counts as a copy. alarms: sentences on
    controls outside chance. remarks: of the reading. out_of_frame: how the release as a whole lies otherwise than the
    slices, in words; empty where it does not. unlike: times as far from the nearest slice as slices of other
    patients, where that is too far, else 0. faults: what is wrong with images. real_slices: released images that are
    real ones to the pixel, by side. carried: beside grey pixels. positive_control: what was found of planted copies.
    records: the figures. filter: what removing copies cost. rule_of_thumb: a sentence. verdict: sentences.
    """

    schema: Literal[1]
    run: AuditRun
    folders: list[dict[str, Any]]
    not_examined: int
    threshold: ThresholdFacts
    alarms: list[str]
    remarks: list[str]
    out_of_frame: str
    unlike: float
    faults: list[FaultFacts]
    real_slices: dict[str, int]
    carried: list[CarriedFacts]
    positive_control: ControlFacts
    records: list[AuditRecord]
    filter: list[str]
    rule_of_thumb: str
    verdict: list[str]
