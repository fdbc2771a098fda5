"""The library is quick to import, and its notebook runs from top to bottom."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from documented_code import code_blocks
from notebooks import code_cells, executed, read_notebook

from harness.library import AuditResult, MetricTable, ScoreTable, attack, audit, evaluate

ROOT = Path(__file__).parents[3]
NOTEBOOK = ROOT / "examples" / "library.ipynb"
HEAVY = ("torch", "pandas", "sklearn", "scipy", "matplotlib", "PIL", "numba", "hydra")


def test_importing_it_imports_nothing_heavy():
    code = f"import sys, harness.library; print([one for one in {HEAVY} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_notebook_carries_no_outputs():
    for cell in code_cells(read_notebook(NOTEBOOK)):
        assert not cell["outputs"]
        assert cell["execution_count"] is None


def test_the_notebook_runs(capsys):
    mpl.use("Agg")
    names, shown = executed(read_notebook(NOTEBOOK))
    for kind in (ScoreTable, MetricTable, AuditResult):
        (one,) = (value for value in shown if isinstance(value, kind))
        assert "<table" in one._repr_html_()
    assert names["found"]["knn"].auc.value > 0.5
    assert set(names["scores"].scores) == {"knn", "mosaic", "knn_reg"}
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("Do not hand out this folder")
    assert told[-1] == f"{int(np.sum(names['result'].copies))} of 32 released images count as copies"


def test_the_page_prints_what_it_shows(capsys):
    page = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    _, code = code_blocks(page, "python")
    (shown,) = re.findall(r"^prints\n\n```\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    exec(compile(code, "docs/library.md", "exec"), {"__name__": "__main__"})  # noqa: S102  # a page of ours
    assert capsys.readouterr().out == shown


def test_the_page_shows_the_functions_as_they_are():
    page = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    for function in (attack, evaluate, audit):
        (shown,) = re.findall(rf"^\| `{function.__name__}\((.*?)\)` \|", page, re.MULTILINE)
        named = re.findall(r"(\w+)(?:=[^,]*)?(?:, |$)", shown.replace("*, ", "").removesuffix(", ..."))
        assert named == list(inspect.signature(function).parameters)[: len(named)]
