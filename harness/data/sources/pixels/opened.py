"""An image file opened with care: regular, of a format with one meaning, of one frame, and small enough to decode."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from math import isqrt
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from harness import bounded
from harness.errors import InputError

# Of what Pillow opens, the formats whose greys have one meaning, and that run no other program (EPS does). TGA has no
# mark at its start and comes last.
READ = (
    "PNG", "JPEG", "JPEG2000", "TIFF", "BMP", "DIB", "GIF", "WEBP", "AVIF", "PPM", "PCX", "SGI", "SUN", "MSP", "QOI",
    "TGA",
)  # fmt: skip
MOST_PIXELS = 2**26
MOST_PAGES = 2**11
MOST_BYTES = 2**29  # that decoding one image may take
# Pillow reports a damaged file by whichever of these its decoders happen to raise.
_DAMAGE = (
    OSError, SyntaxError, ValueError, EOFError, TypeError, LookupError, OverflowError, struct.error, zlib.error,
)  # fmt: skip
_BYTES_A_PIXEL = {"1": 3, "L": 3, "F": 16, "I": 32}  # at the peak of its conversion; deep integers as I, others:
_OTHERS = 16
_TILE_WIDTH, _TILE_LENGTH = 322, 323  # tags of TIFF 6.0
_POINTER = b"version https://git-lfs"


@contextmanager
def opened(source: Path | bytes, name: str) -> Iterator[Image.Image]:
    """The image, its pixels not yet decoded; what goes wrong in the body with its file is told here, too.

    Raises InputError, with `name`, for a file that is missing, no regular one, damaged, no image, of several frames,
    or too large: over 2^26 pixels as padded to a square, or 512 MiB to decode by its depth and channels.
    """
    with quiet(), opened_in_thread(source, name) as image:
        yield image


@contextmanager
def quiet() -> Iterator[None]:
    """What Pillow warns of is not said: our own checks tell it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # of pixels alone; ours is below
        yield


@contextmanager
def opened_in_thread(source: Path | bytes, name: str, page: int | None = None) -> Iterator[Image.Image]:
    """As `opened`, for one thread of several: who starts them is `quiet`, since all share one list of what to say.

    page: which one, where the file may have several.
    """
    with _file(source) as file:
        try:
            with Image.open(file, formats=READ) as image:
                if page is not None:
                    image.seek(page)
                _check(image, name, paged=page is not None)
                yield image
        except UnidentifiedImageError as error:
            file.seek(0)
            if file.read(len(_POINTER)) == _POINTER:
                raise InputError(
                    f"{name} is a pointer of Git LFS to an image that was never fetched; fetch it."
                ) from error
            raise InputError(
                f"{name} is not an image of a kind that is read, or a damaged one; replace it by a PNG, or remove it."
            ) from error
        except Image.DecompressionBombError as error:
            raise InputError(f"The image {name} is too large: {error}") from error
        except _DAMAGE as error:
            raise InputError(f"The image {name} is damaged ({error}); copy it again or remove it.") from error


def pixels_taken(image: Image.Image) -> int:
    """Pixels that are held to decode an opened image and to pad it to a square."""
    width, height = _decoded_size(image)
    return max(width * height, max(image.size) ** 2)


def stored_size(path: Path) -> tuple[int, int] | None:
    """Width and height of an image as stored, pixels, from its header alone; None for what cannot be read."""
    try:
        with opened(path, path.name) as image:
            return image.size
    except InputError:
        return None


def _file(source: Path | bytes) -> AbstractContextManager[IO[bytes]]:
    return BytesIO(source) if isinstance(source, bytes) else bounded.opened(source, "The image", links=True)


def _decoded_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of what is decoded: of a TIFF whole tiles at a time, strips no further than the picture."""
    tile = (0, 0)
    if isinstance(image, TiffImageFile):
        tile = (image.tag_v2.get(_TILE_WIDTH, 0), image.tag_v2.get(_TILE_LENGTH, 0))
        if not all(isinstance(one, int) for one in tile):
            raise ValueError("the size of its tiles is no number")
    return max(image.width, tile[0]), max(image.height, tile[1])


def count_pages(path: Path, name: str) -> int:
    """How many pages a TIFF file has, by walking through them; 1 of every other format. Inside of `quiet`.

    Raises InputError for more than `MOST_PAGES`, and as `opened` does but for the pages.
    """
    with opened_in_thread(path, name, page=0) as image:
        count = 1
        while isinstance(image, TiffImageFile) and count <= MOST_PAGES:
            try:
                image.seek(count)
            except EOFError:
                break
            count += 1
    if count > MOST_PAGES:
        raise InputError(f"{name} holds more than {MOST_PAGES} pages, the most that are read of a file.")
    return count


def _check(image: Image.Image, name: str, paged: bool) -> None:
    width, height = _decoded_size(image)
    kind = "I" if image.mode.startswith("I") else image.mode
    taken = width * height * _BYTES_A_PIXEL.get(kind, _OTHERS)
    if width * height > MOST_PIXELS or taken > MOST_BYTES:
        raise InputError(
            f"The image {name} is too large: {width}x{height} pixels of kind {image.mode} would take "
            f"{taken / 2**30:.1f} GiB to read; at most {MOST_PIXELS} pixels and {MOST_BYTES / 2**30:g} GiB are read."
        )
    side = max(image.size)
    if side**2 > MOST_PIXELS:
        raise InputError(
            f"The image {name} is too large: padded to a square, its {image.width}x{image.height} pixels would be "
            f"{side**2}; at most {MOST_PIXELS} are read, {isqrt(MOST_PIXELS)} a side."
        )
    if isinstance(image, TiffImageFile) and not paged and image.is_animated:
        # n_frames reads the tags of all, each compared with all before
        raise InputError(
            f"{name} holds more than one frame; give one image a slice, or data.window=[centre,width] to a run of "
            "data=folder, with which every page is a slice."
        )
    n_frames = 1 if isinstance(image, TiffImageFile) else getattr(image, "n_frames", 1)
    if n_frames != 1:
        raise InputError(f"{name} holds {n_frames} frames; give one image a slice.")
