"""Who is in which part of a simulated challenge: patients are dealt at random, each to one part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.data.pool import Pool
from harness.errors import InputError
from harness.seeds import rng_of

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Places in the pool of the slices of each part, intp [any] each, in the order in which they are handed out.

    Every patient is in one part only. test: the candidates, mixed; member: bool, which of them were used; more:
    slices that the generator learns as well, and that are handed out nowhere.
    """

    dev_used: Places
    dev_not_used: Places
    test: Places
    member: NDArray[np.bool_]
    more: Places
    extra: Places

    @property
    def everything(self) -> Places:
        """Every slice that is handed out, in order."""
        return np.concatenate([self.dev_used, self.dev_not_used, self.test, self.extra])

    @property
    def members(self) -> Places:
        """What the generator learns, in the pool's order."""
        return np.sort(np.concatenate([self.dev_used, self.test[self.member], self.more]))


def split_patients(pool: Pool, dev_patients: int, test_patients: int, seed: int, more_members: int = 0) -> Split:
    """Deal the pool's patients to the parts at random: so many members, and as many others, of dev and of test.

    more_members: patients of whom the generator learns besides. Raises InputError, with the numbers, where there are
    too few.
    """
    owner = np.array([pool.patient_ids[place] for place in pool.taken])
    patients = np.unique(owner)
    needed = 2 * (dev_patients + test_patients) + more_members
    if len(patients) < needed:
        besides = f" and more_members={more_members}" if more_members else ""
        raise InputError(
            f"dev.patients={dev_patients} and test.patients={test_patients}, as many members as others of each,"
            f"{besides} take {needed} patients; these data have {len(patients)}. Give more data, or smaller parts."
        )
    rng = rng_of(seed, "challenge", "split")
    sizes = [dev_patients] * 2 + [test_patients] * 2 + [more_members]
    dealt = np.split(rng.permutation(patients), np.cumsum(sizes))

    def handed_out(part: NDArray[np.str_]) -> Places:
        return np.asarray(rng.permutation(pool.taken[np.isin(owner, part)]), dtype=np.intp)

    *asked, unasked, rest = dealt
    dev_used, dev_not_used, used, not_used, extra = (handed_out(part) for part in [*asked, rest])
    more = np.asarray(pool.taken[np.isin(owner, unasked)], dtype=np.intp)  # in no order: nobody is handed them
    mixed = rng.permutation(len(used) + len(not_used))
    test, member = np.concatenate([used, not_used])[mixed], (np.arange(len(mixed)) < len(used))[mixed]
    return Split(dev_used, dev_not_used, test, member, more, extra)
