"""Comparison of weights for clean, sharp photographs with general-purpose ones, by what both make of a photograph.

General-purpose weights remove noise, blur and JPEG blocks. Where a photograph has none of these, weights that only
enlarge are better, but noise, blur and fine texture can hardly be told apart in the photograph itself. In two results
they can: a small network, fitted by `benchmarks/fit_comparison.py`, predicts from their differences which one is closer
to the original.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.analysis import regression
from blindsr.analysis.artefacts import flat_parts, smoothed
from blindsr.analysis.trial import in_float32, middle_of, windows_of
from blindsr.analysis.windows import Floats
from blindsr.degrade.resample import resize_to
from blindsr.images import Picture, luma
from blindsr.inference.upscaler import Upscaler

LEAST = 32
"""Smallest side of a photograph that can be compared, pixels."""
_WORTH = 0.1
"""Smallest predicted gain for which weights for clean photographs are selected, dB."""
_HOPELESS = -0.2
"""Predicted gain in the window with more detail, dB, below which the other window is not restored.

The mean of both windows is then hardly ever above 0.
"""
_BORDER = 6
"""Border of a window that is not compared, since its context is missing, LR pixels."""
_WIDTHS = (0.5, 1.0, 2.0)
"""Standard deviations of the Gaussians that separate three bands of detail, finest first, LR pixels."""
_FINE = 0.75
"""The same for what is fine in the residual of a reduced result."""
_FLOOR, _RESIDUAL_FLOOR = 0.3, 0.1
"""Added to levels (0..255) before their logarithm: about the level of rounding to 8 bits, and of its mean."""
_FAINT = 0.1
"""Added to products of levels, so that the correlation of faint bands is 0."""

Bands = list[Tensor]
"""Three bands of detail of luma, ``(1, 1, h, w)`` each, finest first."""


@dataclass(frozen=True)
class Comparison:
    """Results of weights for clean, sharp photographs and of the general-purpose ones."""

    gain: float
    """Predicted gain in PSNR of the first over the second, dB."""

    @property
    def better(self) -> bool:
        """Whether the first are better, surely enough to be selected."""
        return self.gain > _WORTH


@torch.no_grad()
def compare(narrow: Upscaler, general: Upscaler, picture: Picture) -> Comparison:
    """Restore up to two windows of a picture by two models of one scale and predict which model is better.

    Args:
        narrow: weights for clean, sharp photographs.
        general: general-purpose weights.
        picture: the photograph, with sides of at least `LEAST`.
    """
    middle = middle_of(picture)
    models = [in_float32(one) for one in (narrow, general)]
    conditions = [one.estimate_condition(middle) for one in models]
    found, gain = list[Floats](), 0.0
    for top, left, height, width in reversed(windows_of(picture.pixels)):
        lr = picture.pixels[None, :, top : top + height, left : left + width].float()
        first, second = (
            one.method.restore(one.to_device(lr), condition).to(lr).clamp(0, 1)
            for one, condition in zip(models, conditions, strict=True)
        )
        found.append(features(lr, first, second))
        gain = regression.predict("gain", np.mean(found, 0))
        if gain < _HOPELESS:
            break
    return Comparison(gain)


@torch.no_grad()
def features(lr: Tensor, first: Tensor, second: Tensor) -> Floats:
    """Compute what tells two results of a window apart, in its flat parts and in all others.

    Args:
        lr: the window, ``(1, 3, h, w)`` in [0, 1].
        first: a result, ``(1, 3, s h, s w)`` in [0, 1].
        second: another result of the same size.

    Returns:
        42 numbers: logarithms of levels of detail, and correlations.
    """
    scale = first.shape[-1] // lr.shape[-1]
    flat = flat_parts(_inside(lr, 1)).float()
    enlarged = F.interpolate(flat, scale_factor=scale, mode="nearest")
    y, *results = (luma(image) for image in (lr, first, second))
    interpolated = luma(_resized_as(lr, first).clamp(0, 1))
    images = (*results, interpolated, results[0] - results[1])
    details = [_bands(image, scale) for image in images]
    residuals = [_inside(luma(_resized_as(result, lr)) - y, 1) for result in (first, second)]
    own = _bands(y, 1)
    found = [*_of_results(details, enlarged), *_of_results(details, 1 - enlarged)]
    found += [*_of_photograph(own, residuals, flat), *_of_photograph(own, residuals, 1 - flat)]
    return np.array(found, np.float32)


def _of_results(details: list[Bands], mask: Tensor) -> list[float]:
    """Levels of both results, of their difference and of bicubic interpolation, and what the difference is like."""
    first, second, interpolated, difference = details
    found = []
    for bands in zip(first, second, difference, strict=True):
        found += [_level(band, mask) for band in bands]
    found += [_level(band, mask) for band in interpolated[1:]]
    for of_difference, *others in list(zip(difference, second, first, strict=True))[:2]:
        found += [_correlation(of_difference, other, mask) for other in others]
    return found


def _of_photograph(own: Bands, residuals: list[Tensor], mask: Tensor) -> list[float]:
    """Levels of what the reduced results lack or add, and of the two finest bands of the photograph."""
    found = []
    for residual in residuals:
        fine = residual - smoothed(residual, _FINE)
        found += [_level(one, mask, _RESIDUAL_FLOOR) for one in (residual, fine)]
    return found + [_level(band, mask) for band in own[:2]]


def _bands(y: Tensor, scale: int) -> Bands:
    """Split luma into three bands of detail, without borders; ``scale`` pixels are one LR pixel."""
    finer = [y, *(smoothed(y, scale * width) for width in _WIDTHS)]
    return [_inside(a - b, scale) for a, b in pairwise(finer)]


def _level(values: Tensor, mask: Tensor, floor: float = _FLOOR) -> float:
    return math.log(_root_mean_square(values, mask) + floor)


def _correlation(a: Tensor, b: Tensor, mask: Tensor) -> float:
    return _mean(a * b, mask) / (_root_mean_square(a, mask) * _root_mean_square(b, mask) + _FAINT)


def _root_mean_square(values: Tensor, mask: Tensor) -> float:
    return math.sqrt(_mean(values.square(), mask))


def _mean(values: Tensor, mask: Tensor) -> float:
    """Mean where a mask is 1 and not 0; 0 if it is 0 everywhere."""
    return float((values * mask).sum() / mask.sum().clamp(min=1))


def _resized_as(image: Tensor, other: Tensor) -> Tensor:
    height, width = other.shape[-2:]
    return resize_to(image, (height, width))


def _inside(image: Tensor, scale: int) -> Tensor:
    """Remove the borders of ``(n, c, h, w)``."""
    border = scale * _BORDER
    return image[..., border:-border, border:-border]
