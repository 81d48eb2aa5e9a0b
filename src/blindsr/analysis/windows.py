"""Windows of a photograph that represent it, whatever its size."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.floating[Any]]
Plane = Floats
"""One channel of an image, ``(h, w)``, on the 0..255 scale."""

Planes = Floats
"""Red, green and blue ``(3, h, w)`` in [0, 1]."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32) * np.float32(255)


def to_planes(pixels: Tensor) -> Planes:
    """Convert an image ``(3, h, w)`` to an array, without copying if possible."""
    return pixels.detach().cpu().float().numpy()


def jpeg_luma(planes: Planes) -> Plane:
    """Compute Y of JFIF (full range), which JPEG encodes."""
    y: Plane = np.tensordot(_LUMA, planes, 1)
    return y


def boxes(height: int, width: int, side: int, count: int, unit: int = 8) -> list[tuple[slice, slice]]:
    """Return at most ``count`` evenly spread windows of ``side`` pixels; one window if the image is not larger.

    Args:
        height: of the image.
        width: of the image.
        side: side of a window, unless the image is smaller.
        count: maximum number of windows.
        unit: positions are multiples of this, so that JPEG's grid has one phase in all windows.
    """
    rows, columns = max(1, height // side), max(1, width // side)
    while rows * columns > count:
        if rows >= columns:
            rows -= 1
        else:
            columns -= 1
    return [
        (slice(top, top + side), slice(left, left + side))
        for top in _starts(height, side, rows, unit)
        for left in _starts(width, side, columns, unit)
    ]


def middle(height: int, width: int, side: int) -> tuple[slice, slice]:
    """Return the central window of at most ``side`` pixels."""
    top, left = max(0, (height - side) // 2), max(0, (width - side) // 2)
    return slice(top, top + side), slice(left, left + side)


def _starts(length: int, side: int, count: int, unit: int) -> list[int]:
    free = max(0, length - side)
    gaps = free / (count + 1) if count == 1 else free / (count - 1)
    places = [gaps] if count == 1 else [gaps * i for i in range(count)]
    return [int(place) // unit * unit for place in places]
