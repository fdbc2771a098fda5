"""Whether a file of no image's ending holds pictures all the same, by its first bytes."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile, ZipFile

_HEAD = 352  # bytes: the mark of NIfTI stands at 344
_STARTS = {
    b"\x89PNG\r\n": "PNG", b"\xff\xd8\xff": "JPEG", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF",
    b"MM\0+": "TIFF", b"GIF8": "GIF", b"\0\0\0\x0cjP  ": "JPEG 2000", b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\xff\x0a": "JPEG XL", b"\0\0\0\x0cJXL ": "JPEG XL",
    b"v/1\x01": "OpenEXR", b"\x93NUMPY": "numpy arrays",
    b"\x89HDF\r\n": "HDF5", b"NRRD0": "NRRD", b"8BPS": "PSD",
}  # fmt: skip
_PACKED = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".dcm", ".npy", ".webp"})
# Packed, or with a header of their own.
_ENDINGS = {
    ".nii.gz": "NIfTI", ".npz": "numpy arrays", ".mha": "MetaImage", ".mhd": "MetaImage", ".dcm": "DICOM",
    ".dicom": "DICOM",
}  # fmt: skip


OF_SCANNERS = frozenset({"DICOM", "NIfTI", "MetaImage", "NRRD"})  # files of these are often called by the patient


def _zipped_images(path: Path, head: bytes) -> bool:
    if not head.startswith(b"PK\3\4"):
        return False
    try:
        with ZipFile(path) as archive:
            return any(Path(name).suffix.lower() in _PACKED for name in archive.namelist())
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def looks_like(path: Path) -> str:
    """What picture, volume or array a regular file holds that is not read under its name; empty where none."""
    for ending, kind in _ENDINGS.items():
        if path.name.lower().endswith(ending):
            return kind
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return ""
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    others = {
        "DICOM": head[128:132] == b"DICM",
        "NIfTI": head[344:347] in (b"n+1", b"ni1"),
        "WebP": head[:4] == b"RIFF" and head[8:12] == b"WEBP",
        "AVIF or HEIF": head[4:8] == b"ftyp" and head[8:11] in (b"avi", b"hei", b"hev", b"mif", b"msf"),
        "an archive of images": head[257:262] == b"ustar" or _zipped_images(path, head),
        "BMP": head[:2] == b"BM" and len(head) > 26 and int.from_bytes(head[6:10], "little") == 0,
        "PGM": head[:1] == b"P" and head[1:2] in b"1234567f" and head[2:3] in (b"\n", b" ", b"\r") and len(head) > 8,
    }
    return next((kind for kind, is_it in others.items() if is_it), "")
