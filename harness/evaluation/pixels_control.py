"""A control without any generator: can members be told from their pictures alone?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from harness.evaluation.metrics import Flags, Floats
from harness.evaluation.remembered import remembered

N_FOLDS = 5
N_COMPONENTS = 16


@remembered()
def pixels_controls(images: Images, members: Sequence[Flags], patients: Sequence[NDArray[np.intp]]) -> list[Floats]:
    """`pixels_control` of uint8 [n, h, w] for several targets with these candidates: members bool [n], patients [n].

    Scores float64 [n] each.
    """
    description = described(images)
    return [pixels_control(description, *one) for one in zip(members, patients, strict=True)]


def described(images: Images) -> Floats:
    """Principal components of uint8 [n, h, w], without any label: float64 [n, <= 16], each of unit variance."""
    from sklearn.decomposition import PCA  # start-up: seconds to import

    flat = images.reshape(len(images), -1).astype(np.float64)
    return np.asarray(PCA(min(N_COMPONENTS, *flat.shape), whiten=True, svd_solver="full").fit_transform(flat))


def pixels_control(description: Floats, member: Flags, patient: NDArray[np.intp]) -> Floats:
    """Logits, float64 [n], of a classifier of slices described [n, p] that was taught other patients' labels.

    Cross-fitted within one target, by patient: it sees labels, so it is no attack. Where it is above chance, members
    differ from non-members as pictures, and no attack's figure on that target means what it seems to (Das et al.
    2024, arXiv 2406.16201). Zeros where there are too few patients to part.
    """
    from sklearn.linear_model import LogisticRegression  # start-up: seconds to import
    from sklearn.model_selection import StratifiedGroupKFold

    scores = np.zeros(len(member))
    folds = min(N_FOLDS, *(len(set(patient[member == one].tolist())) for one in (False, True)))
    if folds < 2:
        return scores
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    for known, asked in parts.split(description, member, patient):
        if len(set(member[known].tolist())) == 2:
            model = LogisticRegression(C=0.1, class_weight="balanced").fit(description[known], member[known])
            scores[asked] = model.decision_function(description[asked])
    return scores
