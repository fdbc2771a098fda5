"""A control without any generator: can members be told from their pictures alone?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from harness.metrics import Flags, Floats

N_FOLDS = 5
N_COMPONENTS = 16


def from_pictures(images: Images, member: Flags, patient: NDArray[np.intp]) -> Floats:
    """Logits, float64 [n], of a classifier of uint8 [n, h, w] that was taught the labels of the other patients.

    Cross-fitted within one target, by patient: it sees labels, so it is no attack. Where it is above chance, members
    differ from non-members as pictures, and no attack's figure on that target means what it seems to (Das et al.
    2024, arXiv 2406.16201). Zeros where there are too few patients to part.
    """
    from sklearn.decomposition import PCA  # start-up: seconds to import
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scores = np.zeros(len(images))
    folds = min(N_FOLDS, *(len(set(patient[member == one].tolist())) for one in (False, True)))
    if folds < 2:
        return scores
    flat = images.reshape(len(images), -1).astype(np.float64)
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    for known, asked in parts.split(flat, member, patient):
        if len(set(member[known].tolist())) < 2:
            continue
        components = min(N_COMPONENTS, len(known) - 1, flat.shape[1])
        model = make_pipeline(
            PCA(components, random_state=0), StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced")
        )
        scores[asked] = model.fit(flat[known], member[known]).decision_function(flat[asked])
    return scores
