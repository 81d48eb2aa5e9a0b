"""Modules that several papers use identically."""

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
