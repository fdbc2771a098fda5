"""Is the release judged whole? What lies in its folder would go out with it, whether a reader takes it or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.data.sources.account import Account, told
from harness.data.sources.folder.listing import AGAIN
from harness.data.sources.folder.looks import OF_SCANNERS, looks_like
from harness.errors import InputError


def refuse_hidden_images(release: Path, examined: Sequence[Path]) -> None:
    """InputError where the folder holds pictures that were not examined: hidden ones, thumbnails of a file server."""
    known = {path.absolute() for path in examined}
    unseen = [path for path in _files(release) if path.absolute() not in known and looks_like(path)]
    if unseen:
        of_scanners = any(looks_like(path) in OF_SCANNERS for path in unseen)  # often called by the patient
        first = "" if of_scanners else f" (first: {unseen[0].relative_to(release).as_posix()})"
        raise InputError(
            f"--release holds {len(unseen)} pictures that are not among the {len(known)} examined, such as hidden "
            f"files and thumbnails of a file server{first}. They would go out with the folder: remove "
            "them, or move what is to go out into a folder of its own."
        )


def _files(folder: Path) -> Iterator[Path]:
    """Regular files at any depth, hidden ones and system folders, too; links to folders are not followed again."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path


def not_examined(account: Account | None) -> int:
    """How many files of the folder are no examined image."""
    return 0 if account is None else sum(count for why, (count, _) in account.left_out.items() if why != AGAIN)


def not_examined_told(account: Account | None) -> list[str]:
    """A sentence that counts them, with the reasons; nothing where there are none."""
    n = not_examined(account)
    if account is None or not n:
        return []
    return [f"{n} files in the release's folder are no images and were not examined: {told(account.left_out)}."]
