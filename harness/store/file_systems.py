"""Which file system a folder lies on, and whether `flock` is a lock there for everybody who sees it."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
OF_ONE_MACHINE = frozenset({
    "bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "hfsplus", "jfs", "msdos",
    "nilfs2", "ntfs", "ntfs3", "overlay", "ramfs", "reiserfs", "tmpfs", "ubifs", "udf", "vfat", "xfs", "zfs",
})  # fmt: skip
"""Types of which every user is on one machine, so that its kernel knows all locks. What is not among them, NFS,
Lustre, SMB, FUSE, or one that nobody knows, is taken for one between machines: `flock` may be each one's own."""
_OCTAL = re.compile(r"\\([0-7]{3})")


def type_of(folder: Path) -> str | None:
    """The type of the file system that a folder lies on, or will, as Linux calls it; None where nobody says."""
    with suppress(OSError, ValueError, IndexError):
        whole = folder.resolve()
        best: tuple[int, str] | None = None
        for line in MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            before, _, after = line.partition(" - ")
            point = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), before.split()[4]))
            if whole.is_relative_to(point) and (best is None or len(point.parts) >= best[0]):  # the last one covers
                best = len(point.parts), after.split()[0]
        return None if best is None else best[1]
    return None


def is_of_one_machine(folder: Path) -> bool:
    """Whether all who see the folder are on this machine, as far as can be told."""
    found = type_of(folder)
    return found is None or found in OF_ONE_MACHINE
