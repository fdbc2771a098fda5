"""Links and code blocks of a page; a folder in which those that are attacks are files of `attacks`; tutorials."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SLACK = 0.02  # of a figure with a point in it, from one processor to another
_RUN = re.compile(
    r"^(?:`(?P<file>[\w.]+)`:\n\n)?```(?P<language>sh|python)\n(?P<code>.*?)^```\n(?:\n```\n(?P<shown>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)


class Ran(NamedTuple):
    """A block of a tutorial that was run.

    code: its text; shown: what the page says that it prints; printed: what it did.
    """

    code: str
    shown: str
    printed: str


def tutorial(page: str, folder: Path) -> Iterator[Ran]:
    """Run the `sh` and `python` blocks of a page in a folder, in order, as a reader would who copies them.

    A Python block below a line that is a file's name and a colon is saved as that file instead. A block without a
    language just below is what it prints.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    for block in _RUN.finditer(page):
        if block["file"]:
            (folder / block["file"]).write_text(block["code"], encoding="utf-8")
            continue
        runs = ["bash", "-e"] if block["language"] == "sh" else [sys.executable, "-"]
        done = subprocess.run(
            runs, input=block["code"], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{block['code']}\n{done.stdout}\n{done.stderr}"
        yield Ran(block["code"], block["shown"] or "", done.stdout)


def is_printed(shown: str, printed: str) -> bool:
    """Whether a text is what was printed: words and whole numbers as they are, other figures nearly so.

    A line `...` stands for any number of lines, also for none.
    """
    parts = [_lines(part) for part in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)]
    rest = _lines(printed)
    for number, part in enumerate(parts):
        if number == len(parts) - 1 and part and len(parts) > 1:
            rest = rest[-len(part) :]  # the last part ends what was printed
        elif len(parts) == 1 and len(rest) != len(part):
            return False
        reach = len(rest) - len(part) + 1 if number else 1
        at = next((place for place in range(reach) if _alike(part, rest[place : place + len(part)])), None)
        if at is None:
            return False
        rest = rest[at + len(part) :]
    return True


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _alike(wanted: list[str], found: list[str]) -> bool:
    figure = r"\d+\.\d+"
    texts = ["\n".join(lines) for lines in (wanted, found)]
    if re.sub(figure, "#", texts[0]) != re.sub(figure, "#", texts[1]):
        return False
    pairs = zip(*(map(float, re.findall(figure, text)) for text in texts), strict=True)
    return all(abs(one - other) <= SLACK * max(1.0, abs(one)) for one, other in pairs)


def code_blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def languages(page: str) -> list[str]:
    """The languages of all fenced blocks, in order; empty of those that name none."""
    return re.findall(r"^```(\w*)\n.*?^```$", page, re.DOTALL | re.MULTILINE)


def links(page: str) -> list[str]:
    """Where the links and pictures of a page lead, code left out."""
    return re.findall(r"\]\(([^)\s]+)\)", _without_blocks(page))


def anchors(page: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", _without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def file_names(page: str) -> list[str]:
    """The name that the page gives each Python block: the last `attacks/NAME.py` before it."""
    before = re.split(r"^```python\n", page, flags=re.MULTILINE)[:-1]
    return [re.findall(r"attacks/(\w+)\.py", text)[-1] for text in before]


def registered(blocks: list[str]) -> list[str]:
    """The names of all attacks that Python blocks register, those of `calibrated(...)` among them."""
    names = []
    for code in blocks:
        own = re.findall(r'^@register\("(\w+)"\)', code, re.MULTILINE)
        calibrations = re.findall(r'"(\w+)"', "".join(re.findall(r"^calibrated\((.*?)\)", code, re.MULTILINE)))
        names += [*own, *(f"{name}_{calibration}" for name in own for calibration in calibrations)]
    return names


def pasted_attacks_conform(page: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Every Python block as a file of `attacks`, and every attack it registers through the conformance tests."""
    blocks = code_blocks(page, "python")
    for name, code in zip(file_names(page), blocks, strict=True):
        (folder / f"{name}.py").write_text(code)
    (folder / "files_more.py").write_text(f"import attacks\nattacks.__path__.append({str(folder)!r})\n")
    chosen = [word for name in registered(blocks) for word in ("--attack", name)]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "files_more",
            "--pyargs",
            "attacks.conformance",
            *chosen,
            "--tb=short",
        ],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def _without_blocks(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)
