"""Made-up lung CT slices for runs without data: seeded, of many patients, with adjacent slices of each.

They stand in for real slices in tests, demonstrations and recipe searches; nothing measured on them says how
a generator treats real patients.
"""

import numpy as np

from harness.data.sources.slices import Slices
from harness.errors import InputError
from shadow_models.phantoms.patient import draw_patient

MOST_PER_PATIENT = 20  # more would run out of the lung: 20 slices lie up to 76 mm apart
SMALLEST_SIZE = 16


def phantom_slices(n_patients: int, per_patient: int, size: int, seed: int) -> Slices:
    """Draw `per_patient` adjacent slices, 1.5 to 4 mm apart, of each of `n_patients` made-up patients.

    Returns uint8 pixels [n_patients * per_patient, size, size], patient by patient, in a lung window. Slice k
    of patient i depends on (seed, i, k, size) alone: more patients or slices change none there were before.
    Raises InputError for counts or sizes out of range.
    """
    if n_patients < 1 or not 1 <= per_patient <= MOST_PER_PATIENT:
        raise InputError(
            f"{n_patients} phantom patients with {per_patient} slices each were asked for; at least 1 "
            f"patient with 1 to {MOST_PER_PATIENT} slices can be drawn. Take more patients, not more slices."
        )
    if size < SMALLEST_SIZE:
        raise InputError(f"Phantom slices of {size} pixels were asked for; take a size of {SMALLEST_SIZE} or more.")
    names = [(f"phantom_{patient:04d}", index) for patient in range(n_patients) for index in range(per_patient)]
    return Slices(
        np.concatenate([draw_patient(seed, patient, per_patient, size) for patient in range(n_patients)]),
        tuple(f"{patient}_{index:02d}" for patient, index in names),
        tuple(patient for patient, _ in names),
    )
