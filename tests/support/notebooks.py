"""A notebook as its cells, run one after the other as a kernel would; what each cell's last line shows."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any


def read_notebook(path: Path) -> dict[str, Any]:
    """The notebook, format 4."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    return notebook


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Its cells of code, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def executed(notebook: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """The names that are there at the end, and the value of each code cell's last line, None where it is none."""
    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for cell in code_cells(notebook):
        body = ast.parse("".join(cell["source"]), cell["id"]).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), cell["id"], "exec"), names)  # noqa: S102  # a file of ours
        value = None if last is None else compile(ast.Expression(last.value), cell["id"], "eval")
        shown.append(None if value is None else eval(value, names))  # noqa: S307  # as above
    return names, shown
