"""The candidates and the released images on the candidates' leading principal components."""

from __future__ import annotations

from typing import NamedTuple

from attacks.components import COMPONENTS, on_axes, principal_components
from attacks.exact import Features
from attacks.view import View


class PcaFeatures(NamedTuple):
    """candidates: float64 [n, p]; release: float64 [m, p]; p is at most the number asked for, grey levels."""

    candidates: Features
    release: Features


def check_components(n_components: int) -> None:
    """Raise ValueError unless 1 to 32 components are asked for."""
    if not 1 <= n_components <= COMPONENTS:
        raise ValueError(f"n_components={n_components} must be from 1 to {COMPONENTS}.")


def pca_features(view: View, n_components: int) -> PcaFeatures:
    """Both on the axes of the candidates, so that no release moves them. Made once a view."""

    def project() -> PcaFeatures:
        axes = principal_components(view.candidates, n_components)
        return PcaFeatures(on_axes(view.candidates, *axes), on_axes(view.release, *axes))

    return view.remember(("pca features", n_components), project)
