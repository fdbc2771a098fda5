"""Launchers of other packages: `[project.entry-points."harness.launchers"]` with `NAME = "module:OptionsClass"`.

The class is a dataclass below `LaunchOptions`: its fields are the options `launch.*`, each with a default, and its
`launcher(device)` makes what runs the jobs (`harness.jobs.launchers.base`). It is imported where `launch=NAME` names
it.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from importlib.metadata import EntryPoint, entry_points

from harness.config.launch_options import BUILT_IN, LaunchOptions
from harness.errors import InputError
from shadow_models.plug_ins import Kind, failure

GROUP = "harness.launchers"
_KIND = Kind(GROUP, "A launcher", "launchers")


def plug_ins() -> dict[str, EntryPoint]:
    """Other people's launchers by name; nothing is imported. Names of ours, and what is no name, are left out."""
    points, _ = _KIND.offered(entry_points(group=GROUP), [one.name for one in BUILT_IN])
    return points


def options_of(point: EntryPoint) -> type[LaunchOptions]:
    """The options of a plug-in, imported now. Raises InputError, in a sentence."""
    why = failure(point)
    if why is not None:
        raise InputError(
            f"The launcher {point.name!r} of a plug-in could not be imported: {why.strip().splitlines()[-1]}"
        )
    found = point.load()
    if not (isinstance(found, type) and issubclass(found, LaunchOptions) and is_dataclass(found)):
        raise InputError(f"The launcher {point.name!r} of a plug-in is no dataclass below LaunchOptions.")
    try:
        made = found()
    except Exception as error:  # a slip in somebody's plug-in
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(
            f"The launcher {point.name!r} of a plug-in needs a default for each option ({told})."
        ) from error
    if made.name != point.name or not callable(getattr(made, "launcher", None)):
        raise InputError(
            f"The launcher {point.name!r} of a plug-in needs name={point.name!r} and a method launcher(device)."
        )
    return found
