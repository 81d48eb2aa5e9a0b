"""Sub-pixel convolutions (Shi et al., 2016)."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

REACH = 2
"""Radius of the receptive field of `Upsampler` in LR pixels, at any scale."""


def factors(scale: int) -> tuple[int, ...]:
    """Factors of the stages of an enlargement: 4 is twice 2."""
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

    def inverse(self, x: Tensor) -> Tensor:
        """``(n, c, r*h, r*w)`` back to ``(n, r*r*c, h, w)``."""
        r = self.factor
        n, channels, height, width = x.shape
        pixels = x.permute(0, 2, 3, 1).reshape(n, height // r, r, width // r, r, channels)
        return pixels.transpose(2, 3).reshape(n, height // r, width // r, channels * r**2).permute(0, 3, 1, 2)


class Upsampler(nn.Module):
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
        self.scale = scale

    def forward(self, features: Tensor) -> Tensor:
        """``(n, c, h, w)`` to ``(n, 3, s*h, s*w)``."""
        return F.pixel_shuffle(F.conv2d(features, *self.folded(), padding=REACH), self.scale)

    def folded(self, params: Mapping[str, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Fold the layers to one convolution, from features to the ``3 s^2`` pixels of each LR pixel.

        Such a sum is traced back from the last layer to the first, which is six times less work at x4 than to ask what
        each of the features becomes.

        Args:
            params: weights used in place of the layers' own, all of them, by the same names.

        Returns:
            Weight ``(3 s^2, c, 5, 5)`` and bias ``(3 s^2,)``; outputs lie as ``F.pixel_shuffle`` takes them.
        """
        params = dict(self.named_parameters()) if params is None else params
        values = params["layers.0.weight"]
        count, start = 3 * self.scale**2, REACH * self.scale
        sums = torch.eye(count, dtype=values.dtype, device=values.device).view(count, 3, self.scale, self.scale)
        bias = values.new_zeros(count)
        # In full precision, for all pixels will be made by these weights.
        with torch.autocast(values.device.type, enabled=False):
            for index, layer in reversed(list(enumerate(self.layers))):
                if isinstance(layer, nn.Conv2d):
                    bias = bias + sums.sum((2, 3)) @ params[f"layers.{index}.bias"]
                    sums = F.conv_transpose2d(sums, params[f"layers.{index}.weight"])
                    start -= 1
                else:
                    shuffle = cast("PixelShuffle", layer)
                    margin = start % shuffle.factor  # whole pixels of the layer before
                    sums = shuffle.inverse(F.pad(sums, (margin,) * 4))
                    start = (start - margin) // shuffle.factor
        return sums, bias


class FoldedUpsampler(nn.Module):
    """`Upsampler` folded to one convolution."""

    def __init__(self, upsampler: Upsampler) -> None:
        super().__init__()
        weight, bias = (value.detach() for value in upsampler.folded())
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)
        self.scale = upsampler.scale

    def forward(self, features: Tensor) -> Tensor:
        """``(n, c, h, w)`` to ``(n, 3, s*h, s*w)``."""
        return F.pixel_shuffle(F.conv2d(features, self.weight, self.bias, padding=REACH), self.scale)


def average_subpixels(values: Tensor, scale: int) -> Tensor:
    """Weight or bias of a convolution before ``nn.PixelShuffle`` to RGB, for a smaller scale.

    The result of such a network is that of the original, averaged over square blocks of pixels.

    Args:
        values: ``(3 S^2, ...)`` of scale S, a multiple of ``scale``.
        scale: the smaller scale s.

    Returns:
        ``(3 s^2, ...)``.
    """
    block = math.isqrt(len(values) // 3) // scale
    return values.view(3, scale, block, scale, block, *values.shape[1:]).mean((2, 4)).flatten(0, 2)


def initialise_icnr(layers: nn.Sequential) -> None:
    """Let every sub-pixel start from the same weights (ICNR, Aitken et al., 2017), close to a copy of its input."""
    for conv, after in pairwise(layers):
        if isinstance(conv, nn.Conv2d) and isinstance(after, PixelShuffle):
            weight = 0.1 * conv.weight.data[: conv.in_channels]
            weight[:, :, 1, 1] += torch.eye(conv.in_channels)
            conv.weight.data = weight.repeat(after.factor**2, 1, 1, 1)
