"""Links and code blocks of a page, and a folder in which those that are attacks are files of `attacks`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def code_blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


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
