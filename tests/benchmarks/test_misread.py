"""The benchmark of odd inputs: its corpus, its judge, the readers that it must catch, and that nothing ends wrong."""

from __future__ import annotations

import json
import os
import re
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from benchmarks.find import find_benchmarks
from benchmarks.misread import (
    colour,
    degenerate,
    editions,
    endings,
    floats,
    frames,
    guises,
    integers,
    layout,
    metadata,
    names,
    options,
    orientation,
    patients,
    photometric,
    profiles,
    sizes,
    submissions,
    terminals,
)
from benchmarks.odd_inputs import trial
from benchmarks.odd_inputs.case import Case, Ended, Right
from benchmarks.odd_inputs.judge import judge
from benchmarks.odd_inputs.kinds import rows_of, total
from benchmarks.odd_inputs.pictures import answer, digest, full_range, picture, plain
from benchmarks.odd_inputs.questions import QUESTIONS
from benchmarks.odd_inputs.tiff import FLOAT, WHITE_IS_ZERO, tiff
from benchmarks.odd_inputs.trial import asked, tried
from harness.errors import HarnessWarning, InputError

CLASSES = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        *(colour, degenerate, editions, endings, floats, frames, guises, integers, layout, metadata, names),
        *(options, orientation, patients, photometric, profiles, sizes, submissions, terminals),
    )
}
RIGHT = [Right({"a": 1}, ("left out",))]


def case(refusable: bool = False, ask: str = "images") -> Case:
    return Case("one", lambda root: RIGHT, ask, refusable)


# The corpus


def test_every_class_is_a_benchmark_and_there_are_150_odd_inputs_and_more():
    assert {*find_benchmarks("misread")} == {*CLASSES}
    assert sum(len(module.cases()) for module in CLASSES.values()) >= 150


@pytest.mark.parametrize("name", CLASSES)
def test_names_differ_and_every_question_is_there(name):
    cases = CLASSES[name].cases()
    assert max(Counter(one.name for one in cases).values()) == 1
    assert {one.ask for one in cases} <= {*QUESTIONS}
    assert any(not one.refusable for one in cases)


@pytest.mark.parametrize("name", sorted({*CLASSES} - {"sizes", "terminals"}))
def test_what_is_right_is_the_same_twice(name, tmp_path):
    """By construction, then: not by the clock, the folder's name or chance."""
    for number, one in enumerate(CLASSES[name].cases()[::7]):
        if one.lacking or "1,200" in one.name:  # so deep that pytest cannot remove it
            continue
        told = []
        for place in ("first", "second"):
            root = tmp_path / f"{number}" / place
            root.mkdir(parents=True)
            told.append(list(one.write(root)))
        assert told[0] == told[1], one.name
        assert any(path.is_file() or path.is_symlink() for path in root.rglob("*")) or one.ask != "edition"


def test_no_two_pictures_and_no_two_turns_of_one_are_alike():
    seen = {digest(turn(full_range(k))) for k in range(8) for turn in orientation.SEEN.values()}
    assert len(seen) == 64
    assert len({digest(picture(person, k)) for person in range(40) for k in range(2)}) == 80


@pytest.mark.parametrize("value", orientation.SEEN)
def test_turns_are_those_of_a_reader_that_is_not_ours(value):
    image = Image.fromarray(full_range(1))
    image.getexif()[0x0112] = value
    assert np.array_equal(np.asarray(ImageOps.exif_transpose(image)), orientation.SEEN[value](full_range(1)))


@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
def test_the_tiffs_are_what_pillow_reads(kind, tmp_path):
    """The writer against a reader that is not ours."""
    values = full_range(1).astype(kind) * (257 if kind == "u2" else 1)
    for order in ("<", ">"):
        (tmp_path / "x.tif").write_bytes(tiff(values, order=order))
        with Image.open(tmp_path / "x.tif") as image:
            assert np.array_equal(np.asarray(image).astype(kind), values)
    (tmp_path / "w.tif").write_bytes(tiff(full_range(1), WHITE_IS_ZERO))
    with Image.open(tmp_path / "w.tif") as image:
        assert image.tag_v2[262] == WHITE_IS_ZERO
        assert np.array_equal(np.asarray(image), 255 - full_range(1))


def test_a_bomb_is_what_it_claims(tmp_path):
    (tmp_path / "x.tif").write_bytes(sizes.bomb_tiff(700, 32, FLOAT))
    (tmp_path / "x.png").write_bytes(sizes.bomb_png(1100))
    for name in ("x.tif", "x.png"):
        assert (tmp_path / name).stat().st_size < 20_000
        with Image.open(tmp_path / name) as image:
            assert not np.asarray(image).any()


def test_areas_are_averaged_as_by_hand():
    image = np.arange(36, dtype=np.uint8).reshape(6, 6)
    assert np.array_equal(sizes.fitted(image, 3), [[4, 6, 8], [16, 18, 20], [28, 30, 32]])
    assert np.array_equal(sizes.fitted(np.array([[9, 9, 9], [9, 9, 9]], np.uint8), 3), [[9] * 3, [9] * 3, [0] * 3])


# The judge


@pytest.mark.parametrize(
    ("ended", "end", "why"),
    [
        (Ended(answer={"a": 1}, notes=("2 files were left out.",)), "right", ""),
        (Ended(answer={"a": 1}), "wrong", "no note like"),
        (Ended(answer={"a": 2}, notes=("left out",)), "wrong", "1 of 1 differ"),
        (Ended(answer={}, notes=("left out",)), "wrong", "1 missing"),
        (Ended(answer={"a": 1, "b": 1}, notes=("left out",)), "wrong", "1 more"),
        (Ended(crash="ValueError: x"), "wrong", "ValueError"),
        (Ended(answer={"a": 1}, notes=("left out",), said="\x1b[31m"), "wrong", "control character"),
        (Ended(answer={"a": 1}, notes=("left out",), said="Traceback (most recent call last)"), "wrong", "traceback"),
        (Ended(refusal="--release is empty."), "wrong", "refused, where the answer is plain"),
    ],
)
def test_what_must_be_right_is_right_or_wrong(ended, end, why):
    verdict = judge(case(), RIGHT, ended)
    assert verdict.end == end
    assert why in verdict.why


def test_a_refusal_counts_where_it_is_allowed_and_is_a_sentence():
    assert judge(case(refusable=True), RIGHT, Ended(refusal="--release is empty.")).end == "refused"
    assert judge(case(), [], Ended(refusal="--release is empty.")).end == "refused"
    assert judge(case(), [], Ended(refusal="--release: KeyError 'x'")).end == "wrong"
    assert judge(case(), [], Ended(answer={"a": 1})).end == "wrong"


@pytest.mark.parametrize(
    "refusal",
    [
        "data.size=3 is none.",
        "--members is empty.",
        "The option seed was refused.",
        "a b.x.",
    ],
)
def test_a_refusal_names_an_option_or_a_file(refusal):
    names = frozenset({"a b.x"})
    assert judge(case(), [], Ended(refusal=refusal, names=names)).end == "refused"


@pytest.mark.parametrize(
    "refusal",
    [
        "The folder is empty.",
        "It is not as it should be. Mend it, please.",
        "The data is bad.",
        "It has no metadata.",
        "numpy.core failed somewhere.",
        "x=3 it says.",
        "The a b.xs are bad.",
    ],
)
def test_a_refusal_that_names_neither_is_wrong(refusal):
    verdict = judge(case(), [], Ended(refusal=refusal, names=frozenset({"a b.x", "data"})))
    assert verdict.end == "wrong"
    assert "neither file nor option" in verdict.why


def test_nothing_may_be_written_for_a_refusal():
    def scribbles(root: Path):
        (root / "new").mkdir()
        (root / "new" / "one").touch()
        raise InputError("--release is empty.")

    def changes_nothing(root: Path):
        raise InputError("--release is empty.")

    one = Case("one", lambda root: [], "images")
    assert tried(one, {"images": changes_nothing}).end == "refused"
    verdict = tried(one, {"images": scribbles})
    assert (verdict.end, "/new/one" in verdict.why) == ("wrong", True)


def test_any_of_several_right_answers_will_do_but_each_with_its_own_notes():
    two = [Right({"a": 1}), Right({"a": 2}, ("left out",))]
    assert judge(case(), two, Ended(answer={"a": 1})).end == "right"
    assert judge(case(), two, Ended(answer={"a": 2})).end == "wrong"


def test_a_hang_is_wrong_and_ends(monkeypatch, tmp_path):
    monkeypatch.setattr(trial, "LIMIT_SEC", 1)
    os.mkfifo(tmp_path / "x")
    started = time.monotonic()
    ended = asked(lambda root: {"a": (root / "x").read_text()}, tmp_path)
    assert time.monotonic() - started < 5
    assert "no answer" in ended.crash


def test_notes_are_those_of_the_harness_and_other_errors_are_crashes(tmp_path):
    def told(root: Path):
        warnings.warn(HarnessWarning("left out"), stacklevel=1)
        warnings.warn(UserWarning("of a library"), stacklevel=1)
        return {"a": 1}

    assert asked(told, tmp_path).notes == ("left out",)

    def leaves(root: Path):
        raise SystemExit(3)

    assert "SystemExit" in asked(leaves, tmp_path).crash


def test_what_is_asked_alone_tells_memory_and_answers(tmp_path):
    one = Case("plain", lambda root: sizes._shaped(root, 16, 16), "images", alone=True)
    assert tried(one).end == "right"
    bomb = Case(
        "bomb", lambda root: sizes._with(root, ".png", lambda: sizes.huge_png(60_000, 60_000)), "images", alone=True
    )
    assert tried(bomb).end == "refused"


def test_the_rows_count_and_name_what_was_wrong():
    right = Case("good", lambda root: [Right({"a": 1})], "one")
    wrong = Case("bad", lambda root: [Right({"a": 2})], "one")
    lacking = Case("not here", lambda root: [], "one", lacking="this is no Windows")
    ask = {"one": lambda root: {"a": 1}}
    first, named, skipped = rows_of("some", [right, wrong, lacking], ask)
    assert (first.value, first.holds, first.detail["tried"], first.detail["right"]) == (1, False, 2, 1)
    assert "bad" in named.name
    assert skipped.skipped == "this is no Windows"
    assert total([first, named, skipped]).detail == {"tried": 2, "right": 1, "refused": 0, "wrong": 1}


# Readers with a fault each: whoever reads so must be caught, in the class that is about it.


def _paths(root: Path, deep: bool = True) -> list[Path]:
    return sorted(
        path
        for path in (root / "data").glob("**/*" if deep else "*")
        if path.is_file() and path.suffix in (".png", ".jpg", ".tif")
    )


def _naive(read: Callable[[Image.Image], np.ndarray], deep: bool = True):
    """A reader that goes by `read` for every file, notes everything there is to note, and knows no patients."""

    def ask(root: Path):
        for text in (
            "EXIF ICC gamma profile palette channels alpha colour float 16 1 of 4 2 of 4 3 of 6",
            "left out 1 2 3 6",
        ):
            warnings.warn(HarnessWarning(text), stacklevel=1)
        found = {}
        for path in _paths(root, deep):
            with Image.open(path) as image:
                found[path.stem] = read(image)
        return answer(found)

    return ask


def _grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"))


def _stretched(image: Image.Image) -> np.ndarray:
    """Each file by its own range."""
    wide = np.asarray(image, dtype=float)
    return np.rint((wide - wide.min()) / max(1e-9, wide.max() - wide.min()) * 255).astype(np.uint8)


def _behind_alpha(image: Image.Image) -> np.ndarray:
    """What a viewer shows on black: alpha decides."""
    seen = Image.new("RGBA", image.size, "black")
    seen.alpha_composite(image.convert("RGBA"))
    return np.asarray(seen.convert("L"))


def _first_frame(image: Image.Image) -> np.ndarray:
    image.seek(0)
    return np.asarray(image.convert("L"))


def _silent(root: Path):
    """Right pixels, no word of what was done to them."""
    return answer({path.stem: _grey(Image.open(path)) for path in _paths(root)})


def _thumbnail(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L").resize((16, 16), Image.Resampling.NEAREST))


def _no_table(root: Path):
    """Never looks at a table, and says so."""
    warnings.warn(HarnessWarning("2 of unknown patients; ids look alike"), stacklevel=1)
    return answer({path.stem: _grey(Image.open(path)) for path in _paths(root)})


def _quiet(root: Path):
    """The table as it is written, and no word of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _nan_is_somebody(root)


def _nan_is_somebody(root: Path):
    """Takes whatever stands there for a name."""
    import csv

    warnings.warn(HarnessWarning("2 of unknown patients; ids look alike"), stacklevel=1)
    table = root / "data" / "metadata.csv"
    rows = (
        {row["file_name"][:-4]: row["patient_id"] for row in csv.DictReader(table.open())} if table.exists() else {}
    )
    return answer({path.stem: _grey(Image.open(path)) for path in _paths(root)}, rows)


def _always_clear(root: Path):
    return {"all-clear": True}


def _never_clear(root: Path):
    return {"all-clear": False}


def _part_of_it(root: Path):
    """Audits what lies directly in the release, by file names alone."""
    n = len([*(root / "release").glob("*.*")])
    return {"released": n, "copies": n - 24, "interval": True, "all-clear": n == 24, "do not hand out": n != 24}


def _by_parents(root: Path):
    """Takes for dev what lies below a folder of that name."""
    found = {}
    for path in sorted((root / "data").rglob("*.png")):
        if path.is_file():
            role = {
                "generated": "generated",
                "real_used": "used",
                "real_not_used": "not_used",
                "real_unknown": "candidates",
            }
            part = "dev" if "dev" in path.parts else "test"
            found[f"{part}_{role.get(path.parent.name, path.parent.name)}:{path.stem}"] = digest(
                _grey(Image.open(path))
            )
    return found


def _by_order(root: Path):
    """Joins ids in the order of their numbers to answers in the order of the folder."""
    found = editions.right(2025)
    own = [name for name in found if name.startswith("test_candidates")]
    return {**found, **dict(zip(own, [found[name] for name in sorted(own)], strict=True))}


def _last_line_wins(root: Path):
    """No word of a double, a missing one or what was forgiven."""
    text = (root / "submission.csv").read_bytes().decode("utf-8", errors="replace")
    told = {
        name.strip(): used.strip() == "1" for name, _, used in (line.partition(",") for line in text.splitlines())
    }
    return {name: told.get(name, False) for name in (root / "ids.txt").read_text().splitlines()}


def _counts_one_less(root: Path):
    """Takes the name of one file for something else."""
    paths = sorted(path for path in (root / "data").rglob("*.png") if path.is_file())[1:]
    return {"n": len(paths), "pixels": sorted(digest(_grey(Image.open(path))) for path in paths)}


def _crashes(root: Path):
    return {"code": 1 if "closed" not in (root / "sink.txt").read_text() else -11}


def _takes_anything(root: Path):
    """An option is what was typed, whatever that means."""
    told = json.loads((root / "words.json").read_text())
    return {told["name"]: told["words"][-1].partition("=")[2]}


def _takes_nothing(root: Path):
    raise InputError("No option is taken.")


# Class -> readers, each with a pattern of the names of the cases that it must be caught by, all of them.
FAULTY = {
    "orientation": [
        (_naive(_grey), "EXIF 6 in .jpg"),
        (_naive(_grey), "EXIF 3 at 16 bits"),
        (_silent, "EXIF 5 in .png"),
    ],
    "photometric": [(_naive(_stretched), "white is zero, 16 bits$"), (_naive(_stretched), "white is zero, floats")],
    "integers": [(_naive(_stretched), "a CT's -1000 to 3000"), (_naive(_stretched), "12 bits in a 16-bit PNG")],
    "floats": [
        (_naive(_stretched), "up to 1.004"),
        (_naive(_stretched), "0 to 1 and 0 to 255"),
        (_naive(_stretched), "-1 to 1"),
        (_silent, "0 to 1, big-endian"),
    ],
    "colour": [(_naive(_behind_alpha), "rgba hidden"), (_silent, "PNG palette"), (_silent, "among grey ones")],
    "frames": [(_naive(_first_frame), "2 frames"), (_naive(_first_frame), "two pictures")],
    "profiles": [(_silent, "ICC profile"), (_silent, "gamma")],
    "endings": [(_naive(_grey), "half .jfif"), (_silent, "two of six without"), (_silent, "numpy files")],
    "layout": [
        (_naive(_grey, deep=False), "half in a sub-folder"),
        (_naive(_grey), "#recycle"),
        (_silent, "half are links without"),
        (_silent, "shadow copies"),
    ],
    "metadata": [(_no_table, "a column 'image'"), (_no_table, "a file named '../"), (_no_table, "two rows that")],
    "patients": [
        (_nan_is_somebody, "missing as 'nan'"),
        (_no_table, "leading zeros, a run"),
        (_quiet, "differ by case"),
    ],
    "degenerate": [(_always_clear, "all black"), (_always_clear, "pure noise"), (_never_clear, "a clean release")],
    "sizes": [(_naive(_thumbnail), "24x24"), (_naive(_thumbnail), "16x12"), (_naive(_thumbnail), "too small")],
    "editions": [
        (_by_parents, "parents that say"),
        (_by_parents, "half the candidates"),
        (_by_order, "from the end"),
    ],
    "submissions": [
        (_last_line_wins, "a candidate twice, which"),
        (_last_line_wins, "a candidate missing"),
        (_last_line_wins, "every field quoted"),
    ],
    "names": [(_counts_one_less, "files: escape sequences"), (_counts_one_less, "files: brackets")],
    "guises": [(_part_of_it, "nested"), (_part_of_it, "links without"), (_part_of_it, "001 and 1")],
    "options": [
        (_takes_anything, r"data\.patients=(word|nan|10{30}|\[1,2\])$"),
        (_takes_anything, r"shadow\.count=(nan|inf|10{30})$"),
        (_takes_nothing, "^data.patients=12$"),
    ],
    "terminals": [(_crashes, "audit, ascii"), (_crashes, "submission check, closed")],
}


@pytest.mark.parametrize(
    ("name", "faulty", "fragment"),
    [(name, faulty, fragment) for name, several in FAULTY.items() for faulty, fragment in several],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_planted_reader_with_a_fault_ends_wrong(name, faulty, fragment):
    """The judge must see it by its answer: whatever the reader cannot read it refuses, and that is no fault."""
    chosen = [one for one in CLASSES[name].cases() if re.search(fragment, one.name) and not one.lacking]
    ends = {one.name: tried(one, {one.ask: _refusing(faulty)}) for one in chosen}
    assert {case for case, verdict in ends.items() if verdict.end != "wrong"} == set()
    assert ends


def test_every_class_has_a_planted_fault():
    assert {*FAULTY} == {*CLASSES}


def _refusing(ask):
    """The reader, refusing whatever it cannot read: only answers and silence can be called wrong."""

    def asked(root: Path):
        try:
            return ask(root)
        except Exception as error:
            raise InputError("--release cannot be read.") from error

    return asked


def test_an_honest_reader_is_called_right():
    """The judge is no machine that says wrong: plain pictures by a plain reader."""
    honest = Case("plain", lambda root: sizes._shaped(root, 16, 16), "images")
    assert tried(honest, {"images": _silent}).end == "right"
    assert tried(Case("clean", degenerate._clean, "all_clear"), {"all_clear": _always_clear}).end == "right"


# The product


@pytest.mark.parametrize("name", CLASSES)
def test_a_quick_run_ends_nothing_wrong(name):
    module = CLASSES[name]
    first, *_ = rows_of(name, module.cases()[:: module.BENCHMARK.quick["every"]])
    assert first.detail["cases"] == {}
    assert first.detail["tried"] >= 3
    assert first.value == 0


def test_the_command_prints_the_total_and_writes_every_class(tmp_path, capsys, monkeypatch):
    from benchmarks import command

    monkeypatch.setattr(
        command, "find_benchmarks", lambda kind: {"photometric": photometric.BENCHMARK, "frames": frames.BENCHMARK}
    )
    file = tmp_path / "rows.json"
    command.run_kind("misread", ["--quick", "--every", "5", "--json", str(file)], total=total)
    rows = json.loads(file.read_text())["rows"]
    counted = [row for row in rows if "tried" in row["detail"]]
    assert [row["benchmark"] for row in counted] == [
        "benchmarks.misread.photometric",
        "benchmarks.misread.frames",
        "benchmarks.misread",
    ]
    assert counted[2]["detail"]["tried"] == counted[0]["detail"]["tried"] + counted[1]["detail"]["tried"] > 0
    assert f"all: {counted[2]['detail']['tried']} odd inputs tried" in " ".join(capsys.readouterr().out.split())
    assert plain(1)
