"""A challenge's folders as copies have them: which of two folders of one name is dev's, and which the test's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Answer, Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import Grey, digest, picture, write_all

_ROLES = ("dev_generated", "dev_used", "dev_not_used", "test_generated", "test_candidates")
_STEMS = {
    2025: ("generated_{}", "used_{}", "not_used_{}", "generated_{}", "unknown_{}"),
    2023: ("generated_{:04d}", "used_{:04d}", "not_used_{:04d}", "generated_{:05d}", "real_unknown_{:04d}"),
}
_PLACES = {
    2025: ("dev/generated", "dev/real_used", "dev/real_not_used", "test/generated", "test/real_unknown"),
    2023: ("dev/generated", "dev/used", "dev/not_used", "test/generated_1", "test/real_unknown_1"),
}
_FOLDERS = {year: dict(zip(_ROLES, places, strict=True)) for year, places in _PLACES.items()}
N = 12  # of each; numbers without leading zeros sort otherwise as names than as numbers
Move = Callable[[Path], object]


def _leaf(role: str, year: int) -> dict[str, Grey]:
    start = 40 * _ROLES.index(role)
    return {_STEMS[year][_ROLES.index(role)].format(k + 1): picture(start + k) for k in range(N)}


def _palette(pixels: Grey, path: Path) -> None:
    """8 bits with a colour map, as the edition gave them out."""
    image = Image.fromarray(255 - pixels)
    image.putpalette(np.repeat(np.arange(255, -1, -1).astype(np.uint8), 3).tobytes())
    image.save(path)


def right(year: int, without: Sequence[str] = ()) -> Answer:
    """Of each role and id the pixels."""
    return {
        f"{role}:{name}": digest(one)
        for role in _ROLES
        if role not in without
        for name, one in _leaf(role, year).items()
    }


def _laid_out(
    root: Path,
    year: int,
    *,
    move: Move | None = None,
    without: Sequence[str] = (),
    refused: bool = False,
    folders: dict[str, str] | None = None,
) -> list[Right]:
    for role in _ROLES:
        if role not in without:
            place = (folders or _FOLDERS[year])[role]
            write_all(
                root / "data" / place,
                _leaf(role, year),
                _palette if year == 2025 else lambda one, path: Image.fromarray(one).save(path),
            )
    if move is not None:
        move(root / "data")
    return [] if refused else [Right(right(year, without))]


def _swap(data: Path, one: str, other: str) -> None:
    (data / one).rename(data / "between")
    (data / other).rename(data / one)
    (data / "between").rename(data / other)


def _broken(data: Path, leaf: str) -> None:
    for path in sorted((data / leaf).iterdir())[:6]:
        path.unlink()
        path.symlink_to("gone.png")


def _shadow(data: Path) -> None:
    write_all(data / "__MACOSX" / "test" / "real_unknown", {"._unknown_1": picture(0)})
    write_all(data / "@eaDir" / "test" / "real_unknown", {"unknown_1": picture(0)})


def cases(real: Path | None = None) -> Sequence[Case]:
    """2025 with its twin `generated`, and 2023 under the names of its copies."""
    dev = ("dev_generated", "dev_used", "dev_not_used")
    flat = {
        "dev_generated": "a/generated",
        "dev_used": "a/real_used",
        "dev_not_used": "a/real_not_used",
        "test_generated": "b/generated",
        "test_candidates": "b/real_unknown",
    }
    # The names of the parents say the contrary of what the siblings say: siblings decide.
    contrary = {
        "dev_generated": "test/generated",
        "dev_used": "test/real_used",
        "dev_not_used": "test/real_not_used",
        "test_generated": "dev/generated",
        "test_candidates": "dev/real_unknown",
    }
    capitals = {role: folder.upper() for role, folder in _FOLDERS[2025].items()}
    deep = {role: f"GANs_2025/data/{folder}" for role, folder in _FOLDERS[2025].items()}
    apart = {**_FOLDERS[2025], "test_generated": "elsewhere/generated"}
    namesake = {role: f"{folder}/{Path(folder).name}" for role, folder in _FOLDERS[2025].items()}
    one_parent = {**_FOLDERS[2025], "test_generated": "dev/generated2", "test_candidates": "dev/real_unknown"}
    old = {
        **_FOLDERS[2023],
        "dev_used": "train/real_used",
        "dev_not_used": "train/real_not_used",
        "dev_generated": "train/generated",
    }

    def laid(name: str, ask: str = "edition", refusable: bool = False, year: int = 2025, **how: object) -> Case:
        return Case(name, partial(_laid_out, year=year, **how), ask, refusable)  # type: ignore[arg-type]

    return [
        laid("2025, dev and test"),
        laid("2025, listed from the end", "reversed_listing"),
        laid("2025, other parents", folders=flat),
        laid("2025, parents that say the contrary", folders=contrary, refusable=True),
        laid("2025, in capitals", folders=capitals),
        laid("2025, deeper", folders=deep),
        laid("2025, a folder within its namesake", folders=namesake, refusable=True),
        laid("2025, the test alone", without=dev),
        laid("2025, generated beside neither", folders=apart, refused=True),
        laid("2025, all in one folder", folders=one_parent, refused=True),
        laid("2025, no candidates", without=("test_candidates",), refused=True),
        laid("2025, no test release", without=("test_generated",), refused=True),
        laid("2025, part of dev", without=("dev_not_used",), refused=True),
        laid("2025, a system's copies", move=_shadow),
        laid(
            "2025, half the candidates without content", move=partial(_broken, leaf="test/real_unknown"), refused=True
        ),
        laid("2025, half the release without content", move=partial(_broken, leaf="test/generated"), refused=True),
        laid("2023", "edition_2023", year=2023),
        laid("2023, names of 2024", "edition_2023", year=2023, folders=old, refusable=True),
        laid(
            "2023, used and not_used swapped",
            "edition_2023",
            year=2023,
            move=partial(_swap, one="dev/used", other="dev/not_used"),
            refused=True,
        ),
        laid(
            "2023, candidates and release swapped",
            "edition_2023",
            year=2023,
            move=partial(_swap, one="test/generated_1", other="test/real_unknown_1"),
            refused=True,
        ),
        laid(
            "2023, half the candidates without content",
            "edition_2023",
            year=2023,
            move=partial(_broken, leaf="test/real_unknown_1"),
            refused=True,
        ),
    ]


BENCHMARK = class_of_inputs(
    "editions", "a challenge's folders: twins told by their siblings, links, names of copies", cases, quick=3
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
