"""The figures of an audit: what table, page and `report.json` show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.evaluation.estimate_text import DIGITS, estimate_text
from harness.evaluation.intervals import Estimate

SCHEMA: Literal[1] = 1
PATIENTS = "patients"
BY_NEAREST = "patients; a released image goes with the patient nearest to it"
COPIED = "patients copied"
OF_MEMBERS = "patients of the members"
PLANTED = "planted copies"
BY_GROUPS = "jackknife: groups of patients, of released images"
UNKNOWN = Estimate(None, note="patients unknown: no metadata.csv of --members names them in patient_id")
Section = Literal["copies", "membership", "patients", "fidelity", "planted"]
TITLES: dict[Section, str] = {
    "copies": "1. Copies of members",
    "membership": "2. Membership: members told from the holdout, given the release (0.5 is guessing)",
    "patients": "3. Patients",
    "fidelity": "4. Distance to real slices",
    "planted": "5. Positive control: copies of holdout slices that the audit planted, and how many it found",
}


@dataclass(frozen=True)
class AuditRecord:
    """One figure of one release.

    section: of the report. measure: a name. release: `given`, or `filtered`: what the filter left. value, low, high:
    a 95 % interval, null where the sample allows none. unit: what the value is. resampled: what the interval
    resamples. reference: the control, chance or floor that it is set beside. note: why there is no value.
    """

    section: Section
    measure: str
    release: Literal["given", "filtered"]
    value: float | None
    low: float | None
    high: float | None
    unit: str
    resampled: str
    reference: float | None
    note: str | None


@dataclass(frozen=True)
class Figure:
    """One row. given, filtered: of the release as it came and of what is left of it (None: not measured there).

    unit: what the value is; resampled: what its interval resamples; beside: what to compare it with, in words;
    reference: that as a number; measure: the file-safe name in report.json.
    """

    section: Section
    measure: str
    title: str
    given: Estimate
    filtered: Estimate | None
    unit: str
    resampled: str
    beside: str = ""
    reference: float | None = None

    def records(self) -> list[AuditRecord]:
        """The rows of `report.json`, one a release."""
        found = [self._record("given", self.given)]
        return found if self.filtered is None else [*found, self._record("filtered", self.filtered)]

    def _record(self, release: Literal["given", "filtered"], one: Estimate) -> AuditRecord:
        return AuditRecord(
            section=self.section,
            measure=self.measure,
            release=release,
            value=one.value,
            low=one.low,
            high=one.high,
            unit=self.unit,
            resampled=self.resampled,
            reference=self.reference,
            note=one.note,
        )


def shown(one: Estimate | None) -> str:
    """`0.123 [0.045, 0.201]`, fewer digits of large values; the short reason where there is no value."""
    large = one is not None and one.value is not None and abs(one.value) >= 1.0
    digits = max(0, DIGITS - len(f"{abs(one.value or 0.0):.0f}")) if one is not None and large else DIGITS
    return estimate_text(one, digits)
