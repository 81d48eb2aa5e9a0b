"""Band energies of an image at several scales, for estimating noise and blur.

In an orthonormal Haar transform of three levels, white noise has the same standard deviation in every band; correlated
noise has less power in fine bands and more in coarse ones. Energies of blocks of 16x16 pixels are summarised by
quantiles over the image: low ones belong to the flattest blocks, which contain only noise, high ones to edges, which
show blur. The flattest blocks are selected by three criteria (each band separately; the coarse bands of the same block;
the surrounding blocks), since a block that is flat by one criterion may not be flat by another.
"""

import math

import numpy as np
from numpy.typing import NDArray

from blindsr.analysis.filters import neighbour_sums
from blindsr.analysis.windows import Floats, Plane

BLOCK = 16
"""Side of a block, pixels."""
_LEVELS = 3
_QUANTILES = (0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
_FLAT = 0.08
"""Fraction of blocks that are considered flat by the criteria on several bands or blocks."""
_FLOOR = 0.3
"""Added to levels (0..255) before their logarithm: about the level of rounding to 8 bits."""
_SHARES = np.array([1 / 4, 1 / 2, 1 / 16, 1 / 8, 1 / 64, 3 / 64], np.float32)
"""Weight of each band in the variance of an image; that of the last band includes coarser levels."""
LENGTH = (2 * _LEVELS + 1) * (len(_QUANTILES) + 3) + 1
"""Number of features."""

Blocks = Floats
"""Energy of each band and block, ``(bands, blocks down, blocks across)``, squares of the 0..255 scale."""


def block_energies(plane: Plane) -> Blocks:
    """Compute the mean energy of the diagonal and the other details of each level in blocks of 16 pixels.

    Args:
        plane: ``(h, w)`` on the 0..255 scale, not smaller than a block.

    Returns:
        Bands in the order level 1 diagonal, level 1 rest, level 2 diagonal and so on.
    """
    height, width = (side // BLOCK * BLOCK for side in plane.shape)
    level, energies = plane[:height, :width], []
    for index in range(_LEVELS):
        a, b, c, d = level[::2, ::2], level[::2, 1::2], level[1::2, ::2], level[1::2, 1::2]
        diagonal = ((a - b - c + d) / 2) ** 2
        rest = (((a + b - c - d) / 2) ** 2 + ((a - b + c - d) / 2) ** 2) / 2
        side = BLOCK >> (index + 1)
        energies += [_pooled(diagonal, side), _pooled(rest, side)]
        level = (a + b + c + d) / 2
    return np.stack(energies)


def features(energies: Blocks) -> Floats:
    """Compute the features of an image, `LENGTH` numbers.

    They are the quantiles of each band, the levels of the flattest blocks by each criterion, and the number of blocks.

    Args:
        energies: results of `block_energies`, for one window or several windows side by side.
    """
    flat = energies.reshape(len(energies), -1)
    chosen = [_flattest(flat[2:].sum(0)), _flattest(flat[4:].sum(0)), _flattest(_around(energies))]
    powers = np.stack([*np.quantile(flat, _QUANTILES, axis=1), *(np.median(flat[:, one], axis=1) for one in chosen)])
    levels = np.concatenate([np.sqrt(powers).ravel(), np.sqrt(powers @ _SHARES)])
    return np.append(np.log(levels + _FLOOR), math.log(flat.shape[1])).astype(np.float32)


def strongest(energies: Blocks) -> float:
    """Return the standard deviation of the block with the most detail, 0..255."""
    return math.sqrt(float(np.tensordot(_SHARES, energies, 1).max()))


def coarse_share(features: Floats) -> float:
    """Return the fraction of the noise power that means of 2x2 pixels keep; 1/4 for white noise.

    Args:
        features: the features of an image; those of the flattest blocks by surrounding blocks are used.
    """
    rows = len(_QUANTILES) + 3
    powers = np.square(np.exp(features[2 * _LEVELS * (rows - 1) : 2 * _LEVELS * rows]) - _FLOOR) * _SHARES
    return float(powers[2:].sum() / powers.sum()) if powers.sum() > 0 else 1.0


def _pooled(energy: Floats, side: int) -> Floats:
    height, width = energy.shape
    pooled: Floats = energy.reshape(height // side, side, width // side, side).mean((1, 3))
    return pooled


def _flattest(energy: Floats) -> NDArray[np.int64]:
    """Return the indices of the blocks with the least energy."""
    count = max(1, round(_FLAT * energy.size))
    return np.argpartition(energy, count - 1)[:count]


def _around(energies: Blocks) -> Floats:
    """Return the energy of the blocks around each block, without its own, which is independent of its noise."""
    total = energies.sum(0)
    around: Floats = (neighbour_sums(total) - total).ravel()
    return around
