"""Opening a DICOM file: one place for headers and for pixels, so that nothing unpacks to more than is read."""

from __future__ import annotations

from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import bounded
from harness.data.sources.pixels.opened import MOST_BYTES
from harness.errors import InputError

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_FILE_BYTES = 2**30
# Deflate packs at most 1032 to 1 (zlib.net/zlib_tech.html): no such file unpacks to more than is read of one image.
_MOST_DEFLATED_BYTES = MOST_BYTES // 1032


def opened_dataset(path: Path, where: str, tags: Sequence[str], *, pixels: bool) -> Dataset:
    """These elements of a file, and of no more of it than may be read; pixels: whether theirs, too.

    Raises InputError for a file that is damaged, too large, or would unpack to more than is read.
    """
    from pydicom import dcmread

    try:
        with bounded.opened(path, "The file", links=True) as file:
            if file.seek(0, 2) > MOST_FILE_BYTES:
                raise InputError(f"{where} has over {MOST_FILE_BYTES // 2**20} MiB, the most that is read.")
            file.seek(0)
            limited: Any = _Limited(file, where)
            return dcmread(limited, stop_before_pixels=not pixels, force=True, specific_tags=list(tags))
    except InputError as error:
        raise error if str(error).startswith(where) else InputError(f"{where} cannot be read.") from None
    except Exception as error:
        raise damaged(where, error) from None


class _Limited:
    """A file of which little is handed over at once: pydicom asks for all that is left only to inflate it.

    So what it takes for deflated is refused, wherever the header says so and however often.
    """

    def __init__(self, file: BufferedReader, where: str) -> None:
        self._file, self._where = file, where
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """As a file's; InputError for the rest of it, where that could inflate to more than is read."""
        if size >= 0:
            return self._file.read(size)
        content = self._file.read(_MOST_DEFLATED_BYTES + 1)
        if len(content) > _MOST_DEFLATED_BYTES:
            raise InputError(
                f"{self._where} is deflated and has over {_MOST_DEFLATED_BYTES // 2**10} KiB, the most that is "
                "unpacked; store it uncompressed, or with an image compression."
            )
        return content


def damaged(where: str, error: Exception) -> InputError:
    """The sentence for a file in which reading raised what may hold anything of it."""
    return InputError(f"{where} is damaged or no DICOM file ({type(error).__name__}); copy it again or remove it.")
