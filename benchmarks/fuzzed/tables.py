"""Parsers of texts and tables: metadata, submissions, truths, scores, descriptors, options."""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from pathlib import Path

from hydra.errors import HydraException

from benchmarks.fuzzed.parser import Made, Parser, chosen, one_of, written
from benchmarks.suite.definition import described as described_suite
from benchmarks.suite.definition import suite_names
from harness.bounded import read_json, read_yaml
from harness.config.command_words import in_order, refuse_foreign
from harness.data.sources.folder.metadata import read_metadata
from harness.data.sources.pixels.window import window_of
from harness.data.sources.scans.named_patient import pattern_of
from harness.data.sources.scans.slice_choice import slice_choice
from harness.editions import load, published
from harness.editions.edition import STANDARD
from harness.evaluation.records import SCORE_COLUMNS
from harness.evaluation.score_rows import score_rows
from harness.submission.files import read_submission
from harness.submission.truth import read_used

_IDS = ("a", "b", "c", "d 1")
_SUFFIXES = (".csv", ".jsonl", ".parquet")
_MOST = 1_000_000
_TABLE = b'file_name,patient_id\na.png,1\nb.png,\nc/d.png,"x,y"\n'
_LINES = b'{"file_name": "a.png", "patient_id": 7}\n{"file_name": "b.png", "patient_id": "x"}\n'


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def _metadata(data: bytes, folder: Path) -> object:
    which, content = one_of(data, len(_SUFFIXES))
    return read_metadata((written(content, folder / f"metadata{_SUFFIXES[which]}"),), folder)


def _of_metadata(_made: Made) -> list[bytes]:
    import pyarrow
    import pyarrow.parquet

    file = BytesIO()
    rows = {"file_name": ["a.png", "b.png"], "patient_id": ["1", None]}
    pyarrow.parquet.write_table(pyarrow.table(rows), file)
    return chosen({0: [_TABLE, b"\xef\xbb\xbf" + _TABLE], 1: [_LINES], 2: [file.getvalue()]})


def _submission(data: bytes, folder: Path) -> object:
    which, content = one_of(data, 2)
    return read_submission(written(content, folder / "s.csv"), _IDS, STANDARD if which else None)


def _of_submissions(_made: Made) -> list[bytes]:
    plain = b"".join(f"{name},{k % 2}\n".encode() for k, name in enumerate(_IDS))
    return chosen({0: [plain, b"id,score\n" + plain], 1: [plain, plain.replace(b"\n", b"\r\n")]})


def _truth(data: bytes, folder: Path) -> object:
    return read_used(written(data, folder / "truth.csv"))


def _scores(data: bytes, _folder: Path) -> object:
    return score_rows(_text(data))


def _of_scores(_made: Made) -> list[bytes]:
    rows = "shadow-0,a,p,knn,-0.5,0.25,1,0\ntest,b,q,knn,1e-3,0.75,,\n"
    return [f"{','.join(SCORE_COLUMNS)}\n{rows}".encode()]


def _edition(data: bytes, _folder: Path) -> object:
    return load.described.__wrapped__("x", _text(data), "The descriptor x.yaml")


def _of_editions(_made: Made) -> list[bytes]:
    return [files("harness.editions").joinpath(f"{name}.yaml").read_bytes() for name in load.edition_names()]


def _published(data: bytes, _folder: Path) -> object:
    return published.rows_of(_text(data))


def _suite(data: bytes, _folder: Path) -> object:
    return described_suite("x", _text(data), "x.yaml")


def _of_suites(_made: Made) -> list[bytes]:
    return [files("benchmarks.suites").joinpath(f"{name}.yaml").read_bytes() for name in suite_names()]


def _bounded(data: bytes, folder: Path) -> object:
    which, content = one_of(data, 2)
    return (read_json, read_yaml)[which](written(content, folder / "x"), _MOST, "The file", links=True)


def _words(data: bytes, _folder: Path) -> object:
    words = in_order([word for word in _text(data).split("\n") if word and not word.startswith("-")])
    refuse_foreign(words)
    return words


def _values(data: bytes, _folder: Path) -> object:
    which, content = one_of(data, 3)
    return (window_of, slice_choice, pattern_of)[which](_text(content))


PARSERS = (
    Parser("metadata tables", _metadata, _of_metadata),
    Parser("submissions", _submission, _of_submissions),
    Parser("truths", _truth, lambda _: [b"id,used,patient_id\na,1,p\nb,0,q\n", b'id,used\n"a",1\nb,0\n']),
    Parser("scores", _scores, _of_scores, (ValueError, KeyError)),
    Parser("editions", _edition, _of_editions, (ValueError,)),
    Parser("published tables", _published, lambda _: [b"rank,team,submission,f1\n1,A,x,0.8\n"], (ValueError,)),
    Parser("suites", _suite, _of_suites, (ValueError,)),
    Parser("JSON and YAML", _bounded, lambda _: chosen({0: [b'{"a": [1, null]}'], 1: [b"a: {b: [1, 2.5]}\n"]})),
    Parser("options", _words, lambda _: [b"attack=[knn,ssim]\nseed=1\nattack.knn.k=5"], (HydraException,)),
    Parser("windows, slices, patterns", _values, lambda _: chosen({0: [b"lung"], 1: [b"middle:4"], 2: [b"(P..)"]})),
)
