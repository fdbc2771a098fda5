"""What lies in a folder beside its slices, and where the slices lie: deeper, linked, or not there at all."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import chdir
from functools import partial
from pathlib import Path

from benchmarks.command import run_one
from benchmarks.odd_inputs.case import Case, Right
from benchmarks.odd_inputs.kinds import class_of_inputs
from benchmarks.odd_inputs.pictures import answer, full_range, plain, png, write_all

N = 6


def left_out(count: int) -> tuple[str, ...]:
    """A note that so many were left out."""
    told = r"(left out|not read|ignored|skipped)"
    return (rf"\b{count}\b.*{told}|{told}.*\b{count}\b",)


def _whole() -> list[Right]:
    return [Right(answer(plain(N)))]


def _part(gone: int) -> list[Right]:
    """All but the last ones, which were left out and told."""
    return [Right(answer(dict([*plain(N).items()][: N - gone])), left_out(gone))]


def _nested(root: Path, below: str, some: int) -> list[Right]:
    """So many of the slices lie in a folder below."""
    write_all(root / "data", plain(N))
    (root / "data" / below).mkdir(parents=True)
    for name in [*plain(N)][N - some :]:
        (root / "data" / f"{name}.png").rename(root / "data" / below / f"{name}.png")
    return _whole()


def _linked(root: Path, some: int, twice: bool = False, absolute: bool = False) -> list[Right]:
    """So many lie elsewhere, in a folder that is linked, once or twice."""
    write_all(root / "data", dict([*plain(N).items()][: N - some]))
    write_all(root / "elsewhere", dict([*plain(N).items()][N - some :]))
    where = root / "elsewhere" if absolute else Path("..") / "elsewhere"
    (root / "data" / "more").symlink_to(where)
    if twice:
        (root / "data" / "again").symlink_to(where)
    return _whole()


def _linked_files(root: Path) -> list[Right]:
    write_all(root / "elsewhere", plain(N))
    (root / "data").mkdir()
    for name in plain(N):
        (root / "data" / f"{name}.png").symlink_to(Path("..") / "elsewhere" / f"{name}.png")
    return [Right(answer(plain(N)), (r"\b6\b.*link|link.*\b6\b",))]


def _linked_root(root: Path) -> list[Right]:
    write_all(root / "elsewhere", plain(N))
    (root / "data").symlink_to("elsewhere")
    return _whole()


def _loop(root: Path, to: str) -> list[Right]:
    write_all(root / "data" / "sub", plain(N))
    (root / "data" / "sub" / "loop").symlink_to(to)
    return _whole()


def _link_to_itself(root: Path) -> list[Right]:
    write_all(root / "data", plain(N))
    (root / "data" / "loop.png").symlink_to("loop.png")
    return [Right(answer(plain(N)), left_out(1))]


def _without_content(root: Path, some: int, to: str) -> list[Right]:
    """Links whose content was never fetched (git-annex, DataLad)."""
    write_all(root / "data", dict([*plain(N).items()][: N - some]))
    (root / "data").mkdir(exist_ok=True)
    for name in [*plain(N)][N - some :]:
        (root / "data" / f"{name}.png").symlink_to(Path(to) / f"{name}.png")
    return _part(some) if some < N else []


def _beside(root: Path, folder: str, note: bool = True) -> list[Right]:
    """Copies in a folder that a system made: they are no slices of anybody."""
    write_all(root / "data", plain(N))
    for name in [*plain(N)][:3]:
        write_all(root / "data" / folder / name, {"THUMB_S": full_range(50), "THUMB_M": full_range(51)})
    return [Right(answer(plain(N)), left_out(6) if note else ())]


def _files(root: Path, names: Sequence[str], content: bytes, note: bool) -> list[Right]:
    """Small files of systems and people beside the slices."""
    write_all(root / "data", plain(N))
    for name in names:
        (root / "data" / name).write_bytes(content)
    return [Right(answer(plain(N)), left_out(len(names)) if note else ())]


def _hidden(root: Path, name: str) -> list[Right]:
    write_all(root / "data", plain(N))
    png(full_range(50), root / "data" / name)
    return [Right(answer(plain(N)), left_out(1))]


def _special(root: Path, make: Callable[[Path], None]) -> list[Right]:
    """Under the name of a slice, something that is no file."""
    write_all(root / "data", plain(N))
    make(root / "data" / "t.png")
    return [Right(answer(plain(N)), left_out(1))]


def _socket(path: Path) -> None:
    with chdir(path.parent), socket.socket(socket.AF_UNIX) as one:  # its whole path may be too long for a socket
        one.bind(path.name)


def _folder_as_png(root: Path) -> list[Right]:
    write_all(root / "data", dict([*plain(N).items()][:3]))
    write_all(root / "data" / "t.png", dict([*plain(N).items()][3:]))
    return _whole()


def _deep(root: Path, count: int) -> list[Right]:
    """Folders within folders, with a slice at the end."""
    write_all(root / "data", plain(N - 1))
    where = root / "data"
    with chdir(where):
        for _ in range(count):
            Path("d").mkdir()
            os.chdir("d")
        last = [*plain(N).items()][-1]
        png(last[1], Path(f"{last[0]}.png"))
    return _whole()


def _empty(root: Path) -> list[Right]:
    (root / "data" / "nothing").mkdir(parents=True)
    return []


def _no_folder(root: Path, make: Callable[[Path], None]) -> list[Right]:
    make(root / "data")
    return []


def _unreadable(root: Path, folder: bool) -> list[Right]:
    write_all(root / "data", dict([*plain(N).items()][:4]))
    write_all(root / "data" / "sub", dict([*plain(N).items()][4:]))
    for path in [root / "data" / "sub"] if folder else (root / "data" / "sub").iterdir():
        path.chmod(0)
    return _part(2)


def _same_names(root: Path) -> list[Right]:
    """Two folders number their slices alike: no two may become one."""
    pictures = [*plain(N).values()]
    for place, below in enumerate(("first", "second")):
        write_all(root / "data" / below, {f"s_{k}": pictures[3 * place + k] for k in range(3)})
    return [
        Right(
            answer(
                {
                    f"{below}/s_{k}": pictures[3 * place + k]
                    for place, below in enumerate(("first", "second"))
                    for k in range(3)
                }
            )
        )
    ]


def _cases_of_names(root: Path) -> list[Right]:
    pictures = [*plain(4).values()]
    names = ("a", "A", "b", "B")
    write_all(root / "data", dict(zip(names, pictures, strict=True)))
    return [Right(answer(dict(zip(names, pictures, strict=True))))]


SYSTEM = (
    "__MACOSX",
    "@eaDir",
    "#recycle",
    "$RECYCLE.BIN",
    "System Volume Information",
    ".Trashes",
    ".thumbnails",
    "#snapshot",
)


def cases(real: Path | None = None) -> Sequence[Case]:
    """Both readers are asked, that of imagefolders and that of releases, for they must go by one rule."""
    root_user = "root may read every file" if os.geteuid() == 0 else ""
    found = []
    for ask in ("folder", "images"):
        found += [
            Case(f"half in a sub-folder ({ask})", partial(_nested, below="batch2", some=3), ask, True),
            Case(f"all three folders down ({ask})", partial(_nested, below="a/b/c", some=N), ask, True),
            Case(f"half in a linked folder ({ask})", partial(_linked, some=3), ask, True),
            Case(f"half in a folder linked twice ({ask})", partial(_linked, some=3, twice=True), ask, True),
            Case(f"links to files ({ask})", _linked_files, ask),
            Case(
                f"half are links without content ({ask})",
                partial(_without_content, some=3, to=".git/annex"),
                ask,
                True,
            ),
            Case(f"all are links without content ({ask})", partial(_without_content, some=N, to=".git/annex"), ask),
            Case(f"a loop of links ({ask})", partial(_loop, to=".."), ask, True),
            Case(f"a FIFO ({ask})", partial(_special, make=os.mkfifo), ask, True),
            Case(f"1,200 folders within one another ({ask})", partial(_deep, count=1200), ask, True),
            Case(f"an empty folder ({ask})", _empty, ask),
        ]
        found += [Case(f"{name} ({ask})", partial(_beside, folder=name), ask) for name in SYSTEM]
    return [
        *found,
        Case("a sub-folder of a release, a run", partial(_nested, below="batch2", some=3), "pool", True),
        Case("a linked folder, a run", partial(_linked, some=3), "pool", True),
        Case("links without content, a run", partial(_without_content, some=3, to="gone"), "pool", True),
        Case("a linked folder by its whole path", partial(_linked, some=3, absolute=True), "folder", True),
        Case("the folder itself is a link", _linked_root, "images"),
        Case("a link to the folder it lies in", partial(_loop, to="."), "folder", True),
        Case("a link to the root of the disk", partial(_loop, to="/"), "images", True),
        Case("a link to itself", _link_to_itself, "images", True),
        Case("a socket", partial(_special, make=_socket), "images", True),
        Case("a link to a device", partial(_special, make=lambda path: path.symlink_to("/dev/zero")), "images", True),
        Case(
            "a link to a terminal", partial(_special, make=lambda path: path.symlink_to("/dev/tty")), "folder", True
        ),
        Case("a folder called like a slice", _folder_as_png, "folder", True),
        Case("70 folders within one another", partial(_deep, count=70), "images", True),
        Case(
            "small files of systems",
            partial(_files, names=("Thumbs.db", "desktop.ini", "Icon\r"), content=b"\0\1", note=False),
            "images",
        ),
        Case(
            "a readme and a licence",
            partial(_files, names=("README.md", "LICENSE"), content=b"text", note=True),
            "folder",
        ),
        Case("shadow copies of macOS", partial(_hidden, name="._s_00.png"), "images"),
        Case("a hidden slice", partial(_hidden, name=".old.png"), "folder"),
        Case("no folder", partial(_no_folder, make=lambda path: None), "images"),
        Case("a file in place of the folder", partial(_no_folder, make=lambda path: path.touch()), "folder"),
        Case("a FIFO in place of the folder", partial(_no_folder, make=os.mkfifo), "images"),
        Case(
            "a broken link in place of the folder", partial(_no_folder, make=lambda p: p.symlink_to("gone")), "folder"
        ),
        Case(
            "a looping link in place of the folder",
            partial(_no_folder, make=lambda p: p.symlink_to("data")),
            "images",
        ),
        Case("files that may not be read", partial(_unreadable, folder=False), "images", True, lacking=root_user),
        Case("a folder that may not be read", partial(_unreadable, folder=True), "folder", True, lacking=root_user),
        Case("two folders with the same names", _same_names, "folder", True),
        Case("two folders with the same names, a release", _same_names, "images", True),
        Case("names that differ in case", _cases_of_names, "images", True),
    ]


BENCHMARK = class_of_inputs(
    "layout", "where slices lie, and what lies beside them: links, systems' folders, FIFOs", cases, quick=2
)

if __name__ == "__main__":
    sys.exit(run_one(BENCHMARK))
