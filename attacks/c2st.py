"""`c2st`: a classifier that tells released images from real slices, asked about slices it never saw."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from attacks.base import Images, Scores
from attacks.exact import Features
from attacks.observing import ObservingAttack
from attacks.pca_features import check_components, pca_features
from attacks.registry import register
from attacks.view import Observed, View


@register("c2st")
@dataclass(frozen=True)
class ClassifierTwoSample(ObservingAttack):
    """Cross-fitted logit of a logistic regression of G (1) against the candidates (0), on principal components.

    The discriminator of LOGAN (Hayes et al. 2019, arXiv 1705.07663) as a two-sample classifier (Lopez-Paz &
    Oquab 2017, arXiv 1610.06545). A hash of an image's pixels names its fold, and x is judged by the model
    that saw nothing of x's fold, neither real nor released.
    n_components: of the candidates, 1 to 32; n_folds: 2 or more; strength: of the ridge penalty, 1 / C of
    scikit-learn, on features of unit variance.
    """

    n_components: int = 32
    n_folds: int = 5
    strength: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_components(self.n_components)
        if self.n_folds < 2 or self.strength <= 0.0:
            raise ValueError(f"n_folds={self.n_folds} must be 2 or more, strength={self.strength} above 0.")

    def observe(self, view: View) -> Observed:
        """The score of one release, float64 [n]."""
        real, released = pca_features(view, self.n_components)
        real_fold, released_fold = (folds(images, self.n_folds) for images in (view.candidates, view.release))
        logit = np.zeros(len(real))  # where one side is missing from the other folds, the even odds stay
        for fold in np.unique(real_fold):
            judged, g, r = real_fold == fold, released[released_fold != fold], real[real_fold != fold]
            if len(g) and len(r):
                logit[judged] = self._judge(g, r, real[judged])
        return logit

    def _judge(self, released: Features, real: Features, x: Features) -> Scores:
        """The logit [n] of x [n, p] for having been released, by a model of released [m, p] and real [l, p]."""
        from sklearn.linear_model import LogisticRegression  # start-up: seconds to import
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        # Newton's steps to the very minimum, and images in an order of their own: theirs moves no digit.
        model = make_pipeline(
            StandardScaler(),
            LogisticRegression(C=1.0 / self.strength, class_weight="balanced", solver="newton-cholesky", tol=1e-8),
        )
        features, label = np.concatenate([released, real]), np.repeat([1, 0], [len(released), len(real)])
        order = np.lexsort([label, *features.T])
        with threadpool_limits(1):
            model.fit(features[order], label[order])
        scaler, regression = model[0], model[-1]
        weighted = np.ascontiguousarray(scaler.transform(x)) * regression.coef_
        return np.asarray(weighted.sum(axis=1) + regression.intercept_, dtype=np.float64)


def folds(images: Images, n_folds: int) -> NDArray[np.intp]:
    """The fold, 0 to n_folds - 1, of each of uint8 [n, h, w], from its pixels alone (sha256): equal ones share it."""
    digests = (hashlib.sha256(image.tobytes()).digest() for image in images)
    return np.array([int.from_bytes(digest[:8], "big") % n_folds for digest in digests], dtype=np.intp)
