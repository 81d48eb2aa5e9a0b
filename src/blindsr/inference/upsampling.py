"""Small images enlarged strip by strip, as products of small matrices that stay in a CPU's caches."""

from functools import lru_cache
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.degrade.resample import bicubic_matrix

Interpolation = Literal["bicubic", "bilinear"]

BAND = 16
"""Rows that are enlarged at a time at most, and columns that one product makes."""
_NEAR = 3
"""Largest number of neighbours of an interpolation, plus 1."""


class Upsampling:
    """An image to be enlarged without holding all of the result; the pixels at its borders go on beyond them."""

    def __init__(self, image: Tensor, scale: int, interpolation: Interpolation) -> None:
        """Prepare an image ``(1, c, h, w)``."""
        self._width = scale * image.shape[-1]
        right = -image.shape[-1] % BAND
        self._padded = F.pad(image, (_NEAR, _NEAR + right, _NEAR, _NEAR), mode="replicate")
        self._matrix = _matrix(scale, interpolation).to(image)
        self._scale = scale
        self._room: Tensor | None = None

    def rows(self, top: int, bottom: int) -> Tensor:
        """The result ``(1, c, s * (bottom - top), s * w)`` for some rows of the image, `BAND` of them at most.

        It is written over by the next call: new memory takes longer than the interpolation.
        """
        count = bottom - top
        windows = self._padded[..., top : bottom + 2 * _NEAR, :].unfold(-1, BAND + 2 * _NEAR, BAND)
        wide = (windows @ self._matrix.T).flatten(-2)
        if self._room is None:
            self._room = wide.new_empty(*wide.shape[:2], self._scale * BAND, wide.shape[-1])
        enlarged = self._room[..., : self._scale * count, :]
        torch.matmul(self._matrix[: self._scale * count, : count + 2 * _NEAR], wide, out=enlarged)
        return enlarged[..., : self._width]


@lru_cache(maxsize=16)
def _matrix(scale: int, interpolation: Interpolation) -> Tensor:
    """The matrix ``(s * BAND, BAND + 2 * _NEAR)`` of the interpolation along one axis."""
    length = BAND + 2 * _NEAR
    if interpolation == "bicubic":
        whole = bicubic_matrix(length, scale * length, scale)
    else:
        whole = F.interpolate(torch.eye(length)[None], scale_factor=scale, mode="linear")[0].T
    return whole[scale * _NEAR : scale * (_NEAR + BAND)].contiguous()
