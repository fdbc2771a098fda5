"""What is printed: a table of what was found, what was converted or left out, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.cli import tell
from harness.data.options import MEDICAL
from harness.data.sources.pixels.window import Window
from harness.look.advice import enough, next_step, too_few
from harness.look.found import Found
from harness.look.options import LookSettings
from harness.look.write import SHEET
from harness.places import shown as shown_path
from harness.plain import plain

_BARS = " ▁▂▃▄▅▆▇█"
_SIZES_SHOWN = 4


def show(
    found: Found, advice: Sequence[str], remarked: Sequence[str], settings: LookSettings, console: Console
) -> None:
    """Print it. remarked: what reading warned of, in which names of files may stand."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    for name, told in _rows(found, settings):
        table.add_row(name, Text(plain(told)))
    console.print(table)
    if remarked:
        console.print(Text("\nRead with remarks", style="bold"))
        for remark in remarked:
            tell(console, "-", "dim", remark)
    console.print(Text("\nWhat to do", style="bold"))
    for sentence in advice:
        tell(console, "-", "yellow", sentence)
    if not advice:
        tell(console, "-", "green", "Nothing was found that speaks against a run.")
    if not too_few(found, settings):
        tell(console, "-", "dim", next_step(settings))
    if settings.out is not None:
        text = f"{shown_path(settings.out / SHEET)} shows slices: treat it as you treat these."
        tell(console, "-", "dim", text)


def _rows(found: Found, settings: LookSettings) -> list[tuple[str, str]]:
    n, people = len(found.pixels), len(found.per_patient)
    taken = "" if n == len(found.pool.ids) else f" of {len(found.pool.ids)} (data.per_patient)"
    return [
        ("slices", f"{n}{taken}, at {found.pixels.shape[1]} x {found.pixels.shape[1]} pixels (data.size)"),
        ("patients", f"{people}{_whose(found)}"),
        ("slices a patient", _spread(found)),
        ("as stored", _stored(found, settings)),
        *([("window", _window(found, settings.window))] if settings.window is not None else []),
        ("greys", _greys(found)),
        ("", f"[{_bars(found)}] pixels, black to white (root scale)"),
        ("show nothing", _nothing(found)),
        ("equal to another", _both(found.alike.equal_own, found.alike.equal_other)),
        ("look like another", _both(found.alike.near_own, found.alike.near_other)),
        ("", f"(hashes differ in at most {found.alike.limit} bits, as those of neighbouring slices)"),
        ("left out", _left_out(found)),
        ("planned", enough(found, settings)),
    ]


def _whose(found: Found) -> str:
    if found.inferred:
        return ", groups of slices that look alike: nobody says whose they are"
    if found.of_nobody is None:
        return ""
    return f" (of {found.of_nobody} slices nobody says whose they are)" if found.of_nobody else ""


def _spread(found: Found) -> str:
    counts = found.per_patient
    return f"{counts.min()} to {counts.max()}, median {np.median(counts):g}"


def _stored(found: Found, settings: LookSettings) -> str:
    if not found.pool.as_stored:
        return "not known: an older version read these slices into the store"
    if not found.sizes:
        return "drawn at that size, 8-bit grey"
    sizes = [f"{width} x {height} ({count})" for height, width, count in found.sizes[:_SIZES_SHOWN]]
    more = len(found.sizes) - _SIZES_SHOWN
    rest = f" and {more} sizes more" if more > 0 else ""
    kinds = [f"{count} {kind}" for kind, count in found.conversions]
    if settings.data.name in MEDICAL:
        kinds = ["numbers of a scanner, taken through the window", *kinds]
    return f"{', '.join(sizes)}{rest}; {'; '.join(kinds) or '8-bit grey'}"


def _window(found: Found, window: Window) -> str:
    low, high = window.ends
    told = f"{window.preset or 'of your own'}, {low:g} is black and {high:g} white (data.window)"
    if found.clipped is None or not found.clipped[2]:
        return told
    below, above, pixels = found.clipped
    return f"{told}; {100 * below / pixels:.1f} % of the pixels lie below, {100 * above / pixels:.1f} % above"


def _greys(found: Found) -> str:
    low, high = found.grey_range
    told = ", ".join(f"{100 * float(share):g} %: {grey}" for share, grey in found.quantiles.items())
    return f"{low} to {high}; quantiles {told}"


def _bars(found: Found) -> str:
    """The histogram as a line of characters, by the root: where most is black the rest would not be seen."""
    roots = np.sqrt(found.histogram)
    return "".join(_BARS[int(np.ceil(8 * one / roots.max()))] for one in roots)


def _nothing(found: Found) -> str:
    kinds = (("black", found.black), ("of one grey", found.constant), ("noise", found.noise))
    return ", ".join(f"{int(which.sum())} {name}" for name, which in kinds)


def _both(own: np.ndarray[tuple[int], np.dtype[np.bool_]], other: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    return f"{int(own.sum())} slices one of their own patient, {int(other.sum())} one of another patient"


def _left_out(found: Found) -> str:
    told = [
        f"{account['folder']}: {count} {reason}"
        for account in found.folders
        for reason, count in account["left_out"].items()
    ]
    return "; ".join(told) or "nothing"
