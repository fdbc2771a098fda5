"""Slips in saving and loading."""

from __future__ import annotations

import time

import numpy as np
from toy_generators import FILE, Kernel, KernelGenerator, Memory, MemoryGenerator

from generator_slips.base import made_by, slip


class Dated(MemoryGenerator):
    def content(self):
        return {**super().content(), "date": str(time.perf_counter_ns()).encode()}


@slip("dated", "test_content_is_files_of_bytes")
class WritesTheDate(made_by(Dated)):  # type: ignore[misc]
    """Its files hold the time."""


class Rounded(MemoryGenerator):
    def content(self):
        kept, self.table = self.table, self.table.round(-1)
        try:
            return super().content()
        finally:
            self.table = kept


@slip("rounds", "test_saved_and_loaded_it_is_the_same")
class RoundsWhereItSaves(made_by(Rounded)):  # type: ignore[misc]
    """Loses digits in its file."""


class Tuned(KernelGenerator):
    shift = 0.0

    def encode(self, images):
        return super().encode(images) + self.shift


@slip("loses_a_part", "test_saved_and_loaded_it_shows_the_same")
class LosesAPart(made_by(Tuned, Kernel)):  # type: ignore[misc]
    """Part of the denoiser is in no file."""

    def train(self, members, training):
        generator = super().train(members, training)
        generator.shift = float(members.mean() / 255)
        return generator


@slip("unchecked", "test_a_damaged_file_is_refused_in_a_sentence")
class LoadsUnchecked(Memory):
    """Takes any bytes for a table."""

    def load(self, folder, device):
        data = np.frombuffer((folder / FILE).read_bytes(), np.uint8)
        return self.generator(np.resize(data if len(data) else 0, (8, self.size, self.size)).astype(np.float32))


@slip("missing", "test_a_missing_file_is_refused")
class NeedsNoFile(Memory):
    """Loads what is not there."""

    def load(self, folder, device):
        if not (folder / FILE).exists():
            return self.generator(np.zeros((8, self.size, self.size), np.float32))
        return super().load(folder, device)


@slip("unnamed_file", "test_a_start_is_the_files_that_the_family_names")
class StartsFromAFileItDoesNotName(Memory):
    """Others start from it, but of what `files` does not say."""

    starts = True
    files = ("another.bin",)
