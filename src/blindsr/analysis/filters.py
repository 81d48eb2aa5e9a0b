"""Filters as in ``scipy.ndimage``, whose import takes a twelfth of the time of restoring a small image.

Except by `neighbour_sums`, images and signals are mirrored at their borders with repeated edges (scipy's ``reflect``).
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from blindsr.analysis.windows import Floats


def mean_filter(image: Floats, size: tuple[int, int]) -> Floats:
    """Average an image ``(h, w)`` over windows of odd height and width; float64."""
    for side in size:  # rows, then columns of the transposed image
        padded = _mirrored(image, side).astype(np.float64)
        sums = np.concatenate((np.zeros_like(padded[:1]), padded.cumsum(0)))
        image = ((sums[side:] - sums[:-side]) / side).T
    return image


def median_filter(signal: Floats, size: int) -> Floats:
    """Return the medians of a signal ``(n,)`` in windows of an odd size."""
    medians: Floats = np.median(sliding_window_view(_mirrored(signal, size), size), axis=1)
    return medians


def maximum_filter(signal: Floats, size: int) -> Floats:
    """Return the maxima of a signal ``(n,)`` in windows of an odd size."""
    maxima: Floats = sliding_window_view(_mirrored(signal, size), size).max(1)
    return maxima


def neighbour_sums(values: Floats) -> Floats:
    """Sum each value of ``(h, w)`` and its eight neighbours; float64.

    Beyond the border, the nearest values are repeated. Of two rows or columns, each is summed with the one before it.
    """
    for _ in range(2):  # rows, then columns of the transposed values
        window = min(3, len(values))
        beyond = ((window // 2, (window - 1) // 2), (0, 0))
        padded = np.pad(values.astype(np.float64), beyond, mode="edge")
        values = sliding_window_view(padded, window, axis=0).sum(-1).T
    return values


def _mirrored(values: Floats, size: int) -> Floats:
    """Extend the first axis on both sides by half a window."""
    beyond = [(size // 2, size // 2)] + [(0, 0)] * (values.ndim - 1)
    return np.pad(values, beyond, mode="symmetric")
