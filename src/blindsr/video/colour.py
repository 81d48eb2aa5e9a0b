"""Conversion between Y'CbCr samples and RGB in floating point; FFmpeg's own conversion has errors up to 3 of 255.

Chroma of half the width lies on every second pixel, and of half the height between two rows, as in MPEG-2 and H.264.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[Any]

_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
"""Weights of red and blue in luma, by matrix code (ITU-T H.273)."""


def to_rgb(planes: Sequence[Plane], bits: int, matrix: int, *, full: bool) -> Plane:
    """Convert planes of luma and chroma to RGB ``(h, w, 3)``, not clamped.

    Args:
        planes: luma ``(h, w)``, and two of chroma, possibly subsampled by 2.
        bits: bit depth.
        matrix: matrix code of ITU-T H.273.
        full: whether samples use the full range.
    """
    (offset, scale), (middle, spread) = _ranges(bits, full=full)
    luma = (planes[0].astype(np.float32) - offset) / scale
    blue, red = (_enlarged(plane.astype(np.float32), luma.shape) for plane in planes[1:3])
    blue, red = (blue - middle) / spread, (red - middle) / spread
    of_red, of_blue = _weights(matrix)
    r, b = luma + 2 * (1 - of_red) * red, luma + 2 * (1 - of_blue) * blue
    g = (luma - of_red * r - of_blue * b) / (1 - of_red - of_blue)
    return np.stack((r, g, b), -1)


def from_rgb(rgb: Plane, bits: int, matrix: int, halved: tuple[bool, bool], *, full: bool) -> list[Plane]:
    """Convert RGB ``(h, w, 3)`` in [0, 1] to planes; the inverse of `to_rgb`.

    Args:
        rgb: the image.
        bits: bit depth.
        matrix: matrix code of ITU-T H.273.
        halved: whether chroma has half the width, and half the height.
        full: whether samples use the full range.
    """
    (offset, scale), (middle, spread) = _ranges(bits, full=full)
    of_red, of_blue = _weights(matrix)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luma = of_red * r + (1 - of_red - of_blue) * g + of_blue * b
    blue, red = (b - luma) / (2 * (1 - of_blue)), (r - luma) / (2 * (1 - of_red))
    chroma = [middle + spread * _reduced(plane, halved) for plane in (blue, red)]
    kind = np.uint8 if bits == 8 else np.uint16
    return [plane.round().clip(0, 2**bits - 1).astype(kind) for plane in (offset + scale * luma, *chroma)]


def _weights(matrix: int) -> tuple[float, float]:
    return _WEIGHTS.get(matrix, _WEIGHTS[1])


def _ranges(bits: int, *, full: bool) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return offset and range of luma, and offset and range of chroma."""
    unit = 2.0 ** (bits - 8)
    if full:
        return (0.0, 2.0**bits - 1), (128 * unit, 2.0**bits - 1)
    return (16 * unit, 219 * unit), (128 * unit, 224 * unit)


def _enlarged(plane: Plane, shape: tuple[int, ...]) -> Plane:
    if plane.shape[1] < shape[1]:
        after = np.concatenate((plane[:, 1:], plane[:, -1:]), 1)
        plane = np.stack((plane, (plane + after) / 2), 2).reshape(len(plane), -1)[:, : shape[1]]
    if plane.shape[0] < shape[0]:
        before, after = np.concatenate((plane[:1], plane[:-1])), np.concatenate((plane[1:], plane[-1:]))
        both = np.stack(((before + 3 * plane) / 4, (3 * plane + after) / 4), 1)
        plane = both.reshape(-1, plane.shape[1])[: shape[0]]
    return plane


def _reduced(plane: Plane, halved: tuple[bool, bool]) -> Plane:
    if halved[0]:
        around = np.pad(plane, ((0, 0), (1, 1)), mode="edge")
        plane = (around[:, :-2:2] + 2 * around[:, 1:-1:2] + around[:, 2::2]) / 4
    if halved[1]:
        plane = (plane[::2] + plane[1::2]) / 2
    return plane
