"""The upscaler of MLN and RDAN. It has no activation, so all of its layers are one convolution in disguise.

At x4 and 64 channels a pixel of the LR image costs 764,000 multiply-adds through the layers, and 77,000 through that
convolution. It is made anew in each step of a training, and gradients pass through the making of it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.blocks import PixelShuffle

BORDER = 2
"""LR pixels along an edge where the layers differ from one convolution, for each pads its own input with zeros."""


class Upscaler(nn.Sequential):
    """Sub-pixel convolutions and a last one: features ``(n, c, h, w)`` to ``(n, 3, s*h, s*w)``."""

    def __init__(self, channels: int, scale: int) -> None:
        factors = (2, 2) if scale == 4 else (scale,)
        stages = ((nn.Conv2d(channels, channels * f**2, 3, padding=1), PixelShuffle(f)) for f in factors)
        super().__init__(*(layer for stage in stages for layer in stage), nn.Conv2d(channels, 3, 3, padding=1))
        self.scale = scale

    def folded(self) -> tuple[Tensor, Tensor]:
        """The one convolution, found by what the layers make of a single 1 in each of the channels.

        Returns:
            Weight ``(3 s^2, c, 5, 5)`` and bias ``(3 s^2,)``; outputs lie as ``F.pixel_shuffle`` takes them.
        """
        first, side = self[0], 2 * BORDER + 1
        assert isinstance(first, nn.Conv2d)
        channels, weight = first.in_channels, first.weight
        impulses = weight.new_zeros(channels, channels, side, side)
        impulses[:, :, BORDER, BORDER] = torch.eye(channels, device=weight.device)
        responses = F.pixel_unshuffle(self._linear(impulses), self.scale)
        constant = F.pixel_unshuffle(self(weight.new_zeros(1, channels, side, side)), self.scale)
        return responses.flip(2, 3).transpose(0, 1), constant[0, :, BORDER, BORDER]

    def _linear(self, x: Tensor) -> Tensor:
        for layer in self:
            x = F.conv2d(x, layer.weight, padding=1) if isinstance(layer, nn.Conv2d) else layer(x)
        return x

    def inner(self, features: Tensor) -> Tensor:
        """The same without the outer `BORDER` LR pixels, ``(n, 3, s * (h - 4), s * (w - 4))``, for a tenth."""
        return F.pixel_shuffle(F.conv2d(features, *self.folded()), self.scale)


def interior(hr: Tensor, scale: int) -> Tensor:
    """What of HR images ``(n, 3, s*h, s*w)`` `Upscaler.inner` makes."""
    edge = BORDER * scale
    return hr[..., edge:-edge, edge:-edge]
