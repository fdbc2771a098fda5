"""Python, the packages that are needed, and the extras: read from what installers know, nothing is imported."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.doctor.finding import Finding, State

NAME = "gan-membership-harness"
OLDEST, NEWEST = (3, 11), (3, 13)
PART, EXTRAS = "packages", "extras"
WHAT_FOR: Mapping[str, str] = {
    "browser": "the tests that open pages in Chromium",
    "dev": "changing the harness itself: the checks of `make check`",
    "docs": "building the documentation's site",
    "dp": "training with differential privacy: shadow.epsilon=...",
    "fuzz": "fuzzing the parsers: benchmarks.faults.fuzzing",
    "hub": "slices from the Hugging Face hub or parquet files: data=hub, data=parquet",
    "medical": "DICOM series and NIfTI volumes: data=dicom, data=nifti",
    "mirror": "a store's mirror in S3, or in Google's or Azure's stores: store.mirror=s3://...",
    "ray": "jobs on a Ray cluster: launch=ray",
    "slurm": "jobs that SLURM runs: launch=slurm",
    "test": "the tests, and comparisons with other libraries in benchmarks",
}
"""What each extra is for, as it completes 'needed for ...'."""


def python_found() -> Finding:
    """The interpreter, beside the versions that are tested."""
    here, tried = sys.version_info[:2], f"{'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))}"
    told = (
        f"{platform.python_version()} ({platform.python_implementation()}, {platform.system()} {platform.machine()})"
    )
    if here < OLDEST:
        return Finding(PART, "python", "broken", f"{told} is too old.", f"Install Python {tried}.")
    if here > NEWEST:
        return Finding(PART, "python", "note", f"{told} is newer than what was tried: {tried}.")
    return Finding(PART, "python", "good", told)


def versions() -> dict[str, str]:
    """Every package that is needed and there, and its version; the harness itself first."""
    found = {NAME: _version(NAME) or "not installed"}
    return found | {one.name: there for one in _asked("") if (there := _version(one.name)) is not None}


def packages_found() -> Iterator[Finding]:
    """One finding for all packages that are as needed, and one for each that is not."""
    if _version(NAME) is None:
        mend = "Install it with `pip install .` in its folder."
        yield Finding(
            PART, NAME, "note", "runs from its source and is not installed: versions are not compared.", mend
        )
        return
    yield Finding(PART, NAME, "good", _version(NAME) or "")
    asked = _asked("")
    wrong = [one for one in asked if _state(one) != "good"]
    if len(wrong) < len(asked):
        told = ", ".join(f"{one.name} {_version(one.name)}" for one in asked if one not in wrong)
        yield Finding(PART, "needed", "good", told)
    for one in wrong:
        yield Finding(PART, one.name, "broken", _missing(one), _install([one]))


def extras_found() -> Iterator[Finding]:
    """One finding an extra: there, or what is missing of it and for what."""
    if _version(NAME) is None:
        return
    known = sorted(distribution(NAME).metadata.get_all("Provides-Extra") or ())
    for extra in known:
        asked = [one for one in _asked(extra) if canonicalize_name(one.name) != NAME]
        wrong = [one for one in asked if _state(one) != "good"]
        purpose = f"needed for {WHAT_FOR[extra]}" if extra in WHAT_FOR else "optional"
        if not wrong:
            yield Finding(EXTRAS, extra, "good", f"there: {', '.join(sorted(one.name for one in asked))}; {purpose}")
            continue
        absent = [one.name for one in wrong if _version(one.name) is None]
        told = ([f"not there: {', '.join(absent)}"] if absent else []) + [
            _missing(one) for one in wrong if one.name not in absent
        ]
        yield Finding(EXTRAS, extra, "missing", "; ".join([*told, purpose]), _install(wrong))


def _asked(extra: str) -> list[Requirement]:
    """What is asked for always (extra: empty), or by one extra besides."""
    try:
        lines = distribution(NAME).requires or ()
    except PackageNotFoundError:
        return []
    every = [Requirement(line) for line in lines]
    always = [one for one in every if _holds(one, "")]
    return always if not extra else [one for one in every if one not in always and _holds(one, extra)]


def _holds(one: Requirement, extra: str) -> bool:
    return one.marker is None or one.marker.evaluate({"extra": extra})


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _state(one: Requirement) -> State:
    there = _version(one.name)
    return "good" if there is not None and one.specifier.contains(there, prereleases=True) else "broken"


def _install(wrong: Sequence[Requirement]) -> str:
    """The packages by their own names: the harness itself may have come from anywhere."""
    return "pip install " + " ".join(f"'{one.name}{one.specifier}'" for one in wrong)


def _missing(one: Requirement) -> str:
    there = _version(one.name)
    return f"{one.name} is not there" if there is None else f"{one.name} is {there}, and {one.specifier} is needed"
