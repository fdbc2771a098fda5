"""The numbers of a DICOM picture: decoded, sign and unused bits put right, in Hounsfield units, padding as NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.data.sources.pixels.opened import MOST_PIXELS
from harness.data.sources.scans.dicom.codestreams import stated_size
from harness.data.sources.scans.dicom.headers import Frame, Header
from harness.data.sources.scans.dicom.opened import opened_dataset
from harness.data.sources.scans.unheard import unheard
from harness.errors import InputError

if TYPE_CHECKING:
    from pydicom import Dataset

    from harness.data.sources.scans.volumes import Plane

_TAGS = [
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit", "PixelData",
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
]  # fmt: skip
_JPEG, _JPEG_LS, _JPEG_2000 = "python-gdcm", "pyjpegls", "pylibjpeg-openjpeg"
# By the last part of 1.2.840.10008.1.2.4.: what decodes it (PS3.5, 8.2 and A.4).
_DECODERS = {
    "50": _JPEG, "51": _JPEG, "57": _JPEG, "70": _JPEG, "80": _JPEG_LS, "81": _JPEG_LS, "90": _JPEG_2000,
    "91": _JPEG_2000, "201": _JPEG_2000, "202": _JPEG_2000, "203": _JPEG_2000,
}  # fmt: skip
_COMPRESSED = "1.2.840.10008.1.2.4."


class Pictures:
    """Reads pictures; of the file that it read last it holds the pixels, for a next frame of it."""

    def __init__(self, called: str) -> None:
        self._called = called
        self._held: tuple[str, Dataset] | None = None

    def plane(self, header: Header, frame: Frame) -> Plane:
        """Hounsfield units of one picture, float32 [rows, columns]; NaN where the file says there is none.

        Raises InputError, naming the file by its digest alone, for pixels that are damaged, larger than they say, or
        compressed in a way that no installed package decodes.
        """
        where = f"{self._called}: {header.file.handle}"
        try:
            with unheard():
                dataset = self._dataset(header, where)
                values = _decoded(dataset, frame.number, where)
                stored = _as_stored(dataset, values)
                padding = _padding(dataset, stored)
        except InputError:
            raise
        except Exception as error:  # decoders raise whatever they raise, with what the header holds
            raise InputError(
                f"{where} has pixels that cannot be decoded ({type(error).__name__}); copy it again or remove it."
            ) from None
        if values.shape != header.shape:
            raise InputError(f"{where} has pixels of another size than it says.")
        plane: Plane = (stored * frame.slope + frame.intercept).astype(np.float32)
        plane[padding] = np.nan
        return plane

    def _dataset(self, header: Header, where: str) -> Dataset:
        path = str(header.file.path)
        if self._held is None or self._held[0] != path:
            self._held = None  # not two at a time
            dataset = opened_dataset(header.file.path, where, _TAGS, pixels=True)
            if "TransferSyntaxUID" not in dataset.file_meta:
                dataset.file_meta.TransferSyntaxUID = _plain_syntax(dataset)
            self._held = (path, dataset)
        return self._held[1]


def _plain_syntax(dataset: Dataset) -> Any:
    """That of a file without the part that says it: found by reading, and never compressed."""
    from pydicom import uid

    implicit, little = dataset.original_encoding
    if not little:
        return uid.ExplicitVRBigEndian
    return uid.ImplicitVRLittleEndian if implicit else uid.ExplicitVRLittleEndian


def _decoded(dataset: Dataset, index: int, where: str) -> NDArray[np.integer[Any]]:
    """The numbers of one frame [rows, columns], as a decoder hands them over."""
    from pydicom.encaps import get_frame
    from pydicom.pixels import get_decoder, pixel_array

    syntax = dataset.file_meta.TransferSyntaxUID
    plug_in = ""
    if syntax.is_encapsulated:
        try:
            decoder = get_decoder(syntax)
        except NotImplementedError:
            raise InputError(f"{where} is compressed as {_syntax_name(syntax)}, which nothing decodes.") from None
        if not decoder.is_available:
            package = _DECODERS.get(syntax.removeprefix(_COMPRESSED), "python-gdcm")
            raise InputError(
                f"{where} is compressed as {_syntax_name(syntax)}; install the package {package}, which decodes it "
                '(it is part of the extra `medical`: pip install ".[medical]").'
            )
        frames = int(dataset.get("NumberOfFrames") or 1)
        size = stated_size(get_frame(dataset.PixelData, index, number_of_frames=frames), syntax)
        if size is not None and size[0] * size[1] > MOST_PIXELS:
            raise InputError(f"{where} would unpack to {size[1]}x{size[0]} pixels; at most {MOST_PIXELS} are read.")
        plug_in = "pylibjpeg" if "pylibjpeg" in decoder.available_plugins else ""
    return pixel_array(dataset, index=index, raw=True, decoding_plugin=plug_in)


def _syntax_name(syntax: Any) -> str:
    """The name of a transfer syntax of the standard; a private one's is anybody's."""
    return str(syntax.name) if not syntax.is_private and syntax.name != syntax else "one that is in no standard"


def _as_stored(dataset: Dataset, values: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """The bits that count, with their sign: what else a word holds, as overlays once did, is dropped."""
    bits = int(dataset.BitsStored)
    above = int(dataset.get("HighBit", bits - 1)) + 1 - bits
    if not 1 <= bits <= int(dataset.BitsAllocated) or above < 0:
        raise ValueError("bits")
    found = values.astype(np.int64)
    if not dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        found = (found >> above) & ((1 << bits) - 1)
        if int(dataset.PixelRepresentation):
            found = np.where(found >> (bits - 1), found - (1 << bits), found)
    return found


def _padding(dataset: Dataset, stored: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where there is no picture: PixelPaddingValue, or all from it to PixelPaddingRangeLimit (PS3.3 C.7.5.1.1.2)."""
    value = _stored_number(dataset, "PixelPaddingValue")
    if value is None:
        return np.zeros(stored.shape, np.bool_)
    limit = _stored_number(dataset, "PixelPaddingRangeLimit")
    low, high = sorted((value, value if limit is None else limit))
    return (stored >= low) & (stored <= high)


def _stored_number(dataset: Dataset, name: str) -> int | None:
    """A number of the pixels' own kind and bits; headers often give a signed one as unsigned, or in a whole word."""
    value = dataset.get(name)
    if value is None or value == "":
        return None
    bits = int(dataset.BitsStored)
    if isinstance(value, bytes):
        value = int.from_bytes(value, "little")
    number = int(value) & ((1 << bits) - 1)
    signed = int(dataset.PixelRepresentation) and number >> (bits - 1)
    return number - (1 << bits) if signed else number
