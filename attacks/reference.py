"""Reference calibration, written once: what a candidate's score is when it was *not* a member.

Watson et al. 2022, "On the importance of difficulty calibration", arXiv 2111.08440.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attacks.base import Reference, Scores, Target


def out_mean(target: Target, signal: Callable[[Reference], Scores]) -> Scores:
    """Mean over the references that did not hold x of signal(reference): float64 [n] -> float64 [n].

    A reference that held x says nothing of x as a stranger, so it is left out for x alone.
    Raises ValueError where every reference held some candidate.
    """
    values = np.stack([signal(reference) for reference in target.references])
    absent = ~np.stack([reference.held for reference in target.references])
    count = absent.sum(axis=0)
    if (count == 0).any():
        raise ValueError(f"{int((count == 0).sum())} candidates were members of every reference.")
    return np.asarray(np.where(absent, values, 0.0).sum(axis=0) / count, dtype=np.float64)
