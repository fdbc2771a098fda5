"""Whether a file of no image's ending holds pictures all the same, by its first bytes."""

from __future__ import annotations

from pathlib import Path

_HEAD = 352  # bytes: the mark of NIfTI stands at 344
# At its start: PNG, JPEG, TIFF (two orders, and BigTIFF), GIF, JPEG 2000 (file, codestream), numpy, HDF5, NRRD, PSD.
_STARTS = (
    b"\x89PNG\r\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF8", b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51", b"\x93NUMPY", b"\x89HDF\r\n", b"NRRD0", b"8BPS",
)  # fmt: skip
_ENDINGS = (".nii.gz", ".npz", ".mha", ".mhd", ".dcm", ".dicom")  # packed, or with a header of their own


def looks_like_images(path: Path) -> bool:
    """Whether the regular file is a picture, a volume or an array, all of which are not read under such a name."""
    if path.name.lower().endswith(_ENDINGS):
        return True
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    if head.startswith(_STARTS) or head[128:132] == b"DICM" or head[344:347] in (b"n+1", b"ni1"):
        return True
    boxed = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    heif = head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis", b"heic", b"heix", b"mif1")
    bitmap = head[:2] == b"BM" and len(head) > 26 and int.from_bytes(head[6:10], "little") == 0
    netpbm = head[:1] == b"P" and head[1:2] in b"1234567f" and head[2:3] in (b"\n", b" ", b"\r") and len(head) > 8
    return boxed or heif or bitmap or netpbm
