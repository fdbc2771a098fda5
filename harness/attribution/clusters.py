"""Which images come from one generator? Clusters by what generators leave in the high frequencies.

Upsampling and the last denoising steps mark the spectrum of every image (Marra et al. 2019, arXiv 1812.11842; for
diffusion models Corvi et al. 2023, arXiv 2211.00680), while what is shown differs from image to image.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attacks.base import Images
from harness.evaluation.metrics import Floats, Weights

Labels = NDArray[np.intp]
BANDS = 8  # along each axis up to the Nyquist frequency: 1/16 cycles a pixel each
OUTLINE = 2  # bands along both axes that hold the outline of a chest, and are left out
COMPONENTS = 16
_IMAGES_A_COMPONENT = 10  # of fewer images fewer components: a Gaussian's shape must be told from them
MOST_CLUSTERS = 10  # that `auto` tries
_SILHOUETTE_IMAGES = 2000  # the silhouette looks at all pairs of so many
_IMAGES_AT_ONCE = 512
_RESTARTS = 10


def spectra(images: Images) -> Floats:
    """Log power in bands of high frequency, float64 [n, 60], of uint8 [n, h, w].

    Horizontal and vertical frequency apart, since upsampling marks axes and corners; a Hann window keeps the border
    from writing over them. One grey level of power is added: flat images stay finite.
    """
    height, width = images.shape[1:]
    window = np.hanning(height)[:, None] * np.hanning(width)[None]
    band = np.add.outer(BANDS * _band(np.fft.fftfreq(height)), _band(np.fft.rfftfreq(width)))
    found = np.empty((len(images), BANDS * BANDS))
    count = np.maximum(np.bincount(band.ravel(), minlength=BANDS * BANDS), 1)  # small images leave bands empty
    for at in range(0, len(images), _IMAGES_AT_ONCE):
        part = images[at : at + _IMAGES_AT_ONCE].astype(np.float64)
        power = np.abs(np.fft.rfft2((part - part.mean(axis=(1, 2), keepdims=True)) * window)) ** 2
        for row, one in zip(found[at:], power, strict=False):
            row[:] = np.bincount(band.ravel(), weights=one.ravel(), minlength=BANDS * BANDS) / count
    outline = np.add.outer(BANDS * np.arange(OUTLINE), np.arange(OUTLINE)).ravel()
    return np.asarray(np.log(np.delete(found, outline, axis=1) + 1.0), dtype=np.float64)


def _band(frequency: NDArray[np.floating[Any]]) -> Labels:
    """The band of each frequency in cycles a pixel, of either sign."""
    return np.asarray(np.minimum((np.abs(frequency) * 2 * BANDS).astype(np.intp), BANDS - 1), dtype=np.intp)


def spectral_features(images: Images) -> Floats:
    """Leading principal components of the standardised spectra: float64 [n, <= 16]."""
    values = spectra(images)
    return _components((values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9))


def pixel_features(images: Images) -> Floats:
    """Leading principal components of the pixels, float64 [n, <= 16]: what is shown, not who made it."""
    return _components(images.reshape(len(images), -1).astype(np.float32))


def _components(values: NDArray[np.floating]) -> Floats:
    from sklearn.decomposition import PCA  # start-up: seconds to import

    count = min(COMPONENTS, max(2, len(values) // _IMAGES_A_COMPONENT), *values.shape)
    return np.asarray(PCA(count, random_state=0).fit_transform(values), dtype=np.float64)


def _k_means(features: Floats, n_clusters: int) -> Labels:
    from sklearn.cluster import KMeans  # start-up: seconds to import

    return np.asarray(KMeans(n_clusters, n_init=_RESTARTS, random_state=0).fit_predict(features), dtype=np.intp)


def _mixture(features: Floats, n_clusters: int) -> Labels:
    """Gaussians of one shape, which need not be round: content stretches all generators' clouds alike."""
    from sklearn.mixture import GaussianMixture  # start-up: seconds to import

    model = GaussianMixture(n_clusters, covariance_type="tied", n_init=_RESTARTS, reg_covar=1e-4, random_state=0)
    return np.asarray(model.fit_predict(features), dtype=np.intp)


METHODS: dict[str, tuple[Callable[[Images], Floats], Callable[[Floats, int], Labels]]] = {
    "mixture": (spectral_features, _mixture),
    "kmeans": (spectral_features, _k_means),
    "pixels": (pixel_features, _k_means),
}


def clustered(images: Images, method: str, n_clusters: int | None) -> Labels:
    """The cluster of each image, intp [n], numbered from 0 in the order in which they first occur.

    n_clusters: None takes the number from 2 to 10 whose k-means clusters stand farthest apart. Raises ValueError, in
    a sentence, where there are not more images than clusters.
    """
    features, cluster = METHODS[method]
    if len(images) <= (n_clusters or 2):
        raise ValueError(f"{len(images)} images cannot be parted into {n_clusters or 2} clusters; give more images.")
    values = features(images)
    labels = cluster(values, n_clusters or _number_apart(values))
    _, first, place = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[place], dtype=np.intp)


def _number_apart(features: Floats) -> int:
    """The number with the largest mean silhouette (Rousseeuw 1987); it can never say that there is one cluster."""
    from sklearn.metrics import silhouette_score  # start-up: seconds to import

    def apart(n_clusters: int) -> float:
        labels = _k_means(features, n_clusters)
        size = min(len(features), _SILHOUETTE_IMAGES)
        return float(silhouette_score(features, labels, sample_size=size, random_state=0))

    return max(range(2, min(MOST_CLUSTERS, len(features) - 1) + 1), key=apart)


def adjusted_rand(first: Labels, second: Labels, weight: Weights | None = None) -> Floats:
    """Adjusted Rand index of two labellings [n], numbers from 0, under weights [b, n] (ones without): float64 [b].

    Hubert and Arabie 1985, eq. 5: 1 for the same parts, 0 on average for unrelated ones; 1 where both are one part. A
    pair counts as often as its two weights say, and an image is no pair with itself: a resample that draws an image
    twice does not count it as agreeing, which would lift every resample.
    """
    shape = int(first.max()) + 1, int(second.max()) + 1
    cells = np.zeros((len(first), *shape))
    cells[np.arange(len(first)), first, second] = 1.0
    weight = np.ones((1, len(first))) if weight is None else weight.astype(np.float64)
    total, squares = (np.tensordot(one, cells, 1) for one in (weight, weight**2))

    def pairs(axes: tuple[int, ...]) -> Floats:
        """Pairs of images within each part, all parts together, when the table is summed over the axes."""
        within = (total.sum(axes) ** 2 - squares.sum(axes)) / 2.0
        return within.reshape(len(within), -1).sum(axis=1)

    both, rows, columns, every = pairs(()), pairs((2,)), pairs((1,)), pairs((1, 2))
    expected = rows * columns / np.maximum(every, 1.0)
    most = (rows + columns) / 2.0
    same = most - expected < 1e-12
    return np.asarray(np.where(same, 1.0, (both - expected) / np.where(same, 1.0, most - expected)))
