"""Modules that several papers use identically."""

import math

import torch
from torch import Tensor, nn


class PixelShuffle(nn.Module):
    """Sub-pixel rearrangement (Shi et al., 2016) that is fast in channels-last memory.

    ``(n, r*r*c, h, w)`` to ``(n, c, r*h, r*w)``, channels ordered (row, column, c) where ``nn.PixelShuffle`` orders
    them (c, row, column): the same layer up to a permutation of the convolution before it, but each output pixel is
    one contiguous run of memory, which copies several times faster on a CPU.
    """

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        r = self.factor
        n, channels, height, width = x.shape
        pixels = x.permute(0, 2, 3, 1).reshape(n, height, width, r, r, channels // r**2)
        return pixels.transpose(2, 3).reshape(n, height * r, width * r, channels // r**2).permute(0, 3, 1, 2)


def windows(image: Tensor, side: int, count: int) -> Tensor:
    """What to judge an image by: itself, or windows spread evenly over one of more pixels than all of them have.

    Args:
        image: ``(1, c, h, w)``.
        side: of a window.
        count: how many of them, in a grid.

    Returns:
        ``(1, c, h, w)`` or ``(n, c, side, side)``.
    """
    height, width = image.shape[-2:]
    if height * width <= count * side**2 or min(height, width) < side:
        return image
    rows = math.isqrt(count)
    columns = count // rows
    tops = [round((height - side) * (i + 0.5) / rows) for i in range(rows)]
    lefts = [round((width - side) * (i + 0.5) / columns) for i in range(columns)]
    return torch.cat([image[..., top : top + side, left : left + side] for top in tops for left in lefts])
