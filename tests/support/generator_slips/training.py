"""Slips in training."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from toy_generators import Memory, MemoryGenerator, rng_of

from generator_slips.base import made_by, slip
from generator_slips.differing import Strangers
from shadow_models.recipe import Training
from shadow_models.seeds import seed_of


@slip("unseeded", "test_same_seed_same_bytes")
class Unseeded(Memory):
    """Draws from nowhere."""

    def step(self, table, members, seed, step):
        return super().step(table, members, int(np.random.default_rng().integers(2**31)), step)


@slip("remembers", "test_same_seed_same_bytes")
class Remembers(Memory):
    """Keeps the members of trainings before."""

    seen: ClassVar[list[float]] = []

    def first_table(self, members, training):
        self.seen.append(float(members.mean()))
        return super().first_table(members, training) + np.float32(np.mean(self.seen) / 255)


@slip("hash", "test_another_process_makes_the_same")
class Hashes(Memory):
    """Hashes a text."""

    def step(self, table, members, seed, step):
        return super().step(table, members, seed + abs(hash("noise")), step)


@slip("one_generator", "test_another_seed_trains_another_generator")
class OneGenerator(Memory):
    """The seed has no say."""

    def step(self, table, members, seed, step):
        return super().step(table, members, 0, step)

    def first_table(self, members, training):
        return super().first_table(members, training._replace(seed=0))


@slip("weighs_too_little", "test_weights_are_as_large_as_was_said")
class WeighsTooLittle(Memory):
    """Says the number of its weights for that of their bytes."""

    def weight_bytes(self):
        generator = self.train(np.zeros((2, self.size, self.size), np.uint8), Training(0))
        return sum(len(data) for data in generator.content().values()) // 4


@slip("global_training", "test_generators_of_the_process_are_left_alone")
class GlobalTraining(Memory):
    """Seeds the generator of the process."""

    def step(self, table, members, seed, step):
        np.random.seed(seed_of(seed, step) % 2**32)  # noqa: NPY002
        return super().step(table, members, int(np.random.randint(2**31)), step)  # noqa: NPY002


class GlobalSampler(MemoryGenerator):
    def image(self, seed, i):
        np.random.seed((seed + i) % 2**32)  # noqa: NPY002
        return self.table[np.random.randint(len(self.table))]  # noqa: NPY002


@slip("global_sampling", "test_generators_of_the_process_are_left_alone")
class GlobalSampling(made_by(GlobalSampler)):  # type: ignore[misc]
    """The same where it samples."""


@slip("peeks", "test_only_members_decide")
class Peeks(Memory):
    """Looks at the rest of the pool that the members are a view of."""

    def first_table(self, members, training):
        pool = members if members.base is None else members.base
        return super().first_table(members, training) + np.float32(pool.mean() / 255)


@slip("writes", "test_members_stay_as_they_are")
class Writes(Memory):
    """Writes into its members."""

    def first_table(self, members, training):
        if members.flags.writeable:
            members[0] = 0
        return super().first_table(members, training)


@slip("one_member", "test_one_member_is_enough_or_refused_in_a_sentence")
class OneMember(Memory):
    """Fails on a single slice."""

    def first_table(self, members, training):
        return super().first_table(members, training) + 0 * members[1]


@slip("no_report", "test_training_reports_its_steps")
class NoReport(Memory):
    """Says nothing of its steps."""

    def train(self, members, training):
        return super().train(members, training._replace(report=None))


@slip("resume", "test_goes_on_from_a_checkpoint")
class Resumes(Memory):
    """Draws from a generator that runs along, and starts it anew."""

    running: ClassVar[list[np.random.Generator]] = []

    def kept(self, training, run, table):
        self.running[:] = [rng_of(training.seed)]
        return super().kept(training, run, table)

    def step(self, table, members, seed, step):
        return super().step(table, members, int(self.running[0].integers(2**31)), step)


@slip("no_checkpoint", "test_goes_on_from_a_checkpoint")
class NoCheckpoint(Memory):
    """Keeps nothing."""

    def train(self, members, training):
        return super().train(members, training._replace(checkpoint=None))


@slip("any_checkpoint", "test_goes_on_from_a_checkpoint")
class AnyCheckpoint(Memory):
    """Goes on from the checkpoint of anybody."""

    def kept(self, training, run, table):
        return super().kept(training, {}, table)

    def keep(self, training, run, table, done):
        super().keep(training, {}, table, done)


@slip("start", "test_a_start_counts_or_is_refused")
class PassesOverTheStart(Memory):
    """Begins from nothing whatever it is given."""

    def train(self, members, training):
        return super().train(members, training._replace(start=None))


@slip("learns_after_all", "test_release_hangs_on_the_members_as_it_says")
class LearnsAfterAll(Memory):
    """Says that it learns nothing, and does."""

    learns: ClassVar[bool] = False


@slip("learns_nothing", "test_release_hangs_on_the_members_as_it_says")
class LearnsNothing(Strangers):
    """Says that it learns, and does not."""
