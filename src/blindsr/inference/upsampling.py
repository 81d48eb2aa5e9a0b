"""Enlargement strip by strip, as products of small matrices that fit in CPU caches."""

from functools import lru_cache
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.degrade.resample import bicubic_matrix

Interpolation = Literal["bicubic", "bilinear"]

BAND = 16
"""Largest number of rows enlarged at once, and columns per matrix product."""
_NEAR = 3
"""Largest number of neighbours of an interpolation, plus 1."""


class Upsampling:
    """Strip-wise enlargement of an image with replicated borders."""

    def __init__(self, image: Tensor, scale: int, interpolation: Interpolation) -> None:
        """Prepare an image ``(1, c, h, w)``."""
        self._width = scale * image.shape[-1]
        right = -image.shape[-1] % BAND
        self._padded = F.pad(image, (_NEAR, _NEAR + right, _NEAR, _NEAR), mode="replicate")
        self._matrix = _matrix(scale, interpolation).to(image)
        self._scale = scale
        self._room: Tensor | None = None

    def rows(self, top: int, bottom: int) -> Tensor:
        """Return the result ``(1, c, s * (bottom - top), s * w)`` for at most `BAND` rows of the image.

        The buffer is reused by the next call, since allocation takes longer than the interpolation.
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
    """Return the matrix ``(s * BAND, BAND + 2 * _NEAR)`` of the interpolation along one axis."""
    length = BAND + 2 * _NEAR
    if interpolation == "bicubic":
        whole = bicubic_matrix(length, scale * length, scale)
    else:
        whole = F.interpolate(
            torch.eye(length, dtype=torch.float32, device="cpu")[None], scale_factor=scale, mode="linear"
        )[0].T
    return whole[scale * _NEAR : scale * (_NEAR + BAND)].contiguous()
