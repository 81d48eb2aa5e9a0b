"""Native resolution of photographs that were enlarged or are out of focus.

The power of a photograph's spectrum falls as a power of the frequency (Field: Relations between the statistics of
natural images and the response properties of cortical cells. JOSA A, 1987). Frequencies at which it is below this power
law contain no recorded detail. Reducing such an image keeps all detail, and networks trained on sharp images restore
the reduced image better.
"""

from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from blindsr.degrade.resample import resize_to
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture, luma

NativeOption: TypeAlias = float | Literal["auto"]
"""Fraction of the side that an image is reduced to before restoration, or ``auto`` or ``off``."""

_WINDOW = 64
"""Pixels of a line for one spectrum; shorter sides give no estimate."""
_LOW = (0.06, 0.2)
"""Range of frequencies, as fractions of the highest one, that the power law is fitted to."""
_DROP = 8.0
"""Drop below the power law that marks the end of recorded detail, dB."""
_SHALLOWEST = -10.0
"""Smallest slope of the power law, dB per decade."""
_FULL = 0.85
"""Fractions above this count as full resolution."""
_MARGIN = 1.5
"""Safety factor: too small an input loses detail (1 dB at 0.85 of the right size), too large an input does not."""
_MOST_SHRUNK = 0.75
"""Above this fraction, reduction has no benefit."""
_MOST = 1024
"""Side of the central part that is measured."""


def native_scale(pixels: Tensor) -> float:
    """Estimate the fraction of the side that keeps all detail, 0.25 to 1.

    White noise hides the drop: the result for a noisy image is 1.

    Args:
        pixels: ``(3, h, w)`` in [0, 1].
    """
    height, width = pixels.shape[1:]
    if min(height, width) < _WINDOW:
        return 1.0
    top, left = max(0, (height - _MOST) // 2), max(0, (width - _MOST) // 2)
    part = luma(pixels[None, :, top : top + _MOST, left : left + _MOST])[0, 0].double().cpu().numpy()
    power = _spectrum(part) + _spectrum(part.T)
    found = _cut_off(10 * np.log10(power + 1e-3))
    return 1.0 if found >= _FULL else max(0.25, found)


def shrink(picture: Picture, fraction: float) -> Picture:
    """Reduce a picture to a fraction of its side, antialiased.

    Raises:
        BlindSRError: the fraction is outside (0, 1], or the result is below one pixel.
    """
    if not 0 < fraction <= 1:
        raise BlindSRError(f"expected a native resolution between 0 and 1 (a fraction of the side), got {fraction}")
    if fraction == 1:
        return picture
    size = round(picture.height * fraction), round(picture.width * fraction)
    if min(size) < 1:
        raise BlindSRError(
            f"{fraction:g} of {picture.width}x{picture.height} pixels is too small to restore", Code.TOO_SMALL
        )
    alpha = None if picture.alpha is None else resize_to(picture.alpha[None], size)[0].clamp(0, 1)
    return replace(picture, pixels=resize_to(picture.pixels[None], size)[0].clamp(0, 1), alpha=alpha)


def parse_native(text: str) -> NativeOption:
    """Parse ``auto``, ``off`` or a fraction.

    Raises:
        BlindSRError: invalid text.
    """
    if text in ("auto", "off"):
        return "auto" if text == "auto" else 1.0
    try:
        fraction = float(text)
    except ValueError:
        fraction = 0.0
    if not 0 < fraction <= 1:
        raise BlindSRError(f"expected --native auto, off or a fraction between 0 and 1, got {text!r}")
    return fraction


def _spectrum(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the mean power of lines ``(n, length)`` by frequency, over half-overlapping windows (Welch, 1967)."""
    windows = np.lib.stride_tricks.sliding_window_view(lines, _WINDOW, axis=1)[:, :: _WINDOW // 2]
    centred = windows - windows.mean(2, keepdims=True)
    power = np.abs(np.fft.rfft(centred * np.hanning(_WINDOW), axis=2)) ** 2
    mean: NDArray[np.float64] = power.mean((0, 1))
    return mean


def _cut_off(level: NDArray[np.float64]) -> float:
    """Return the fraction of the highest frequency above which levels ``(f,)`` in dB are below the power law."""
    frequency = np.linspace(0, 1, len(level))
    low = (frequency >= _LOW[0]) & (frequency <= _LOW[1])
    octave = np.log10(np.maximum(frequency, 1e-3))
    slope = min(np.polyfit(octave[low], level[low], 1)[0], _SHALLOWEST)
    law = slope * octave + (level[low] - slope * octave[low]).mean()
    drop = np.convolve(np.pad(law - level, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    below = np.nonzero((drop > _DROP) & (frequency > _LOW[1]))[0]
    return float(frequency[below[0]]) if len(below) else 1.0


def resolve_native(native: NativeOption, pixels: Tensor) -> float:
    """Return the fraction; ``auto`` is estimated from an image ``(3, h, w)``."""
    return shrink_factor(native_scale(pixels)) if native == "auto" else native


def shrink_factor(fraction: float) -> float:
    """Return the fraction to reduce an image of an estimated native resolution to; 1 if there is no benefit."""
    widened = _MARGIN * fraction
    return widened if widened <= _MOST_SHRUNK else 1.0
