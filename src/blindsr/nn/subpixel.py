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
    """Return the factors of the stages of an enlargement: 2 and 2 for 4, otherwise the scale."""
    return (2, 2) if scale == 4 else (scale,)


class PixelShuffle(nn.Module):
    """Sub-pixel rearrangement that is fast in channels-last memory.

    It maps ``(n, r*r*c, h, w)`` to ``(n, c, r*h, r*w)``. Channels are ordered (row, column, c), whereas
    ``nn.PixelShuffle`` orders them (c, row, column). The layers are equal up to a permutation of the convolution before
    them, but here the channels of an output pixel are contiguous in memory, which is several times faster on a CPU.
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
        """Map ``(n, c, r*h, r*w)`` to ``(n, r*r*c, h, w)``."""
        r = self.factor
        n, channels, height, width = x.shape
        pixels = x.permute(0, 2, 3, 1).reshape(n, height // r, r, width // r, r, channels)
        return pixels.transpose(2, 3).reshape(n, height // r, width // r, channels * r**2).permute(0, 3, 1, 2)


class Upsampler(nn.Module):
    """Sub-pixel convolutions and last convolution of SRResNet, EDSR and other networks: features to an image.

    There are no activations between these layers, so they are equivalent to a single convolution. At x4 and 64
    channels, the layers need 764,000 multiply-adds and 1,024 numbers of memory per LR pixel, the single convolution
    77,000 and 48. Its weights are computed in each pass, which takes little time and is differentiable.

    Results differ only in the outer `REACH` LR pixels, since the layers would pad each of their inputs with zeros, and
    here only the features are padded.
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
        """Fold the layers to one convolution, from features to the ``3 s^2`` values of each LR pixel.

        It is computed from the last layer to the first, which needs six times fewer operations at x4 than the other
        direction.

        Args:
            params: weights used instead of the layers' own, with the same names.

        Returns:
            Weight ``(3 s^2, c, 5, 5)`` and bias ``(3 s^2,)``; outputs are ordered as for ``F.pixel_shuffle``.
        """
        params = dict(self.named_parameters()) if params is None else params
        values = params["layers.0.weight"]
        count, start = 3 * self.scale**2, REACH * self.scale
        sums = torch.eye(count, dtype=values.dtype, device=values.device).view(count, 3, self.scale, self.scale)
        bias = values.new_zeros(count)
        # In full precision, since errors of these weights would affect all pixels.
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
    """`Upsampler`, folded to one convolution."""

    def __init__(self, upsampler: Upsampler) -> None:
        super().__init__()
        weight, bias = (value.detach() for value in upsampler.folded())
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)
        self.scale = upsampler.scale

    def forward(self, features: Tensor) -> Tensor:
        """``(n, c, h, w)`` to ``(n, 3, s*h, s*w)``."""
        return F.pixel_shuffle(F.conv2d(features, self.weight, self.bias, padding=REACH), self.scale)


def average_subpixels(values: Tensor, scale: int) -> Tensor:
    """Convert the weight or bias of a convolution before ``nn.PixelShuffle`` to RGB to a smaller scale.

    The result of the converted network is that of the original, averaged over square blocks of pixels.

    Args:
        values: ``(3 S^2, ...)`` for a scale S that is a multiple of ``scale``.
        scale: the smaller scale s.

    Returns:
        ``(3 s^2, ...)``.
    """
    block = math.isqrt(len(values) // 3) // scale
    return values.view(3, scale, block, scale, block, *values.shape[1:]).mean((2, 4)).flatten(0, 2)


def initialise_icnr(layers: nn.Sequential) -> None:
    """Initialise all sub-pixels with the same weights (ICNR, Aitken et al., 2017), close to the identity."""
    for conv, after in pairwise(layers):
        if isinstance(conv, nn.Conv2d) and isinstance(after, PixelShuffle):
            weight = 0.1 * conv.weight.data[: conv.in_channels]
            weight[:, :, 1, 1] += torch.eye(conv.in_channels)
            conv.weight.data = weight.repeat(after.factor**2, 1, 1, 1)
