"""Enlargement by sub-pixel convolutions (Shi et al., 2016), as fast as it can be had."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

REACH = 2
"""LR pixels around a pixel that `Upscaler` looks at, whatever the scale."""


def factors(scale: int) -> tuple[int, ...]:
    """What an image is enlarged by, stage after stage: four times is twice by two."""
    return (2, 2) if scale == 4 else (scale,)


class PixelShuffle(nn.Module):
    """Sub-pixel rearrangement that is fast in channels-last memory.

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


class Upscaler(nn.Module):
    """Sub-pixel convolutions and the last one of SRResNet, EDSR and many others: features to the image.

    There is no activation among these layers, so all of them are one convolution in disguise. At x4 and 64 channels an
    LR pixel costs 764,000 multiply-adds and 1,024 numbers of memory in the layers, and 77,000 and 48 in that
    convolution. It is made anew in each pass, which costs little, and gradients go through the making of it.

    Both differ in the outer `REACH` LR pixels alone, for each layer would surround its own input with zeros, where
    here the features are surrounded once.
    """

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        stages = ((nn.Conv2d(channels, channels * f**2, 3, padding=1), PixelShuffle(f)) for f in factors(scale))
        last = nn.Conv2d(channels, 3, 3, padding=1)
        self.layers = nn.Sequential(*(layer for stage in stages for layer in stage), last)
        self.channels, self.scale = channels, scale

    def forward(self, features: Tensor) -> Tensor:
        """``(n, c, h, w)`` to ``(n, 3, s*h, s*w)``."""
        return F.pixel_shuffle(F.conv2d(features, *self.folded(), padding=REACH), self.scale)

    def folded(self) -> tuple[Tensor, Tensor]:
        """The one convolution, found by what the layers make of a single 1 in each of the channels.

        Returns:
            Weight ``(3 s^2, c, 5, 5)`` and bias ``(3 s^2,)``; outputs lie as ``F.pixel_shuffle`` takes them.
        """
        side, values = 2 * REACH + 1, next(self.parameters())
        impulses = values.new_zeros(self.channels, self.channels, side, side)
        impulses[:, :, REACH, REACH] = torch.eye(self.channels, device=values.device)
        # In full precision, for all pixels will be made by these weights.
        with torch.autocast(values.device.type, enabled=False):
            responses = F.pixel_unshuffle(self._linear(impulses), self.scale)
            constant = F.pixel_unshuffle(self.layers(impulses.new_zeros(1, *impulses.shape[1:])), self.scale)
        return responses.flip(2, 3).transpose(0, 1), constant[0, :, REACH, REACH]

    def _linear(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = F.conv2d(x, layer.weight, padding=1) if isinstance(layer, nn.Conv2d) else layer(x)
        return x


def start_as_nearest(layers: nn.Sequential) -> None:
    """Let every sub-pixel start from the same weights (ICNR, Aitken et al., 2017), close to a copy of its input."""
    for conv, after in pairwise(layers):
        if isinstance(conv, nn.Conv2d) and isinstance(after, PixelShuffle):
            weight = 0.1 * conv.weight.data[: conv.in_channels]
            weight[:, :, 1, 1] += torch.eye(conv.in_channels)
            conv.weight.data = weight.repeat(after.factor**2, 1, 1, 1)
