"""Pages with figures: what a command writes stands in a block with its digest, so that an edit by hand is seen.

    <!-- written by: COMMAND; sha256: DIGEST -->
    the date, the commit, the machine, the command, and the tables
    <!-- end of what was written -->

A block is known by its command: the same command again writes into the same place.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.rows import machine
from harness.plain import plain
from harness.run.source_commit import commit
from harness.writing import replace_file

_END = "<!-- end of what was written -->\n"
_BLOCK = re.compile(
    rf"^<!-- written by: ([^\n]+); sha256: (\w+) -->\n(.*?)^{re.escape(_END)}", re.DOTALL | re.MULTILINE
)
_TO_FILES = ("--json", "--markdown")  # where rows go decides none of them
_TABLE = re.compile(r"^(?:```\n.*?^```$|(?:\|[^\n]*\n)+)", re.DOTALL | re.MULTILINE)


class Origin(NamedTuple):
    """What made a block. module, words: of the command line; day: ISO; commit: None outside a clone; a `+` at its end
    says that something in the clone was changed.
    """

    module: str
    words: Sequence[str]
    day: str
    commit: str | None

    @property
    def command(self) -> str:
        """The command line as a page may hold it: of a place elsewhere on the machine its last name alone."""
        return " ".join(["python -m", self.module, *map(_without_place, _without_files(self.words))])

    @property
    def facts(self) -> str:
        """The date, the commit, the machine and the command, a paragraph."""
        facts = machine()
        versions = ", ".join(f"{name} {facts[name]}" for name in ("python", "torch", "numpy", "scikit-learn"))
        changed = " with changes" if self.commit is not None and self.commit.endswith("+") else ""
        told = "no commit" if self.commit is None else f"commit {self.commit[:7]}{changed}"
        where = f"{facts['processor']}, {facts['cores']} cores, {facts['memory_gib']} GiB, {versions}"
        return f"{self.day}, {told}, {plain(where)}:\n\n```sh\n{self.command}\n```\n"


class Written(NamedTuple):
    """A block of a page. whole: whether it is as it was written."""

    command: str
    whole: bool
    body: str


def origin_of(module: str, words: Sequence[str]) -> Origin:
    """What a command that begins now will have been: code that is changed while it runs is not what runs."""
    return Origin(module, tuple(words), datetime.date.today().isoformat(), commit())


def markdown_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as a page holds it, below its title in bold, where it has one."""
    lines = [head, ["---"] * len(head), *rows]
    above = f"**{title}**\n\n" if title else ""
    return above + "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def write_block(page: Path, origin: Origin, body: str) -> None:
    """Put what a command found into a page: in place of what it wrote there before, else at the end under a heading.

    page: is made where there is none; whatever else stands in it stays.
    """
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    told = f"{origin.facts}\n{body.rstrip()}\n"
    replace_file(page, with_block(before, origin.command, told, f"## {origin.module}"))


def with_block(page: str, command: str, told: str, heading: str) -> str:
    """The text of a page with what a command wrote: in place of what it wrote before, else at the end."""
    block = f"<!-- written by: {command}; sha256: {_digest(command, told)} -->\n{told}{_END}"
    for found in _BLOCK.finditer(page):
        if found[1] == command:
            return page[: found.start()] + block + page[found.end() :]
    above = f"{page.rstrip()}\n\n" if page.strip() else ""
    return f"{above}{heading}\n\n{block}"


def written_blocks(text: str) -> Iterator[Written]:
    """The blocks of a page, in order."""
    for found in _BLOCK.finditer(text):
        yield Written(found[1], _digest(found[1], found[3]) == found[2], found[3])


def other_tables(text: str) -> dict[str, list[str]]:
    """The tables of a page that stand in no block, heading by heading: of lines with bars, or fenced as printed.

    A fenced block that names its language, as that of a shell, is none.
    """
    found: dict[str, list[str]] = {}
    heading = ""
    for part in re.split(r"^(#+ [^\n]*)\n", _without_code(text), flags=re.MULTILINE):
        if re.match(r"#+ ", part):
            heading = part.lstrip("# ")
        elif tables := _TABLE.findall(part):
            found.setdefault(heading, []).extend(tables)
    return found


def _without_code(text: str) -> str:
    """The page without written blocks, and without fenced ones of a language, whose comments look like headings."""
    return re.sub(r"^```\w+\n.*?^```\n", "", _BLOCK.sub("", text), flags=re.DOTALL | re.MULTILINE)


def _without_files(words: Sequence[str]) -> Iterator[str]:
    skip = False
    for word in words:
        if not skip and not word.startswith(tuple(f"{option}=" for option in _TO_FILES)) and word not in _TO_FILES:
            yield word
        skip = not skip and word in _TO_FILES


def _without_place(word: str) -> str:
    """A word of a command: a path from the root, from a home or upwards is cut to its last name."""
    name, equals, value = word.rpartition("=")
    if not value.startswith(("/", "~", "..")):
        return plain(word)
    return plain(f"{name}{equals}.../{Path(value).name}")


def _digest(command: str, body: str) -> str:
    return hashlib.sha256(f"{command}\n{body}".encode()).hexdigest()
