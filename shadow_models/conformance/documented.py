"""What is said of options: in the docstring of their dataclass, or in a string below the field."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import fields

_ASIDE = re.compile(
    r"\. (?=[A-Z]\w*(?: \w+)+: )"
)  # a sentence of another kind, such as ". Network calls a candidate: 2"
_BESIDE = r"(?: \([^)]*\))?"  # patients, slices (adjacent ones of each), seed: ...


def own_docstring(cls: type) -> str:
    """The docstring that the class itself was given; empty where `dataclass` had to make one up."""
    text = cls.__dict__.get("__doc__") or ""
    return "" if text.startswith(f"{cls.__name__}(") else text


def summary(cls: type) -> str:
    """The first paragraph of the class's docstring, one line."""
    return " ".join(own_docstring(cls).split("\n\n")[0].split())


def documented_options(cls: type, root: type) -> set[str]:
    """Options with a word on them: `name: ...` in a class docstring, or a string below the field.

    Several may share a word: `near, far: ...`. What parents say counts, up to the class `root`, and what
    is mixed in.
    """
    return set(option_texts(cls, root))


def option_texts(cls: type, root: type = object) -> dict[str, str]:
    """What is said of each option of a dataclass, in the order of its fields; the class's own word before a parent's.

    root: parents above it say nothing.
    """
    names = [one.name for one in fields(cls)]
    found: dict[str, str] = {}
    for parent in cls.__mro__:
        if parent is not object and (issubclass(parent, root) or not issubclass(root, parent)):
            found = _listed(own_docstring(parent), names) | _strings_below(parent) | found
    return {name: found[name] for name in names if name in found}


def _listed(docstring: str, names: list[str]) -> dict[str, str]:
    """The texts of `name: ...` and `near, far: ...`; each goes on to the next one, or to the end of its paragraph.

    They begin a sentence or a part of one; elsewhere in a sentence only where nothing else is said of an option.
    """
    one = rf"`?(?:{'|'.join(map(re.escape, names))})`?{_BESIDE}"
    found: dict[str, str] = {}
    for before in (r"(?:^|(?<=[.;] ))", r"(?<![\w=.])"):
        heads = re.compile(rf"{before}((?:{one}, )*{one}):(?=\s)")
        for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(docstring)) if names else ():
            found = _in_paragraph(" ".join(paragraph.split()), heads) | found
    return found


def _in_paragraph(text: str, heads: re.Pattern[str]) -> dict[str, str]:
    matches, found = list(heads.finditer(text)), {}
    ends = [match.start() for match in matches[1:]] + [len(text)]
    for match, end in zip(matches, ends, strict=False):
        said = _ASIDE.split(text[match.end() : end])[0].strip().rstrip(";.")
        for named, beside in re.findall(r"`?(\w+)`?( \([^)]*\))?(?:, |$)", match[1]):
            found[named] = f"{said}{beside}"
    return found


def _strings_below(cls: type) -> dict[str, str]:
    """The strings in the statement after a field."""
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    except (OSError, TypeError):  # a class without source text, made at run time
        return {}
    assert isinstance(tree, ast.ClassDef)
    return {
        field.target.id: " ".join(below.value.value.split()).rstrip(".")
        for field, below in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }
