"""The option `--attack NAME` of pytest, which `attacks.conformance` reads.

A module of its own, because pytest takes options from installed plug-ins only before it looks at `--pyargs`. It is
imported by every pytest that starts beside this package, and so imports nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the registry imports this file, too, where no pytest need be
    import pytest

OPTION = "--attack"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--attack NAME`, as often as one likes; default: every attack there is."""
    parser.getgroup("attacks", "membership-inference attacks").addoption(
        OPTION,
        action="append",
        metavar="NAME",
        help="put only this attack through `--pyargs attacks.conformance` (repeatable; default: all that are found)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a name that no attack has before anything is collected."""
    wanted = config.getoption(OPTION)
    if not wanted:
        return
    import difflib

    import pytest

    from attacks.registry import find_attacks

    found = find_attacks(wanted)
    for name in wanted:
        if name in found.by_name:
            continue
        near = difflib.get_close_matches(name, found.by_name, n=3, cutoff=0.5)
        hint = f"Near it: {', '.join(near)}." if near else f"There are {', '.join(found.by_name)}."
        failed = "".join(f"\n{source} could not be imported:\n{why}" for source, why in found.broken.items())
        raise pytest.UsageError(_seen(f"There is no attack {name!r}. {hint}{failed}"))


def _seen(text: str) -> str:
    """The text with what would steer a terminal written out: a plug-in's exception may say anything."""
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
