"""What is asked of the harness, each in one function: the one place where this benchmark calls it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.odd_inputs.case import Answer
from benchmarks.odd_inputs.pictures import REAL_SIDE, SIDE, digest
from harness.errors import InputError

Question = Callable[[Path], Answer]
STORE = "store-of-the-question"  # beside what a case wrote


def _slices(slices: Any) -> Answer:
    """Of each id the pixels and the patient; empty for a patient whom nobody named."""
    patients = ("" if one in slices.unnamed else who for one, who in zip(slices.ids, slices.patient_ids, strict=True))
    return {
        name: [digest(pixels), patient]
        for name, pixels, patient in zip(slices.ids, slices.pixels, patients, strict=True)
    }


def folder(root: Path) -> Answer:
    """What an imagefolder at `root` / data holds."""
    from harness.data.sources.folder.read import read_folder

    return _slices(read_folder(root / "data", SIDE, "--members"))


def images(root: Path) -> Answer:
    """What a release at `root` / data holds."""
    from harness.data.sources.folder.read import read_images

    return _slices(read_images(root / "data", SIDE, "--release"))


def no_program(root: Path) -> Answer:
    """What a release holds, and whether a program called `gs` was run to read it."""
    from benchmarks.odd_inputs.ghostscript import ghostscript

    with ghostscript(root):
        try:
            return {**images(root), "ghostscript": (root / "ran").exists()}
        finally:
            if (root / "ran").exists():
                raise RuntimeError("Ghostscript was run")


def printing(root: Path) -> Answer:
    """How the command of `root` / command.txt ends where its output goes to the sink of `root` / sink.txt."""
    import shlex
    import subprocess
    import sys

    words = [sys.executable, "-m", *shlex.split((root / "command.txt").read_text(encoding="utf-8"))]
    sink = (root / "sink.txt").read_text(encoding="utf-8")
    known = {name: value for name, value in os.environ.items() if name not in ("PYTHONUTF8", "PYTHONIOENCODING")}
    signs = sink if sink in ("ascii", "latin-1") else "utf-8"
    around = {**known, "PYTHONIOENCODING": signs, "OMP_NUM_THREADS": "1"}
    reading, writing = os.pipe()
    if sink == "full":
        os.close(writing)
        writing = os.open("/dev/full", os.O_WRONLY)
    if sink == "closed":
        os.close(reading)
    with (root / "printed.txt").open("w+b") as printed:
        out = writing if sink in ("full", "closed") else printed
        done = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, env=around, check=False)  # noqa: S603  # ours
        printed.seek(0)
        code, said = done.returncode, done.stderr + printed.read()
    os.close(writing)
    if sink != "closed":
        os.close(reading)
    shown = said.decode(signs, errors="replace").strip()
    if any(word in shown for word in ("Traceback", "Exception ignored", "UnicodeEncodeError")):
        raise RuntimeError(f"a traceback, {code}: {shown.splitlines()[-1]}")
    return {"code": code}


def counted(root: Path) -> Answer:
    """How many slices, which pixels, and how many ids that differ."""
    found = images(root)
    return {"n": len(found), "pixels": sorted(str(one[0]) for one in found.values() if isinstance(one, list))}


def pool(root: Path) -> Answer:
    """What a run takes from the imagefolder at `root` / data."""
    from harness.data.options import FolderData
    from harness.data.pool import load_pool
    from harness.store import Store

    found = load_pool(FolderData(root=str(root / "data"), size=SIDE), Store(root / STORE))
    return {
        name: [digest(pixels), "" if patient in (name, f"alone:{name}") else patient]
        for name, pixels, patient in zip(found.ids, found.pixels, found.patient_ids, strict=True)
    }


def counted_folder(root: Path) -> Answer:
    """The same of an imagefolder."""
    found = folder(root)
    return {"n": len(found), "pixels": sorted(str(one[0]) for one in found.values() if isinstance(one, list))}


def stored_twice(root: Path) -> Answer:
    """Two folders of the same bytes through one store: whether what is said of the second names the first."""
    import warnings

    from harness.data.options import FolderData
    from harness.data.pool import load_pool
    from harness.errors import HarnessWarning
    from harness.store import Store

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HarnessWarning)
        load_pool(FolderData(root=str(root / "first-folder"), size=SIDE), Store(root / STORE))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = pool(root)
    return {**found, "named": any("first-folder" in str(one.message) for one in caught)}


def edition(root: Path, name: str = "imageclef2025") -> Answer:
    """Which folder stands for which role, and what each holds, below `root` / data."""
    from harness.data.sources.edition.leaves import find_leaves, read_leaf
    from harness.editions.load import load_edition

    found: dict[str, Any] = {}
    for role, leaf in find_leaves(root / "data", load_edition(name)).items():
        read = read_leaf(role, leaf, SIDE)
        ids = (one.rpartition("/")[2] for one in read.ids)
        found |= {f"{role}:{one}": digest(pixels) for one, pixels in zip(ids, read.pixels, strict=True)}
    return found


def edition_2023(root: Path) -> Answer:
    """The same by the names of 2023."""
    return edition(root, "imageclef2023")


def reversed_listing(root: Path) -> Answer:
    """The edition's answer where the file system lists every folder from its end."""
    listdir, scandir = os.listdir, os.scandir

    class Backwards:
        def __init__(self, path: Any) -> None:
            with scandir(path) as found:
                self._entries = iter(sorted(found, key=lambda one: one.name, reverse=True))

        def __iter__(self) -> Any:
            return self._entries

        def __next__(self) -> Any:
            return next(self._entries)

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def close(self) -> None:
            return None

    os.listdir = lambda path=".": sorted(listdir(path), reverse=True)  # type: ignore[assignment]
    os.scandir = lambda path=".": Backwards(path)  # type: ignore[assignment]
    try:
        return edition(root)
    finally:
        os.listdir, os.scandir = listdir, scandir


def audit(root: Path, size: int = SIDE) -> Answer:
    """The audit's count of copies and what it says of handing out."""
    report = json.loads(_audited(root, "--format", "json", size=size))
    told = " ".join(report["verdict"]).casefold()
    (rate,) = (
        one for one in report["records"] if one["measure"] == "released_copies_ncc" and one["release"] == "given"
    )
    n = report["run"]["release"]["n"]
    return {
        "released": n,
        "copies": round((rate["value"] or 0.0) * n),
        "interval": rate["low"] is not None and rate["high"] is not None,
        "all-clear": "nothing was found" in told,
        "do not hand out": "do not hand out" in told,
    }


def audit_real(root: Path) -> Answer:
    """The same at the size that real slices need."""
    return audit(root, REAL_SIDE)


def _audited(root: Path, *more: str, size: int = SIDE) -> str:
    """What the audit prints of the three folders below `root`."""
    from harness.audit.__main__ import main

    words = [word for side in ("release", "members", "holdout") for word in (f"--{side}", str(root / side))]
    return answered(main, [*words, "--size", str(size), "--attacks", "knn", *more])


def all_clear(root: Path) -> Answer:
    """Whether the audit speaks for handing out; nothing else is asked."""
    return {"all-clear": audit(root)["all-clear"]}


def filtered(root: Path) -> Answer:
    """Whether what the audit hands back holds bytes that were no pixels: a marker that a case hid in its files."""
    out = root / "out-of-the-question"
    _audited(root, "--out", str(out))
    released = [path for path in sorted((out / "release").rglob("*")) if path.is_file()]
    more = 0
    for path in released:
        with Image.open(path) as image:
            more += image.mode != "L" or bool(image.info) or bool(image.getexif())
    marked = sum(b"MARKER" in path.read_bytes() for path in released)
    return {"kept": len(released), "marked": marked, "more than grey": more}


def printed(root: Path) -> Answer:
    """Whether what the audit writes and prints of odd names speaks for itself: in a terminal, a table or a page."""
    import csv
    import re

    out = root / "out-of-the-question"
    said = _audited(root, "--out", str(out))
    removed = (out / "removed.csv").read_text(encoding="utf-8")
    rows = [*csv.reader(removed.splitlines())]
    files = [*out.glob("report.*"), out / "removed.csv"]
    everything = "".join(path.read_text(encoding="utf-8", errors="replace") for path in files)
    page, table = (out / "report.html").read_text(encoding="utf-8"), (out / "report.md").read_text(encoding="utf-8")
    return {
        "removed": len(rows) - 1,
        "whole rows": len({len(row) for row in rows}) == 1,
        "controls": bool(re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said + everything)),
        "formulas": any(cell.startswith(("=", "+", "@")) for row in rows for cell in row),
        "scripts": "<script>alert" in page or "<img src=x" in page or "<img src=x" in table,
    }


def attribution(root: Path) -> Answer:
    """Which subset (one, two) each image at `root` / images is said to stem from."""
    from harness.attribution.__main__ import main

    out = root / "answers.csv"
    words = ["--images", str(root / "images"), "--subsets", str(root / "one"), str(root / "two")]
    answered(main, [*words, "--size", str(SIDE), "--distance", "pixel", "--out", str(out)])
    return {name: number for name, _, number in (line.rpartition(",") for line in out.read_text().splitlines())}


def submission(root: Path) -> Answer:
    """What the file says of the ids that `root` / ids.txt holds, a line each."""
    from harness.submission.files import read_submission

    ids = (root / "ids.txt").read_text(encoding="utf-8").splitlines()
    reading = read_submission(root / "submission.csv", ids)
    _notes(reading.forgiven)
    return {name: bool(used) for name, used in zip(ids, reading.used, strict=True)}


def written(root: Path) -> Answer:
    """What a submission that the harness writes for the ids of `root` / ids.json says, by a plain split of lines."""
    import numpy as np

    from harness.submission.files import write_submission

    ids = json.loads((root / "ids.json").read_text(encoding="utf-8"))
    path = root / "submission.csv"
    write_submission(path, ids, np.arange(len(ids)) % 2 == 1)
    lines = path.read_bytes().decode("utf-8").split("\n")
    return dict(line.rpartition(",")[::2] for line in lines if line)


def scored(root: Path) -> Answer:
    """F1 and accuracy of the submission against `root` / truth.csv, in millionths."""
    from harness.challenge.__main__ import main

    out = root / "scores.json"
    words = ["--submission", str(root / "submission.csv"), "--truth", str(root / "truth.csv"), "--json", str(out)]
    answered(main, ["score", *words])
    record = json.loads(out.read_text(encoding="utf-8"))["records"][0]
    return {name: round(1e6 * record[name]["value"]) for name in ("f1", "accuracy")}


def checked(root: Path) -> Answer:
    """What `submission check` says of the file: its exit code alone."""
    from harness.submission.__main__ import main

    words = ["check", str(root / "submission.csv"), "--edition", "imageclef2023", "--ids", str(root / "ids.txt")]
    try:
        answered(main, words)
    except InputError:
        return {"valid": False}
    return {"valid": True}


def options(root: Path) -> Answer:
    """The value that an option has once `root` / words.json is composed; nothing may be written for it."""
    from harness.config.settings import composed

    told = json.loads((root / "words.json").read_text(encoding="utf-8"))
    name, words, before = told["name"], told["words"], sorted(root.iterdir())
    place = Path.cwd()
    os.chdir(root)
    try:
        found: Any = composed(words).echo
    except InputError as error:
        if name.rpartition(".")[2] not in str(error):
            raise RuntimeError(f"a refusal that does not name {name}: {error}") from error
        raise
    finally:
        os.chdir(place)
        if sorted(root.iterdir()) != before:
            raise RuntimeError(f"something was written for {words}")
    for part in name.split("."):
        found = found[part]
    return {name: json.dumps(found)}


def _notes(sentences: list[str]) -> None:
    import warnings

    from harness.errors import HarnessWarning

    for one in sentences:
        warnings.warn(HarnessWarning(one), stacklevel=2)


def answered(main: Callable[[list[str]], int], words: list[str]) -> str:
    """What a command prints, run in this process; its refusal, code 2 and a sentence, is an InputError here."""
    import io
    from contextlib import redirect_stderr, redirect_stdout

    said, told = io.StringIO(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(told):
        code = main(words)
    printed = " ".join((said.getvalue() + told.getvalue()).split())
    _notes([f"Note:{one}" for one in printed.split("Note:")[1:]])
    if code == 2:
        raise InputError(" ".join(told.getvalue().split()).partition("Error:")[2])
    if code != 0:
        raise RuntimeError(f"exit code {code}: {printed[-200:]}")
    return said.getvalue()


QUESTIONS: Mapping[str, Question] = {
    "folder": folder,
    "images": images,
    "no_program": no_program,
    "counted": counted,
    "counted_folder": counted_folder,
    "printing": printing,
    "pool": pool,
    "stored_twice": stored_twice,
    "edition": edition,
    "edition_2023": edition_2023,
    "reversed_listing": reversed_listing,
    "audit": audit,
    "audit_real": audit_real,
    "all_clear": all_clear,
    "filtered": filtered,
    "printed": printed,
    "attribution": attribution,
    "submission": submission,
    "written": written,
    "scored": scored,
    "checked": checked,
    "options": options,
}
