"""The lines of a text file that was handed in, and what had to be forgiven to get at them."""

from __future__ import annotations

from pathlib import Path

from harness.bounded import read_bytes
from harness.errors import InputError

MOST_BYTES = 100_000_000  # some three million candidates
_NO_TEXT = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF87a": "a GIF image",
    b"GIF89a": "a GIF image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"PK\x03\x04": "a zip archive (or a spreadsheet)",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
}


def lines_of(path: Path) -> tuple[list[str], list[str]]:
    """The lines of a submission without their ends, and a sentence for each thing that is odd about the whole.

    InputError for what is no file, no text, or holds nothing.
    """
    text, forgiven = _text_of(path)
    lines = text.split("\n")
    if lines[-1]:
        forgiven.append("The last line has no newline.")
    else:
        lines.pop()
    n_crlf = sum(line.endswith("\r") for line in lines)
    if n_crlf:
        forgiven.append(f"{n_crlf} of {len(lines)} lines end in CRLF instead of LF.")
    return [line.removesuffix("\r") for line in lines], forgiven


def _text_of(path: Path) -> tuple[str, list[str]]:
    """The text and, of a BOM, the sentence."""
    if path.is_dir():
        raise InputError(f"The submission {path} is a folder; give the file in it.")
    content = read_bytes(path, MOST_BYTES, "The submission", links=True)
    for start, what in _NO_TEXT.items():
        if content.startswith(start):
            raise InputError(f"{path} is {what}; a submission is a text file of `<id>,<0 or 1>` lines.")
    if b"\x00" in content:
        number = content[: content.index(b"\x00")].count(b"\n") + 1
        raise InputError(f"{path}, line {number} holds a NUL byte; save the file as plain UTF-8 text.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        byte = content[error.start]
        raise InputError(f"{path}, line {number}: the byte 0x{byte:02x} is no UTF-8; save as UTF-8 text.") from error
    marked = text.startswith("\ufeff")
    text = text.removeprefix("\ufeff")
    if not text:
        raise InputError(f"{path} is empty; a submission has a line `<id>,<0 or 1>` for each candidate.")
    return text, ["The file starts with a byte order mark, which the official checker refuses."] * marked
