"""How results of the library show themselves in a notebook: a table, sentences below it, axes to draw on."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from harness.plain import plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def frame_html(frame: pd.DataFrame, rows: int | None = None) -> str:
    """A table as HTML, names of others escaped; rows: the most that are shown."""
    shown = frame.rename(index=lambda name: plain(str(name)) if isinstance(name, str) else name)
    return str(shown.to_html(max_rows=rows, border=0, na_rep="", escape=True))


def told_html(sentences: Sequence[str]) -> str:
    """Sentences, a paragraph each."""
    return "".join(f"<p>{escape(plain(one))}</p>" for one in sentences)


def listed(names: Sequence[str], most: int = 6) -> str:
    """Names of others as one line shows them, the first few of many."""
    more = len(names) - most
    return ", ".join(map(plain, names[:most])) + (f" and {more} more" if more > 0 else "")


def axes_of(ax: Axes | None) -> Axes:
    """The axes that were given, or those of a new figure of pyplot, which a notebook then shows."""
    if ax is not None:
        return ax
    from matplotlib import pyplot  # start-up: half a second

    return pyplot.subplots(layout="constrained")[1]
