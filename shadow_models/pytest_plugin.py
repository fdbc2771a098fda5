"""The option `--generator NAME` of pytest, which `shadow_models.conformance` reads.

A module of its own, because pytest takes options from installed plug-ins only before it looks at `--pyargs`. It is
imported by every pytest that starts beside this package, and so imports nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

OPTION = "--generator"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--generator NAME`, as often as one likes; default: every family there is."""
    parser.getgroup("generators", "generators of images").addoption(
        OPTION,
        action="append",
        metavar="NAME",
        help="put only this family through `--pyargs shadow_models.conformance` (repeatable; default: all that are "
        "found)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a name that no family has, or that cannot be imported, before anything is collected."""
    wanted = config.getoption(OPTION)
    if not wanted:
        return
    import pytest

    from shadow_models.registry import find_family

    for name in wanted:
        try:
            find_family(name)
        except Exception as error:  # a file with a slip in it may raise anything
            raise pytest.UsageError(_seen(_why(name, error))) from error


def _why(name: str, error: Exception) -> str:
    """What is wrong with a name: the near ones where there is none like it, or why it cannot be imported."""
    import difflib
    import traceback

    from shadow_models.registry import UnknownFamilyError, family_names

    names = family_names()
    if isinstance(error, UnknownFamilyError):
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        if name in names or not near:
            return str(error)
        return f"There is no generator {name!r}. Near it: {', '.join(near)}."
    last = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    return f"The generator {name!r} could not be imported: {last}"


def _seen(text: str) -> str:
    """The text with what would steer a terminal written out: a plug-in's exception may say anything."""
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
