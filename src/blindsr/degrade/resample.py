"""Subsampling ``↓s`` of Eq. 1 as matrices: MATLAB's bicubic with antialiasing, and ``direct`` subsampling.

Resampling is linear and separable: ``out = R_h x R_w^T``. A matrix per axis is exact at the borders, differentiable,
runs on any device, and multiplies with the matrix of a separable blur.
"""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.devices import is_traced
from blindsr.errors import BlindSRError

MODES = ("area", "bilinear", "bicubic", "antialiased")
"""Modes of resizing, by their index in records; the last one is antialiased bicubic."""

_REACH = 2
"""Pixels on each side that a pixel of an enlargement depends on."""
_KEPT = 2**20
"""Largest number of entries of a cached matrix; those of whole photographs take hundreds of MB."""


def resize(x: Tensor, scale: float, size: tuple[int, int] | None = None) -> Tensor:
    """Resample bicubically like MATLAB's ``imresize``: antialiased, with symmetric borders and half-pixel centres.

    Args:
        x: ``(n, c, h, w)``.
        scale: output pixels per input pixel.
        size: output height and width; ``ceil(scale * input)`` if not given, as in MATLAB.

    Returns:
        ``(n, c, *size)``, neither clamped nor rounded.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise BlindSRError(f"expected a positive scale, got {scale}")
    if is_traced() and size is None and scale == int(scale):
        return _enlarged(x, int(scale))
    height, width = size or (_output_length(x.shape[-2], scale), _output_length(x.shape[-1], scale))
    rows = bicubic_matrix(x.shape[-2], height, scale).to(x)
    columns = bicubic_matrix(x.shape[-1], width, scale).to(x)
    return apply_matrices(x, rows, columns)


def _enlarged(x: Tensor, scale: int) -> Tensor:
    """`resize` by an integer as a convolution, which unlike the matrices does not depend on the size of the image."""
    taps = bicubic_matrix(2 * _REACH + 5, (2 * _REACH + 5) * scale, scale).to(x)
    taps = taps[(_REACH + 2) * scale : (_REACH + 3) * scale, 2 : 2 * _REACH + 3]
    weight = (taps[:, None, :, None] * taps[None, :, None, :]).reshape(scale**2, 1, *taps.shape[1:] * 2)
    channels = x.flatten(0, 1)[:, None]
    for axis in (-2, -1):
        last = x.shape[axis] - 1
        around = torch.arange(-_REACH, last + 1 + _REACH, device=x.device)
        for _ in range(2):  # mirrored before the first pixel, then read from the other end behind the last one
            around = last - torch.where(around < 0, -1 - around, around)
        channels = channels.index_select(axis, around.clamp(min=0))
    enlarged: Tensor = F.pixel_shuffle(F.conv2d(channels, weight), scale)[:, 0].unflatten(0, x.shape[:2])
    return enlarged


def resize_to(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize ``x`` ``(n, c, h, w)`` to a height and width, each side by its own scale."""
    rows = bicubic_matrix(x.shape[-2], size[0], size[0] / x.shape[-2]).to(x)
    columns = bicubic_matrix(x.shape[-1], size[1], size[1] / x.shape[-1]).to(x)
    return apply_matrices(x, rows, columns)


def resize_by_mode(x: Tensor, size: tuple[int, int], mode: int) -> Tensor:
    """Resize in one of `MODES`: the last is `resize_to`, the others have no antialiasing."""
    if x.shape[-2:] == size:
        return x
    name = MODES[mode]
    if name == "antialiased":
        return resize_to(x, size)
    return F.interpolate(x, size=size, mode=name, align_corners=None if name == "area" else False)


def subsample(x: Tensor, scale: int) -> Tensor:
    """Subsample directly: pixels ``[0::scale, 0::scale]`` of ``(n, c, h, w)``, phase 0 as in MZSR."""
    return x[..., ::scale, ::scale]


def apply_matrices(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Compute ``rows x columns^T`` per channel of ``x`` ``(n, c, h, w)``; matrices ``(h', h)`` or ``(n, h', h)``."""
    if rows.ndim == 3:
        rows, columns = rows[:, None], columns[:, None]
    with torch.autocast(x.device.type, enabled=False):  # a degradation is data, not a layer to save time on
        return rows @ (x @ columns.transpose(-1, -2))


def bicubic_matrix(length: int, out: int, scale: float) -> Tensor:
    """Return the matrix ``(out, length)``, float32, of MATLAB's bicubic along one axis; rows sum to 1."""
    return (_kept_matrix if length * out <= _KEPT else _matrix)(length, out, scale)


def _matrix(length: int, out: int, scale: float) -> Tensor:
    stretch = min(scale, 1.0)  # shrinking widens the kernel: this is the antialiasing
    support = 4.0 / stretch
    centre = (torch.arange(out, dtype=torch.float64, device="cpu") + 0.5) / scale - 0.5
    first = torch.floor(centre - support / 2).long()
    taps = first[:, None] + torch.arange(math.ceil(support) + 2, device="cpu")
    weights = _cubic((centre[:, None] - taps) * stretch)
    weights = weights / weights.sum(1, keepdim=True)
    matrix = torch.zeros(out, length, dtype=torch.float64, device="cpu")
    matrix.scatter_add_(1, _symmetric(taps, length), weights)
    return matrix.float()


_kept_matrix = lru_cache(maxsize=64)(_matrix)


def _cubic(x: Tensor) -> Tensor:
    """Keys' cubic convolution kernel with a = -0.5."""
    x = x.abs()
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return torch.where(x <= 1, near, torch.where(x < 2, far, torch.zeros_like(x)))


def _symmetric(index: Tensor, length: int) -> Tensor:
    """Map indices to ``[0, length)`` by mirroring with repeated edges."""
    index = index % (2 * length)
    return torch.where(index < length, index, 2 * length - 1 - index)


def _output_length(length: int, scale: float) -> int:
    return math.ceil(round(length * scale, 6))
