"""Submissions as people hand them in, and ids that no line can hold: the writer and the checker go by one rule."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Answer, Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs

N = 10
IDS = tuple(f"real_unknown_{k:04d}" for k in range(1, N + 1))
USED = {name: k % 3 == 0 for k, name in enumerate(IDS)}
LINES = tuple(f"{name},{int(used)}" for name, used in USED.items())
_ANSWER: Answer = {name: bool(used) for name, used in USED.items()}


def _file(
    root: Path,
    content: bytes,
    *,
    right: bool = True,
    note: str = "",
    ids: Sequence[str] = IDS,
    answer: Answer | None = None,
) -> list[Right]:
    (root / "ids.txt").write_text("\n".join(ids) + "\n", encoding="utf-8")
    (root / "submission.csv").write_bytes(content)
    told = _ANSWER if answer is None else answer
    return [Right(told, (note,) if note else ())] if right else []


def _lines(change: Callable[[list[str]], list[str]]) -> bytes:
    return ("\n".join(change([*LINES])) + "\n").encode()


def _all(separator: str = ",", one: str = "1", none: str = "0", before: str = "", after: str = "") -> bytes:
    return "".join(
        f"{before}{name}{separator}{one if used else none}{after}\n" for name, used in USED.items()
    ).encode()


def _written(root: Path, ids: Sequence[str]) -> list[Right]:
    """What the harness writes reads back by a plain split, or it refuses to write."""
    (root / "ids.json").write_text(json.dumps(list(ids)), encoding="utf-8")
    return [Right({name: str(k % 2) for k, name in enumerate(ids)})]


def _odd_ids(root: Path, ids: Sequence[str]) -> list[Right]:
    """A file of such ids, as the harness itself would have to write it."""
    used = {name: k % 2 == 1 for k, name in enumerate(ids)}
    content = "".join(f"{name},{int(one)}\n" for name, one in used.items()).encode()
    return _file(root, content, ids=ids, answer={name: bool(one) for name, one in used.items()})


def _checked(root: Path, ids: Sequence[str], valid: bool) -> list[Right]:
    _odd_ids(root, ids)
    return [Right({"valid": valid})]


def _scored(root: Path, n: int, change: Callable[[str], str] = str) -> list[Right]:
    """Every second candidate was used; a fifth of the used ones are missed, and nobody else is named."""
    truth = "".join(f"r_{k},{k % 2}\n" for k in range(n))
    (root / "truth.csv").write_text(change(f"id,used\n{truth}"), encoding="utf-8")
    answers = "".join(f"r_{k},{int(k % 2 == 1 and k % 5 != 0)}\n" for k in range(n))
    (root / "submission.csv").write_text(answers, encoding="utf-8")
    found, missed = 2 * n // 5, n // 10
    f1 = 2 * found / (2 * found + missed)
    return [Right({"f1": round(1e6 * f1), "accuracy": round(1e6 * (n - missed) / n)})]


def _no_truth(root: Path, content: bytes) -> list[Right]:
    """A truth that is none: nothing can be scored by it."""
    _scored(root, 20)
    (root / "truth.csv").write_bytes(content)
    return []


def _broken_truths() -> dict[str, bytes]:
    rows = [f"r_{k},{k % 2}" for k in range(20)]

    def table(*lines: str, header: str = "id,used") -> bytes:
        return "\n".join([header, *lines, ""]).encode()

    return {
        "no header": table(*rows, header="r_99,1"),
        "another header": table(*rows, header="id,score"),
        "a column twice": table(*(f"{row},1" for row in rows), header="id,used,used"),
        "a header alone": table(),
        "nothing in it": b"",
        "a row missing": table(*rows[1:]),
        "a row of nobody": table(*rows, "r_99,1"),
        "a row twice": table(*rows, rows[0]),
        "a field too many": table(*rows[:-1], "r_19,1,more"),
        "a field too few": table(*rows[:-1], "r_19"),
        "a value of 2": table(*rows[:-1], "r_19,2"),
        "a value of NaN": table(*rows[:-1], "r_19,nan"),
        "a value of -1": table(*rows[:-1], "r_19,-1"),
        "one class alone": table(*(f"r_{k},1" for k in range(20))),
        "UTF-16": table(*rows).decode().encode("utf-16"),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(40),
        "a quote that does not close": table('"r_0,0', *rows[1:]),
        "a field of 200,000 characters": table(*rows[:-1], f"{'x' * 200_000},1"),
    }


def cases(real: Path | None = None) -> Sequence[Case]:
    """Files that say the same, files that say something else or nothing, and ids with all kinds of signs."""
    text = "\n".join(LINES) + "\n"
    same = {
        "plain": (text.encode(), ""),
        "from the end": (_lines(lambda lines: lines[::-1]), ""),
        "CRLF": (text.replace("\n", "\r\n").encode(), "CRLF"),
        "a byte order mark": (b"\xef\xbb\xbf" + text.encode(), "byte order mark"),
        "no newline at the end": (text.rstrip("\n").encode(), "newline"),
        "TABs": (_all("\t"), "TAB"),
        "comma and TAB": (_all(",\t"), "TAB"),
        "spaces": (_all(" , ", before=" ", after=" "), "space"),
        "every field quoted": (_all('","', before='"', after='"'), "quot"),
        "ids quoted": (_all('",', before='"'), "quot"),
        "a header": (b"id,score\n" + text.encode(), "header"),
        "a header of 2025": (b"Figure,Used\n" + text.encode(), "header"),
        "semicolons": (_all(";"), ""),
        "1.0 and 0.0": (_all(one="1.0", none="0.0"), ""),
        "true and false": (_all(one="true", none="false"), ""),
        "ids with file ending": (_all(".png,"), ""),
        "ids in capitals": (text.upper().encode(), ""),
        "empty lines at the end": (text.encode() + b"\n\n", ""),
        "an empty line within": (_lines(lambda lines: [*lines[:5], "", *lines[5:]]), ""),
        "CR alone": (text.replace("\n", "\r").encode(), ""),
        "UTF-16": (text.encode("utf-16"), ""),
        "wide digits": (_all(one="\uff11", none="\uff10"), ""),
        "a column more": (_all(after=",0.93"), ""),
        "a comment": (b"# run 1\n" + text.encode(), ""),
    }
    strict = (
        "plain",
        "from the end",
        "CRLF",
        "a byte order mark",
        "no newline at the end",
        "TABs",
        "comma and TAB",
        "spaces",
    )
    found = [
        Case(name, partial(_file, content=content, note=note), "submission", name not in strict)
        for name, (content, note) in same.items()
    ]
    none: dict[str, bytes] = {
        "a candidate missing": _lines(lambda lines: lines[:-1]),
        "a candidate twice, alike": _lines(lambda lines: [*lines, lines[0]]),
        "a candidate twice, which disagree": _lines(lambda lines: [*lines, f"{IDS[0]},0"]),
        "a candidate of nobody": _lines(lambda lines: [*lines, "real_unknown_9999,1"]),
        "a score of 2": _all(one="2"),
        "a score of 0.5": _all(one="0.5"),
        "no scores": ("\n".join(IDS) + "\n").encode(),
        "columns changed": "".join(f"{int(used)},{name}\n" for name, used in USED.items()).encode(),
        "an empty file": b"",
        "a NUL": text.replace("2,0", "2\0,0").encode(),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(40),
        "a byte that is no UTF-8": text.encode().replace(b"real", b"r\xe9al"),
        "a header alone": b"id,score\n",
        "an invisible character in an id": text.replace("0004", "00\u200b04").encode(),
        "a line of 10 MB": text.encode() + b"x" * 10_000_000,
        "an escape sequence in an id": text.replace("0004", "0004\x1b[31m").encode(),
    }
    found += [
        Case(name, partial(_file, content=content, right=False), "submission") for name, content in none.items()
    ]
    ids = {
        "spaces": ("a 1", "b 2", "c 3"),
        "commas": ("a,1", "b,2"),
        "quotes": ('a"1', 'b"2'),
        "quotes round them": ('"a"', '"b"'),
        "a space at an end": ("a ", "b"),
        "TABs": ("a\t1", "b\t2"),
        "new lines": ("a\n1", "b\n2"),
        "a lone CR": ("a\r1", "b"),
        "umlauts": ("ä", "ö"),
        "nothing": ("", "b"),
        "a formula": ("=1+1", "@sum"),
        "a comment's sign": ("#1", "#2"),
        "Unicode line ends": ("a\u2028b", "c\u0085d"),
        "a word that a header has": ("id", "b"),
        "twice the same": ("a", "a"),
        "a score's look": ("1", "0"),
        "a byte order mark": ("\ufeffa", "b"),
        "spaces alone": (" ", "b"),
        "a NUL": ("a\0", "b"),
    }
    found += [
        Case(
            f"written: ids with {what}",
            partial(_written, ids=names) if len(set(names)) == len(names) else partial(_refused_writing, ids=names),
            "written",
            True,
        )
        for what, names in ids.items()
    ]
    read = (
        "spaces",
        "umlauts",
        "a formula",
        "a comment's sign",
        "a score's look",
        "a word that a header has",
        "quotes",
    )
    found += [
        Case(f"read: ids with {what}", partial(_odd_ids, ids=ids[what]), "submission", what != "umlauts")
        for what in read
    ]
    found += [
        Case(f"checked: ids with {what}", partial(_checked, ids=ids[what], valid=True), "checked")
        for what in ("umlauts", "spaces", "a score's look")
    ]
    truths: dict[str, Callable[[str], str]] = {
        "a byte order mark": lambda text: f"\ufeff{text}",
        "CRLF": lambda text: text.replace("\n", "\r\n"),
        "spaces": lambda text: text.replace(",", " , "),
        "quotes": lambda text: "".join(
            f'"{line[:-2]}",{line[-1]}\n' if k else f"{line}\n" for k, line in enumerate(text.splitlines())
        ),
        "another order of rows": lambda text: "\n".join(["id,used", *text.splitlines()[:0:-1]]) + "\n",
    }
    found += [
        Case(f"scored: a truth with {what}", partial(_scored, n=100, change=one), "scored")
        for what, one in truths.items()
    ]
    found += [
        Case(f"scored: a truth with {what}", partial(_no_truth, content=content), "scored")
        for what, content in _broken_truths().items()
    ]
    found.append(Case("scored: 300,000 ids", partial(_scored, n=300_000), "scored", alone=True))
    return found


def _refused_writing(root: Path, ids: Sequence[str]) -> list[Right]:
    _written(root, ids)
    return []


BENCHMARK = class_of_inputs(
    "submissions", "files handed in, and ids with all kinds of signs, written and read alike", cases, quick=4
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
