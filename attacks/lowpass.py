"""Answers without their high frequencies, which every denoiser gets wrong and which so hide what it remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


_ALL = 1.5  # the corners lie at the square root of 2


def check_lowpass(lowpass: float | None) -> None:
    """Raise ValueError for a limit that is no fraction."""
    if lowpass is not None and not 0 < lowpass <= _ALL:
        raise ValueError(f"lowpass={lowpass} must be above 0 and at most {_ALL}, of the Nyquist frequency, or null.")


def low(answer: torch.Tensor, lowpass: float | None) -> torch.Tensor:
    """What of [n, c, h, w] lies up to a radial frequency, a fraction of Nyquist's (half a cycle an element).

    Over rows and columns of the model's own space, each channel by itself, in float64; None leaves everything as it
    is. Linear: of a difference it is the difference of what both sides keep (arXiv 2505.20955).
    """
    if lowpass is None:
        return answer
    import torch  # torch only where a network is called

    height, width = answer.shape[-2:]
    rows, columns = (torch.fft.fftfreq(size, dtype=torch.float64, device=answer.device) for size in (height, width))
    kept = torch.hypot(rows[:, None], columns[None]) / 0.5 <= lowpass
    return torch.fft.ifft2(torch.fft.fft2(answer.double()) * kept).real
