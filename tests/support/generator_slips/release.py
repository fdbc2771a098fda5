"""Slips in sampling, and generators in which no member comes out."""

from __future__ import annotations

import numpy as np
from toy_generators import Memory, MemoryGenerator, rng_of

from generator_slips.base import made_by, slip
from generator_slips.differing import Constant, Strangers
from shadow_models.seeds import seed_of


@slip("nothing_comes_out", "test_members_come_out")
class NothingComesOut(Strangers):
    """The same: no member comes out."""


@slip("half_comes_out", "test_members_come_out")
class HalfComesOut(Memory):
    """Learns half of its members."""

    def train(self, members, training):
        return super().train(members[: max(1, len(members) // 2)], training)


class Blurred(MemoryGenerator):
    def image(self, seed, i):
        table = self.table.mean(axis=0)
        return table + rng_of(seed, "image", i).normal(0, 1, table.shape) * self.table.std(axis=0)


@slip("mean_comes_out", "test_members_come_out")
class MeanComesOut(made_by(Blurred)):  # type: ignore[misc]
    """Releases the members' mean and their spread."""


class Faint(MemoryGenerator):
    def image(self, seed, i):
        mean = self.table.mean(axis=0)
        return mean + 0.25 * (super().image(seed, i) - mean)


@slip("faint_copies_come_out", "test_members_come_out")
class FaintCopiesComeOut(made_by(Faint)):  # type: ignore[misc]
    """Every member is a bit nearer than others, and none is near."""


class Float(MemoryGenerator):
    def sample(self, n_images, **how):
        return super().sample(n_images, **how).astype(np.float32)


@slip("dtype", "test_release_is_uint8_of_the_size")
class WrongType(made_by(Float)):  # type: ignore[misc]
    """A release of floats."""


class Running(MemoryGenerator):
    drawn = 0

    def image(self, seed, i):
        self.drawn += 1
        return super().image(seed, i + self.drawn)


@slip("running", "test_same_seed_same_release")
class RunsAlong(made_by(Running)):  # type: ignore[misc]
    """Asked again, gives others."""


class Hashing(MemoryGenerator):
    def image(self, seed, i):
        return super().image(seed + abs(hash("image")), i)


@slip("hash_in_sampling", "test_another_process_draws_the_same")
class HashesInSampling(made_by(Hashing)):  # type: ignore[misc]
    """Hashes a text where it samples."""


@slip("one_release", "test_another_seed_draws_another_release")
class OneRelease(made_by(Constant)):  # type: ignore[misc]
    """The seed has no say in the release."""


class Together(MemoryGenerator):
    def sample(self, n_images, *, seed, batch=64, **how):
        return super().sample(n_images, seed=seed_of(seed, n_images, batch), batch=batch, **how)


@slip("together", "test_an_image_does_not_hang_on_how_many_are_drawn")
class DrawnTogether(made_by(Together)):  # type: ignore[misc]
    """Images hang on how many there are."""


class Silent(MemoryGenerator):
    def sample(self, n_images, *, report=None, **how):
        return super().sample(n_images, **how)


@slip("silent", "test_sampling_reports_its_images")
class SamplesInSilence(made_by(Silent)):  # type: ignore[misc]
    """Says nothing of its images."""
