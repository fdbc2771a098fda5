"""Which options of an attack or a family of generators are explained, and where one may explain them."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import fields


def own_docstring(cls: type) -> str:
    """The docstring that the class itself was given; empty where `dataclass` had to make one up."""
    text = cls.__dict__.get("__doc__") or ""
    return "" if text.startswith(f"{cls.__name__}(") else text


def documented_options(cls: type, root: type) -> set[str]:
    """Options with a word on them: `name: ...` in a class docstring, or a string below the field.

    Several may share a word: `near, far: ...`. What parents say counts, up to the class `root`, and what
    is mixed in.
    """
    found: set[str] = set()
    for parent in cls.__mro__:
        if issubclass(parent, root) or not issubclass(root, parent):
            listed = re.findall(r"((?:\w+, )*\w+):(?=\s)", own_docstring(parent).replace("`", ""))
            found |= {name for names in listed for name in names.split(", ")} | _strings_below(parent)
    return found & {one.name for one in fields(cls)}


def _strings_below(cls: type) -> set[str]:
    """Fields with a string in the statement after them."""
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    except (OSError, TypeError):  # a class without source text, made at run time
        return set()
    assert isinstance(tree, ast.ClassDef)
    return {
        field.target.id
        for field, below in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }
