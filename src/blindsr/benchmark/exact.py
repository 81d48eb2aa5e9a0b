"""Degradations in integer arithmetic, which give the same pixels on every processor.

Floating-point sums depend on the order of summation, which depends on the processor, the library and the number of
threads; a difference in the last bit can change how a pixel is rounded. Here, images, kernels, resampling weights and
noise are integers, and all sums are below 2**53, so float64 represents them exactly. Halves are rounded up.

An image is a float64 tensor ``(3, h, w)`` of integers, in units of 1/4096 of an 8-bit level.
"""

import hashlib
import math
from functools import cache, lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from blindsr.degrade import jpeg as codec
from blindsr.degrade.blur import Border, border_index, correlate
from blindsr.errors import BlindSRError, Code

Mode = Literal["area", "bilinear", "bicubic", "antialiased"]

LEVEL = 2**12
"""Units per 8-bit level."""
_WEIGHT = 2**20
"""Sum of the resampling weights of a pixel."""
_DEVIATION = 2**16
"""Units per standard deviation in the table of the normal distribution."""
FRACTION = 2**8
"""Units per level of the standard deviation of noise."""
_LARGEST_SIDE = 4096


def from_levels(levels: Tensor) -> Tensor:
    """Convert 8-bit values ``(3, h, w)`` to an image."""
    return levels.double() * LEVEL


def to_levels(x: Tensor) -> Tensor:
    """Convert an image to 8-bit values; it must be rounded to levels."""
    return (x / LEVEL).to(torch.uint8)


def round_levels(x: Tensor, how: Literal["round", "floor"]) -> Tensor:
    """Round to levels and clip to 0..255; halves are rounded up."""
    return _divide(x, LEVEL, LEVEL // 2 if how == "round" else 0).clamp(0, 255) * LEVEL


def blur(x: Tensor, kernel: Tensor, border: Border) -> Tensor:
    """Correlate with a kernel ``(k, k)`` of integers whose sum is a power of 2.

    The exact result is an integer. Fourier transforms can be used too, since their error is far below 0.5.
    """
    height, width = x.shape[1:]
    radius = kernel.shape[-1] // 2
    padded = x[:, border_index(height, radius, border)][..., border_index(width, radius, border)]
    found = correlate(padded[None], kernel[None].double())[0]
    whole = found.round()
    if float((found - whole).abs().max()) > 0.1:
        raise BlindSRError("the blur is not exact: values of the kernel or the image are too large", Code.INVALID_FILE)
    total = int(kernel.sum())
    return _divide(whole, total, total // 2)


def resize(x: Tensor, size: tuple[int, int], mode: Mode) -> Tensor:
    """Resize to a height and width; ``antialiased`` is MATLAB's bicubic."""
    rows, columns = (resampling_matrix(length, out, mode) for length, out in zip(x.shape[1:], size, strict=True))
    x = _divide(x @ columns.T, _WEIGHT, _WEIGHT // 2)
    return _divide(rows @ x, _WEIGHT, _WEIGHT // 2)


def add_noise(x: Tensor, std: float, seed: str, *, gray: bool = False) -> Tensor:
    """Add white normal noise of a standard deviation in levels, a multiple of 1/256."""
    return x + _scale_noise(torch.tensor(float(round(std * FRACTION))), _draw(x, seed, gray=gray))


def add_shot_noise(x: Tensor, strength: float, seed: str, *, gray: bool = False) -> Tensor:
    """Add normal noise whose variance is ``strength**2`` times the level, an approximation of Poisson noise."""
    levels = round_levels(x, "round") / LEVEL
    if gray:
        red, green, blue = levels
        levels = ((77 * red + 150 * green + 29 * blue + 128) / 256).floor()[None]
    factor = round(strength * FRACTION)
    table = torch.tensor([float(math.isqrt(factor**2 * level)) for level in range(256)], dtype=torch.float64)
    return x + _scale_noise(table[levels.long()], _draw(x, seed, gray=gray))


def compress_jpeg(x: Tensor, quality: int, *, full_chroma: bool = False, offset: tuple[int, int] = (0, 0)) -> Tensor:
    """Encode and decode as JPEG with the integer arithmetic of libjpeg, after rounding to 8 bits."""
    unit = round_levels(x, "round")[None] / (255 * LEVEL)
    coded = codec.compress_by_tensors(
        unit, torch.tensor([quality]), full_chroma=torch.tensor([full_chroma]), offset=torch.tensor([offset])
    )
    return (coded[0] * 255).round() * LEVEL


@lru_cache(maxsize=64)
def resampling_matrix(length: int, out: int, mode: Mode) -> Tensor:
    """Return the resampling matrix ``(out, length)`` along one axis, of integers; each row sums to 2**20."""
    if not (0 < length <= _LARGEST_SIDE and 0 < out <= _LARGEST_SIDE):
        raise BlindSRError(f"exact resizing supports sides up to {_LARGEST_SIDE} pixels, got {max(length, out)}")
    taps, weights = _area(length, out) if mode == "area" else _kernel_weights(length, out, mode)
    total = weights.sum(1, keepdims=True)
    whole = (2 * _WEIGHT * weights + total) // (2 * total)
    largest = np.argmax(whole, 1)
    whole[np.arange(out), largest] += _WEIGHT - whole.sum(1)
    result = np.zeros((out, length))
    np.add.at(result, (np.arange(out)[:, None], _inside(taps, length, mode)), whole)
    return torch.from_numpy(result)


def _area(length: int, out: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return taps and weights of the mean over all pixels that a result pixel overlaps."""
    at = np.arange(out)[:, None]
    first, end = at * length // out, -(-(at + 1) * length // out)
    taps = first + np.arange(int((end - first).max()))
    return taps, (taps < end).astype(np.int64)


def _kernel_weights(length: int, out: int, mode: Mode) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return taps and weights up to a common factor; distances are fractions ``n / m`` with a common ``m``."""
    shrinking = mode == "antialiased" and out < length
    m = 2 * (length if shrinking else out)
    # In units of 1 / (2 * out) of a pixel of the input, the centre of output pixel i is here:
    centre = (2 * np.arange(out)[:, None] + 1) * length - out
    reach = -(-2 * length // out) if shrinking else 2
    taps = centre // (2 * out) + np.arange(-reach, reach + 2)
    n = np.abs(centre - 2 * out * taps)
    if mode == "bilinear":
        return taps, np.maximum(m - n, 0)
    return taps, _cubic(n, m, quarters=-3 if mode == "bicubic" else -2)


def _cubic(n: NDArray[np.int64], m: int, quarters: int) -> NDArray[np.int64]:
    """Evaluate Keys' kernel at ``n / m`` for ``a = quarters / 4``, times ``4 * m**3``."""
    a = quarters
    near = (a + 8) * n**3 - (a + 12) * n**2 * m + 4 * m**3
    far = a * (n**3 - 5 * n**2 * m + 8 * n * m**2 - 4 * m**3)
    return np.where(n <= m, near, np.where(n < 2 * m, far, 0))


def _inside(taps: NDArray[np.int64], length: int, mode: Mode) -> NDArray[np.int64]:
    """Map taps outside the image to pixels: mirrored ones for ``antialiased``, else the nearest."""
    if mode != "antialiased":
        return np.clip(taps, 0, length - 1)
    taps = taps % (2 * length)
    return np.where(taps < length, taps, 2 * length - 1 - taps)


@cache
def normal_table() -> Tensor:
    """Return quantiles ``(65536,)`` of the normal distribution, in units of 1/65536 of its standard deviation.

    The last bit of a logarithm may differ between systems, but no quantile is so close to a half that it matters.
    """
    normal = NormalDist()
    upper = [round(normal.inv_cdf((2**15 + i + 0.5) / 2**16) * _DEVIATION) for i in range(2**15)]
    values = torch.tensor(upper, dtype=torch.float64)
    return torch.cat([-values.flip(0), values])


def _draw(x: Tensor, seed: str, *, gray: bool) -> Tensor:
    """Draw normal numbers ``(1 or 3, h, w)``: two bytes (little-endian) of SHAKE-256 select a quantile."""
    shape = (1 if gray else x.shape[0], *x.shape[1:])
    data = hashlib.shake_256(seed.encode()).digest(2 * math.prod(shape))
    picked = np.frombuffer(data, dtype="<u2").astype(np.int64)
    return normal_table()[torch.from_numpy(picked)].view(shape)


def _scale_noise(std: Tensor, normal: Tensor) -> Tensor:
    unit = FRACTION * _DEVIATION // LEVEL
    return _divide(std * normal, unit, unit // 2)


def _divide(x: Tensor, by: int, added: int) -> Tensor:
    """Add a number to integers, divide by a power of 2, and round down."""
    return (x + added).div_(by).floor_()
