"""The 8x8 discrete cosine transform in the integer arithmetic of libjpeg ("islow"), as matrices of whole numbers.

Between its roundings, libjpeg's transform (after Loeffler, Ligtenberg and Moschytz, ICASSP 1989) is linear, with
constants that are multiples of 2**-13, so transforming the unit vectors gives its matrix. A product with these
matrices, rounded where libjpeg rounds, equals libjpeg's result.
"""

from functools import lru_cache

import torch
from torch import Tensor

_ONE = 2**13


@lru_cache(maxsize=1)
def forward_matrix() -> Tensor:
    """Return the matrix ``(8, 8)``, float64, from samples to frequencies: ``2**13 * sqrt(8)`` times the DCT."""
    samples = torch.eye(8, dtype=torch.long, device="cpu")
    ends = [samples[i] + samples[7 - i] for i in range(4)]
    even = _even(ends[0] + ends[3], ends[0] - ends[3], ends[1] + ends[2], ends[1] - ends[2])
    odd = _odd(*(samples[i] - samples[7 - i] for i in (3, 2, 1, 0)))
    return torch.stack([part for pair in zip(even, reversed(odd), strict=True) for part in pair]).double()


@lru_cache(maxsize=1)
def inverse_matrix() -> Tensor:
    """Return the matrix ``(8, 8)``, float64, from frequencies to samples: ``2**29`` times the inverse DCT matrix."""
    frequencies = torch.eye(8, dtype=torch.long, device="cpu")
    low, high = frequencies[2], frequencies[6]
    shared = (low + high) * 4433
    first, second = shared + low * 6270, shared - high * 15137
    total, difference = (frequencies[0] + frequencies[4]) * _ONE, (frequencies[0] - frequencies[4]) * _ONE
    even = (total + first, difference + second, difference - second, total - first)
    odd = list(reversed(_odd(*(frequencies[i] for i in (7, 5, 3, 1)))))
    ahead = [a + b for a, b in zip(even, odd, strict=True)]
    behind = [a - b for a, b in zip(even, odd, strict=True)]
    return torch.stack(ahead + behind[::-1]).double()


def _even(outer: Tensor, outer_difference: Tensor, inner: Tensor, inner_difference: Tensor) -> tuple[Tensor, ...]:
    """Compute frequencies 0, 2, 4 and 6 from sums and differences of the sums of opposite samples."""
    shared = (inner_difference + outer_difference) * 4433
    return (
        (outer + inner) * _ONE,
        shared + outer_difference * 6270,
        (outer - inner) * _ONE,
        shared - inner_difference * 15137,
    )


def _odd(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> tuple[Tensor, ...]:
    """Apply the rotation that both transforms share; inputs and outputs are ordered 7, 5, 3, 1."""
    common = (a + c + b + d) * 9633
    ac, bd = common - (a + c) * 16069, common - (b + d) * 3196
    ad, bc = (a + d) * 7373, (b + c) * 20995
    return a * 2446 - ad + ac, b * 16819 - bc + bd, c * 25172 - bc + ac, d * 12299 - ad + bd
