"""Who is in which generator: halves of the pool, by patient, in complementary pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.data.options import AnyData, PhantomData
from harness.errors import InputError
from harness.seeds import rng_of

MIN_PATIENTS = 8  # four a side: with fewer, one patient decides every rate


def check_pool_size(n_slices: int, patients: Sequence[str], shadow_count: int, data: AnyData) -> None:
    """Raise InputError, with the numbers, where a pool or a plan is too small to judge an attack on.

    data: the options it was read with.
    """
    n_patients = len(set(patients))
    if n_patients < MIN_PATIENTS:
        more = "more, data.patients=N" if isinstance(data, PhantomData) else "slices of more patients"
        raise InputError(
            f"The plan splits the pool by patient and needs at least {MIN_PATIENTS} patients; "
            f"this pool has {n_patients} (and {n_slices} slices). Give {more}."
        )
    if shadow_count < 4 or shadow_count % 2:
        raise InputError(
            f"shadow.count={shadow_count} cannot be planned: shadows come in complementary pairs, and a shadow "
            "judged as target needs references from another pair. Choose an even number from 4."
        )


def random_half(patient_ids: Sequence[str], rng: np.random.Generator) -> NDArray[np.bool_]:
    """A random half of the slices, bool [n], no patient on both sides, as even in slices as patients allow.

    Patients are dealt in random order, each to the side that holds fewer slices so far.
    """
    patients, slice_patient, sizes = np.unique(np.asarray(patient_ids), return_inverse=True, return_counts=True)
    chosen = np.zeros(len(patients), dtype=np.bool_)
    held = [0, 0]
    for patient in rng.permutation(len(patients)):
        side = int(rng.integers(2)) if held[0] == held[1] else int(held[1] < held[0])
        chosen[patient] = bool(side)
        held[side] += int(sizes[patient])
    return np.asarray(chosen[slice_patient], dtype=np.bool_)


def paired_halves(patient_ids: Sequence[str], count: int, seed: int) -> NDArray[np.bool_]:
    """Members of `count` shadows, bool [count, n]: rows 2p and 2p + 1 are complements.

    So each slice is in exactly half of the shadows, and membership says nothing about a slice.
    """
    rows = []
    for pair in range(count // 2):
        half = random_half(patient_ids, rng_of(seed, "assign", "pair", pair))
        rows += [half, ~half]
    return np.stack(rows)


def reference_shadows(target: int | None, count: int, judged: int | None = None) -> list[int]:
    """The shadows that may serve as references for shadow `target`; None: a target that is no shadow.

    Never the target itself, and never its complement: which references a slice gets would then tell
    whether it is a member (the named trap in attacks.md). A target that is no shadow does without the last
    pair, so that every slice has equally many references that did not hold it, whoever the target is: a
    calibration holds only for the law it was learnt on. `judged`: the shadow that an attack is being fitted
    for; who was in it, or in its complement, must not reach the attack through a reference either.
    """
    missing = {count // 2 - 1 if target is None else target // 2}
    if judged is not None:
        missing.add(judged // 2)
    return [j for j in range(count) if j // 2 not in missing]
