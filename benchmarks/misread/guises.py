"""One hospital's folders in many guises: the same pictures, so the audit's count and verdict are the same."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from benchmarks.benchmark import LUNG_SLICES
from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.hospital import COPIES, PEOPLE, STRANGER, Draw, copied, hospital, table
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import REAL_SIDE, SIDE, Grey, answer, full_range
from harness.errors import InputError

Guise = Callable[[Path], Sequence[Right]]


def _grey(path: Path) -> Grey:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def _saved_anew(folder: Path, save: Callable[[Grey, Path], Path]) -> None:
    """Each picture through save(pixels, old path) -> new path; the table follows."""
    renamed = {}
    for path in sorted(folder.glob("*.png")):
        pixels = _grey(path)
        path.unlink()
        renamed[path.name] = save(pixels, path).name
    if (folder / "metadata.csv").exists():
        rows = [*csv.reader((folder / "metadata.csv").open(encoding="utf-8"))][1:]
        table(folder, [(renamed[name], who) for name, who in rows])


def _turned(root: Path) -> list[Right]:
    def save(pixels: Grey, path: Path) -> Path:
        exif = Image.Exif()
        exif[0x0112] = 6
        to = path.with_suffix(".jpg")
        Image.fromarray(np.rot90(pixels)).save(to, quality=97, exif=exif)
        return to

    for side in ("members", "holdout"):
        _saved_anew(root / side, save)
    return copied()


def _white_is_zero(root: Path) -> list[Right]:
    def save(pixels: Grey, path: Path) -> Path:
        from benchmarks.odd_inputs.tiff import WHITE_IS_ZERO, tiff

        to = path.with_suffix(".tif")
        to.write_bytes(tiff(65535 - pixels.astype(np.uint16) * 257, WHITE_IS_ZERO))
        return to

    _saved_anew(root / "release", save)
    return copied()


def _floats(root: Path) -> list[Right]:
    def save(pixels: Grey, path: Path) -> Path:
        to = path.with_suffix(".tif")
        wide = (pixels - pixels.min()) / (float(pixels.max()) - pixels.min())
        Image.fromarray((wide * (1.004 if int(path.stem[2:]) % 2 else 0.99)).astype(np.float32)).save(to)
        return to

    _saved_anew(root / "release", save)
    return copied()


def _copies(root: Path) -> list[Path]:
    return sorted((root / "release").glob("*.png"))[:COPIES]


def _nested(root: Path) -> list[Right]:
    (root / "release" / "batch2").mkdir()
    for path in _copies(root):
        path.rename(root / "release" / "batch2" / path.name)
    return copied()


def _linked(root: Path) -> list[Right]:
    (root / "elsewhere").mkdir()
    for path in _copies(root):
        path.rename(root / "elsewhere" / path.name)
    (root / "release" / "more").symlink_to(Path("..") / "elsewhere")
    return copied()


def _broken_links(root: Path) -> list[Right]:
    for path in _copies(root):
        path.unlink()
        path.symlink_to(Path(".git/annex/objects") / path.name)
    return []


def _other_ending(root: Path) -> list[Right]:
    for path in _copies(root):
        Image.open(path).save(path.with_suffix(".tga"))
        path.unlink()
    return copied()


def _no_ending(root: Path) -> list[Right]:
    for path in _copies(root):
        path.rename(path.with_suffix(""))
    return copied()


def _arrays(root: Path) -> list[Right]:
    for path in _copies(root):
        np.save(path.with_suffix(".npy"), _grey(path))
        path.unlink()
    return []


def _damaged(root: Path) -> list[Right]:
    for path in _copies(root):
        path.write_bytes(path.read_bytes()[:60])
    return []


def _empty_files(root: Path) -> list[Right]:
    for path in _copies(root):
        path.write_bytes(b"")
    return []


def _thumbnails(root: Path, folder: str) -> list[Right]:
    """A file server's small pictures beside the members' slices."""
    for path in sorted((root / "members").glob("*.png")):
        thumbs = root / "members" / folder / path.name
        thumbs.mkdir(parents=True)
        for size in ("S", "M"):
            Image.open(path).resize((SIDE, SIDE)).convert("RGB").save(thumbs / f"SYNOPHOTO_THUMB_{size}.jpg")
    return copied()


def _image_column(root: Path) -> list[Right]:
    rows = [*csv.reader((root / "members" / "metadata.csv").open(encoding="utf-8"))][1:]
    table(root / "members", [(name, who, name) for name, who in rows], ("file_name", "patient_id", "image"))
    return copied()


def _spelling(root: Path, ours: str, theirs: str) -> list[Right]:
    """The same people on both sides, under two spellings of one number."""
    for side, form in (("members", ours), ("holdout", theirs)):
        rows = [*csv.reader((root / side / "metadata.csv").open(encoding="utf-8"))][1:]
        table(root / side, [(name, form.format(1 + k // 2)) for k, (name, _) in enumerate(rows)])
    return []


def _missing(root: Path) -> list[Right]:
    """NaN for every fourth slice's patient: still the same copies."""
    rows = [*csv.reader((root / "members" / "metadata.csv").open(encoding="utf-8"))][1:]
    (root / "members" / "metadata.csv").unlink()
    people = {who: number for number, who in enumerate(dict.fromkeys(who for _, who in rows), start=1)}
    lines = [
        json.dumps({"file_name": name, "patient_id": float("nan") if k % 4 == 0 else people[who]})
        for k, (name, who) in enumerate(rows)
    ]
    (root / "members" / "metadata.jsonl").write_text("\n".join(lines) + "\n")
    return copied(40, COPIES, r"of their own|unknown|not known|no patient")


def _deep(root: Path) -> list[Right]:
    def save(pixels: Grey, path: Path) -> Path:
        Image.fromarray(pixels.astype(np.uint16) * 257).save(path)
        return path

    for side in ("release", "holdout"):
        _saved_anew(root / side, save)
    return copied()


def _colours(root: Path) -> list[Right]:
    def save(pixels: Grey, path: Path) -> Path:
        Image.fromarray(pixels).convert("RGB").save(path)
        return path

    _saved_anew(root / "release", save)
    return copied()


def _out_of_sight(root: Path, how: str) -> list[Right]:
    """The copies are in hidden or system folders: a judging command must not judge the rest alone in silence."""
    (root / "release" / how).mkdir()
    for path in _copies(root):
        path.rename(root / "release" / how / path.name)
    counted = (rf"\b{COPIES}\b.*left out|left out.*\b{COPIES}\b",)
    rest = {"released": 40 - COPIES, "copies": 0, "interval": True, "do not hand out": False}
    return [Right({**rest, "all-clear": clear}, counted) for clear in (True, False)]


def _carried(root: Path, how: str) -> list[Right]:
    """Something besides grey pixels in each released file: it must not go out with the filtered release."""
    for path in sorted((root / "release").glob("*.png")):
        pixels = _grey(path)
        if how == "text":
            info = PngInfo()
            info.add_text("Patient", "MARKER of a name")
            Image.fromarray(pixels).save(path, pnginfo=info)
        elif how == "alpha":
            hidden = np.full_like(pixels, 255)
            hidden.flat[:6] = [*b"MARKER"]
            Image.fromarray(np.stack([pixels, hidden], axis=2), "LA").save(path, compress_level=0)
        elif how == "profile":
            Image.fromarray(pixels).save(path, icc_profile=b"MARKER" * 30, compress_level=0)
            path.write_bytes(path.read_bytes() + b"MARKER")
        elif how == "EXIF":
            exif = Image.Exif()
            exif[0x010E] = "MARKER of a name"
            Image.fromarray(pixels).save(path, exif=exif)
        else:
            path.write_bytes(path.read_bytes() + b"MARKER of a name")
    return [Right({"kept": 40 - COPIES, "marked": 0, "more than grey": 0})]


def _people_of(slices: Path) -> Draw:
    """The hospital's pictures drawn from real slices instead, of patients with four slices or more."""
    by: dict[str, list[Path]] = defaultdict(list)
    with (slices / "metadata.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            by[row["patient_id"]].append(slices / row["file_name"])
    people = [paths for paths in by.values() if len(paths) >= 4]
    if len(people) < 3 * PEOPLE:
        raise InputError(f"{slices} has too few patients of four slices or more; {3 * PEOPLE} are needed.")

    def draw(person: int, number: int) -> Grey:
        place = person if person < 2 * PEOPLE else person - STRANGER + 2 * PEOPLE
        with Image.open(people[place][(0, len(people[place]) // 2)[number]]) as image:
            return np.asarray(image.convert("L").resize((REAL_SIDE, REAL_SIDE), Image.Resampling.BOX))

    return draw


def _guise(root: Path, change: Guise | None, real: Path | None) -> Sequence[Right]:
    right = hospital(root) if real is None else hospital(root, _people_of(real))
    return right if change is None else change(root)


def _attribution(root: Path, change: Callable[[Path], None]) -> list[Right]:
    """Two subsets, and images that are noisy copies of their slices: which is whose is known by construction."""
    rng = np.random.default_rng(3)
    truth: dict[str, str] = {}
    (root / "images").mkdir()
    for subset, start in (("one", 0), ("two", 6)):
        (root / subset).mkdir()
        for k in range(6):
            pixels = full_range(start + k)
            Image.fromarray(pixels).save(root / subset / f"r_{k}.png")
            noisy = np.clip(np.rint(pixels + rng.normal(0, 3, pixels.shape)), 0, 255).astype(np.uint8)
            name = f"g_{start + k:02d}"
            Image.fromarray(noisy).save(root / "images" / f"{name}.png")
            truth[name] = "1" if subset == "one" else "2"
    change(root)
    return [Right(truth)]


def _turn_subsets(root: Path) -> None:
    for subset in ("one", "two"):
        for path in sorted((root / subset).glob("*.png")):
            exif = Image.Exif()
            exif[0x0112] = 6
            Image.fromarray(np.rot90(_grey(path))).save(path.with_suffix(".jpg"), quality=97, exif=exif)
            path.unlink()


def _nest_images(root: Path) -> None:
    (root / "images" / "more").mkdir()
    for path in sorted((root / "images").glob("*.png"))[:6]:
        path.rename(root / "images" / "more" / path.name)


def _break_links(root: Path) -> None:
    for path in sorted((root / "one").glob("*.png"))[:3]:
        path.unlink()
        path.symlink_to("gone.png")


def _stored_twice(root: Path) -> list[Right]:
    """The same bytes under two paths, one store: what the second is told must not name the first."""
    (root / "data").mkdir()
    for name in ("a", "b", "c"):
        Image.fromarray(full_range(ord(name) - 97)).convert("RGB").save(root / "data" / f"{name}.png")
    shutil.copytree(root / "data", root / "first-folder")
    return [Right({**answer({name: full_range(ord(name) - 97) for name in "abc"}), "named": False})]


def cases(real: Path | None = None) -> Sequence[Case]:
    """Nine kinds that the field has, and more of each; with real slices those nine on them, too."""
    nine: list[tuple[str, Guise | None, bool]] = [
        ("plain", None, False),
        ("turned", _turned, False),
        ("floats", _floats, True),
        ("nested", _nested, True),
        ("linked", _linked, True),
        ("links without content", _broken_links, False),
        ("a file server's thumbnails", partial(_thumbnails, folder="@eaDir"), False),
        ("a column image", _image_column, False),
        ("001 and 1", partial(_spelling, ours="{:03d}", theirs="{}"), False),
        ("missing patients", _missing, True),
    ]
    more: list[tuple[str, Guise, bool]] = [
        ("white is zero", _white_is_zero, True),
        ("16 bits", _deep, False),
        ("three channels", _colours, False),
        ("copies of another ending", _other_ending, True),
        ("copies without ending", _no_ending, True),
        ("copies as numpy files", _arrays, False),
        ("copies cut short", _damaged, False),
        ("copies that are empty", _empty_files, False),
        ("copies in a hidden folder", partial(_out_of_sight, how=".batch2"), True),
        ("copies in a system's folder", partial(_out_of_sight, how="@eaDir"), True),
        ("a recycle bin", partial(_thumbnails, folder="#recycle"), False),
        ("p1 and P1", partial(_spelling, ours="p{}", theirs="P{}"), False),
        ("P 1 and P1", partial(_spelling, ours="P {}", theirs="P{}"), False),
        ("an invisible character", partial(_spelling, ours="P{}", theirs="P{}\u200b"), False),
        ("two Unicode forms", partial(_spelling, ours="Jos\u00e9 {}", theirs="Jose\u0301 {}"), False),
        ("1 and 1.0", partial(_spelling, ours="{}", theirs="{}.0"), False),
    ]
    found = [
        Case(name, partial(_guise, change=change, real=None), "audit", refusable)
        for name, change, refusable in (*nine, *more)
    ]
    found += [
        Case(
            f"what a file carries: {how}",
            partial(_guise, change=partial(_carried, how=how), real=None),
            "filtered",
            True,
        )
        for how in ("text", "alpha", "profile", "bytes after its end", "EXIF")
    ]
    found += [
        Case("attribution, plain", partial(_attribution, change=lambda root: None), "attribution"),
        Case("attribution, subsets turned", partial(_attribution, change=_turn_subsets), "attribution"),
        Case(
            "attribution, half the images in a sub-folder",
            partial(_attribution, change=_nest_images),
            "attribution",
            True,
        ),
        Case("attribution, links without content", partial(_attribution, change=_break_links), "attribution", True),
        Case("one store, two folders of the same bytes", _stored_twice, "stored_twice"),
    ]
    if real is not None:
        found += [
            Case(f"real slices: {name}", partial(_guise, change=change, real=real), "audit_real", refusable)
            for name, change, refusable in nine
        ]
    return found


BENCHMARK = class_of_inputs(
    "guises",
    "one hospital's folders in many guises, audited (more with real slices)",
    cases,
    quick=9,
    options=(LUNG_SLICES,),
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
