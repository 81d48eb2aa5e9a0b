"""Detection of cuts between shots of a video, by histograms of brightness and colour."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_BINS = 32
_LEAST = 0.25
"""Smallest fraction of pixels that change their bin at a cut."""
_ABOVE = 3.0
"""Factor by which a change must exceed those of nearby frames."""
_AROUND = 6
"""Number of frames on each side for that comparison."""
_SHORTEST = 3
"""Length of the shortest shot in frames."""


def histogram(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute normalised histograms ``(3, 32)`` of the channels of ``(h, w, 3)``."""
    counts = [np.bincount(pixels[..., channel].ravel() // (256 // _BINS), minlength=_BINS) for channel in range(3)]
    shares: NDArray[np.float32] = (np.stack(counts) / (pixels.shape[0] * pixels.shape[1])).astype(np.float32)
    return shares


def find_shots(histograms: Sequence[NDArray[np.float32]]) -> list[tuple[int, int]]:
    """Return the first frame and the end frame (exclusive) of each shot."""
    if not histograms:
        return []
    changes = [0.5 * float(np.abs(a - b).sum(1).max()) for a, b in pairwise(histograms)]
    starts = [0]
    for index, change in enumerate(changes):
        around = changes[max(0, index - _AROUND) : index] + changes[index + 1 : index + 1 + _AROUND]
        usual = float(np.median(around)) if around else 0.0
        if change > max(_LEAST, _ABOVE * usual) and index + 1 - starts[-1] >= _SHORTEST:
            starts.append(index + 1)
    return list(zip(starts, [*starts[1:], len(histograms)], strict=True))
