"""Figures as SVG inside the page: colours are the page's CSS variables, and the same data gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any, NamedTuple
from xml.etree import ElementTree

from markupsafe import Markup

_NAMES = ("ink", "soft", "grid", "rest", "chosen", "member", "nonmember", "s1", "s2", "s3", "s4", "s5", "s6")
COLOUR = {name: f"#0100{number:02x}" for number, name in enumerate(_NAMES, start=1)}
"""A colour's stand-in while matplotlib draws; each becomes `var(--name)`, which light and dark define."""

_STYLE = {
    "svg.fonttype": "none",  # text stays text: the page's font, searchable, small
    "svg.hashsalt": "harness.report",  # else the ids of clips and markers are drawn anew each time
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": COLOUR["soft"],
    "axes.labelcolor": COLOUR["soft"],
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": COLOUR["grid"],
    "grid.linewidth": 0.7,
    "xtick.color": COLOUR["soft"],
    "ytick.color": COLOUR["soft"],
    "text.color": COLOUR["soft"],
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "path.simplify": False,
}
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_COLOURS = re.compile("|".join(COLOUR.values()))
_MEANING = {stand_in: f"var(--{name})" for name, stand_in in COLOUR.items()}


class Key(NamedTuple):
    """A legend's line: what it names, its colour's name, its dashes (SVG's stroke-dasharray), a number beside."""

    label: str
    colour: str
    dashes: str = ""
    detail: str = ""


class Panel(NamedTuple):
    """A figure with what the page writes around it. width_px: where a narrower page is
    to let it scroll; 0 where it shrinks."""

    title: str
    svg: Markup
    keys: list[Key]
    remark: str = ""
    width_px: int = 0


def drawn(
    name: str,
    label: str,
    size: tuple[float, float],
    paint: Callable[[Any], None],
    hints: Mapping[str, str] | None = None,
) -> Markup:
    """What `paint` draws on a matplotlib Figure of `size` inches, as an `<svg>` element.

    name: unique on the page, for the ids; label: what a screen reader says; hints: gid of an artist -> the text
    shown on hover. Names given by people go into hints or beside the figure, so no mathtext is read in them.
    """
    import matplotlib  # start-up: half a second that only a finished run pays
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a user's matplotlibrc must not change the report
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=size, layout="constrained")
        figure.patch.set_visible(False)
        paint(figure)
        for axes in figure.axes:
            axes.patch.set_visible(False)
        text = StringIO()
        figure.savefig(text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    root = ElementTree.fromstring(text.getvalue())  # noqa: S314  # written two lines above, not by anybody else
    _clean(root, name, hints or {})
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "role": "img", "aria-label": label, "class": "figure"})
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704  # its serialiser escaped all text


def _clean(root: ElementTree.Element, name: str, hints: Mapping[str, str]) -> None:
    """Drop what concerns files only, make ids the figure's own, round, colour, add the hints."""
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in ("metadata", "style"):  # matplotlib's style would apply to the whole page
                parent.remove(child)
    for element in root.iter():
        element.tag = _local(element.tag)  # HTML needs no namespace
        element.tail = None
        element.text = element.text if element.tag == "text" else None
        identity = element.attrib.pop("id", None)
        if identity is not None and element.tag in ("clipPath", "path"):
            element.set("id", f"{name}-{identity}")
        if identity is not None and identity in hints:
            title = ElementTree.Element("title")
            title.text = hints[identity]
            element.insert(0, title)
            element.set("class", "hint")
        for key, value in list(element.attrib.items()):
            if key.startswith("{"):  # xlink:href, which HTML reads as href
                del element.attrib[key]
                key = _local(key)  # noqa: PLW2901
            if key == "href":
                element.set(key, value.replace("#", f"#{name}-"))
            elif key != "id":
                value = value.replace("url(#", f"url(#{name}-")  # noqa: PLW2901
                value = _NUMBER.sub(lambda found: f"{float(found.group()):.1f}", value)  # noqa: PLW2901
                element.set(key, _COLOURS.sub(lambda found: _MEANING[found.group()], value))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
