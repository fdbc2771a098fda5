"""`external`: a generator that is any program: it is given a folder of members and leaves a folder of images.

    shadow=external 'shadow.command="python train.py {members} {release} {n} {seed} {size}"'

We keep the members; the program trains and draws anew for each release. It must do the same for the same seed, which
nobody can check but whoever wrote it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from harness.bounded import opened, read_json
from harness.data.png import grey_png
from harness.data.sources.folder.listing import list_folder
from harness.data.sources.folder.read import read_images
from harness.data.sources.pixels.opened import stored_size
from harness.errors import InputError
from harness.places import user_path
from harness.program import ProgramError, run_program
from shadow_models.kept import KeptMembers, read_members, refuse_start
from shadow_models.recipe import Recipe, check_ranges
from shadow_models.registry import register
from shadow_models.seeds import seed_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shadow_models.one_training import Report
    from shadow_models.recipe import Training

COMMAND, DEPENDS = "shadow.command", "shadow.depends"
PLACEHOLDERS = ("members", "release", "n", "seed", "size")
_NEEDED = PLACEHOLDERS[:2]
_BRACES = re.compile(r"\{\{|\}\}|\{(\w+)\}|[{}]")
_COPYING = """
import sys, pathlib, numpy, PIL.Image
members, release, n, seed = sys.argv[1:]
slices = [numpy.asarray(PIL.Image.open(path)) for path in sorted(pathlib.Path(members).iterdir())]
for i in range(int(n)):
    noise = numpy.random.default_rng([int(seed), i]).normal(0, 2, slices[0].shape)
    copy = (slices[i % len(slices)] + noise).clip(0, 255).astype("uint8")
    PIL.Image.fromarray(copy).save(pathlib.Path(release, f"{{i:06d}}.png"))
"""
_FILES = "depends.json"
_MOST_FILES_BYTES = 1_000_000
_LONGEST_MINUTES = 60 * 24 * 60
# Digests of files as this process has read them: device, inode, size, times of writing and of change.
_known: dict[tuple[int, int, int, int, int], str] = {}


@register("external")
@dataclass(frozen=True)
class External(Recipe):
    """A program that is run for each release, its words split as a shell splits them, but without a shell.

    Raises ValueError, one sentence, for a command that lacks a placeholder or has one that is not known.
    """

    command: str = ""
    """The program and its arguments. {members}: a folder of 8-bit grey PNG files of size x size pixels; {release}: an
    empty folder, in which it leaves as many images; {n}: how many; {seed}: below 2^31; {size}: pixels. A brace
    itself is written {{ or }}."""
    depends: list[str] = field(default_factory=list)
    """Files that decide what the program does, such as its source: edited, they make another generator."""
    timeout_minutes: float = 60.0
    """After so long the program is stopped; no part of keys."""

    private: ClassVar[Collection[str]] = ("command", "depends")
    needed: ClassVar[Collection[str]] = ("command",)
    of_running: ClassVar[Collection[str]] = ("timeout_minutes",)

    def __post_init__(self) -> None:
        check_ranges(self, (("size", 8, 1024), ("timeout_minutes", 0.001, _LONGEST_MINUTES)))
        if self.command:
            _check_command(self.command)

    @classmethod
    def tiny(cls) -> External:
        """Return a recipe of 16 px for tests, whose program copies the members with a little noise."""
        words = [sys.executable, "-P", "-c", _COPYING, "{members}", "{release}", "{n}", "{seed}"]
        return cls(size=16, command=shlex.join(words))

    def identity(self) -> dict[str, Any]:
        """The command, and the content of the files that it depends on, as they are now."""
        self._refuse_no_command()
        about = {"family": self.name, "schema": self.schema, "size": self.size, "command": self.command}
        return about | {"depends": self.digests()}

    def network(self) -> dict[str, Any]:
        """Return the fields on which the time of one released image depends."""
        return {"family": self.name, "size": self.size, "command": self.command}

    def train(self, members: NDArray[np.uint8], training: Training) -> ExternalGenerator:
        """Return a generator that keeps the members; the program learns when it is asked for a release."""
        self._refuse_no_command()
        refuse_start(self, training.start)
        return ExternalGenerator(self, members, self.digests())

    def load(self, folder: Path, device: str) -> ExternalGenerator:
        """Return what was saved of this recipe."""
        del device
        with _as_values():
            digests = read_json(folder / _FILES, _MOST_FILES_BYTES, "The file", links=False)
        if not isinstance(digests, list) or len(digests) != len(self.depends):
            raise ValueError(f"{folder / _FILES} holds no digest of each file that the recipe beside it names.")
        return ExternalGenerator(self, read_members(folder, self.size), digests)

    def digests(self) -> list[str]:
        """The sha256, hex, of each of `depends` as it is now; ValueError, one sentence, for what is no file."""
        with _as_values():
            return [_digest(text) for text in self.depends]

    def _refuse_no_command(self) -> None:
        if not self.command:
            raise ValueError(
                f"shadow=external runs a program; give it with '{COMMAND}=\"PROGRAM {{members}} {{release}} {{n}} "
                "{seed} {size}\"', of which {members} and {release} are needed."
            )


class ExternalGenerator(KeptMembers):
    """Runs the program for each release. digests: of the files that it depends on, as they were at first."""

    def __init__(self, recipe: External, members: NDArray[np.uint8], digests: list[str]) -> None:
        super().__init__(recipe, members)
        self.digests = digests

    def content(self) -> dict[str, bytes]:
        """The members and the digests."""
        return {**super().content(), _FILES: json.dumps(self.digests).encode()}

    def sample(
        self,
        n_images: int,
        *,
        seed: int,
        batch: int = 64,
        report: Report | None = None,
        log: Path | None = None,
    ) -> NDArray[np.uint8]:
        """Draw a release. The log is kept; without a place for it, only where the program failed.

        Raises ValueError, one sentence, where the program fails, leaves other images than it was asked for, or is no
        longer the one of the recipe's key.
        """
        del batch  # the program's own business
        recipe = cast("External", self.recipe)
        self._refuse_edited()
        with _private_folder() as private, _log(log) as kept:
            members, release = private / "members", private / "release"
            self._write_members(members)
            release.mkdir()
            values = {
                "members": str(members),
                "release": str(release),
                "n": str(n_images),
                "seed": str(seed_of(seed, "program") % 2**31),
                "size": str(recipe.size),
            }
            words = [_filled(word, values) for word in shlex.split(recipe.command)]
            run_program(words, kept, called=COMMAND, limit_sec=recipe.timeout_minutes * 60)
            self._refuse_edited()
            images = _released(release, n_images, recipe.size, kept)
        if report is not None:
            report(n_images, n_images)
        return images

    def _write_members(self, folder: Path) -> None:
        """One file a member, named by its place alone."""
        folder.mkdir()
        digits = max(4, len(str(len(self.members))))
        for number, member in enumerate(self.members, 1):
            (folder / f"member_{number:0{digits}}.png").write_bytes(grey_png(member))

    def _refuse_edited(self) -> None:
        """Else an edited program's release would be kept under the key of the one before."""
        recipe = cast("External", self.recipe)
        now = zip(recipe.depends, recipe.digests(), strict=True)
        edited = [name for (name, digest), before in zip(now, self.digests, strict=True) if digest != before]
        if edited:
            raise ValueError(f"{DEPENDS} names {edited[0]}, which was edited meanwhile; run the same command again.")


def _check_command(command: str) -> None:
    """ValueError, one sentence, for a command that cannot be split or has not the placeholders it must have."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"{COMMAND} cannot be split into words ({error}): close what was opened.") from error
    for word in words:
        _filled(word, dict.fromkeys(PLACEHOLDERS, ""))
    named = {match[1] for word in words for match in _BRACES.finditer(word)}
    missing = [f"{{{name}}}" for name in _NEEDED if name not in named]
    if missing:
        raise ValueError(
            f"{COMMAND} has no {' and no '.join(missing)}; the program must be told where the members lie and where "
            "to leave its images."
        )


def _filled(word: str, values: Mapping[str, str]) -> str:
    """One word of a command with values for its placeholders; ValueError, one sentence, for any other brace."""

    def filled(match: re.Match[str]) -> str:
        if match[0] in ("{{", "}}"):
            return match[0][0]
        if match[1] is None:
            raise ValueError(f"{COMMAND} has a lone {match[0]}; a brace that is no placeholder's is written twice.")
        if match[1] not in values:
            known = ", ".join(f"{{{name}}}" for name in sorted(values))
            raise ValueError(f"{COMMAND} names {match[0]}; it may name {known}.")
        return values[match[1]]

    return _BRACES.sub(filled, word)


def _released(folder: Path, n_images: int, size: int, log: Path) -> NDArray[np.uint8]:
    """The images that the program left, in the order of their names, uint8 [n_images, size, size]."""
    try:
        if folder.is_symlink() or not folder.is_dir():
            raise InputError("its folder is gone, or a link now")
        listing = list_folder(folder, "the release")
        if listing.account.links:
            raise InputError("it holds links, and an image must be a file of its own")
        if len(listing.images) != n_images:
            beside = [
                f", {count} files {why}{f' (first: {first})' if first else ''}"
                for why, (count, first) in listing.account.left_out.items()
            ]
            raise InputError(
                f"it holds {len(listing.images)} images{''.join(beside)}, and {n_images} images were asked for"
            )
        for name, path in zip(listing.names, listing.images, strict=True):
            width, height = stored_size(path) or (size, size)  # what cannot be opened is told by the reader
            if (width, height) != (size, size):
                raise InputError(f"{name} has {width}x{height} pixels, and {size}x{size} were asked for")
        return read_images(folder, size, "the release").pixels
    except InputError as error:
        told = str(error).rstrip(".")
        raise ProgramError(COMMAND, f"left a release that cannot be taken ({told})", log) from error


def _digest(text: str) -> str:
    path = user_path(text, f"{DEPENDS}=")
    with opened(path, DEPENDS, links=True) as file:
        status = os.fstat(file.fileno())
        seen = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if seen not in _known:
            _known[seen] = hashlib.file_digest(file, "sha256").hexdigest()
        return _known[seen]


@contextmanager
def _as_values() -> Iterator[None]:
    """What families raise is ValueError."""
    try:
        yield
    except InputError as error:
        raise ValueError(str(error)) from error


@contextmanager
def _private_folder() -> Iterator[Path]:
    """A new folder into which nobody else can look, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="external-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _log(given: Path | None) -> Iterator[Path]:
    """Where the program's words go: the given file, or one of our own that is left only where something failed."""
    if given is not None:
        yield given
        return
    descriptor, name = tempfile.mkstemp(prefix="external-", suffix=".log")
    os.close(descriptor)
    yield Path(name)
    Path(name).unlink()
