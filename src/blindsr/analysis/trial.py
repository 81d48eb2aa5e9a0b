"""No-reference test of a model on a few windows of a photograph.

Weights that were trained on clean, sharp photographs are compared with the general-purpose ones, which remove noise,
blur and JPEG blocks. If a window has none of these, the two results are similar; `benchmarks/choice.py` measures how
well this separates clean photographs from others.
"""

import math
from copy import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from blindsr.analysis.artefacts import fine_structure, smoothed
from blindsr.analysis.windows import boxes
from blindsr.degrade.resample import resize_to
from blindsr.images import Picture, luma
from blindsr.inference.upscaler import Upscaler

_SIDE, _COUNT = 64, 9
"""Side in pixels and number of candidate windows."""
_RANKS = (0.2, 0.6)
"""Quantiles of detail of the windows that are used: a flat one and one with detail."""
_CONDITION_SIDE = 192
"""Side of the central part from which the condition is estimated, pixels."""
_FINE_TRIED, _FINE_RESULT, _FINE_CLEAN = 1.25, 2.0, 2.5
"""Fine structure in flat parts, relative to bicubic, above which a result is considered to have artefacts.

Above the first limit, weights are not selected for a photograph with noise or JPEG blocks; it is strict, since other
weights are available. Above the second limit, a result has a warning: restored detail is also fine structure, and of 99
degraded training photographs for which `cmdsr_x4.photo` had a higher PSNR than bicubic interpolation, 34 were above the
first limit and 2 above the second (`benchmarks/cautions.py`). The third limit is for photographs that are certainly
clean, in which faint detail may be restored.
"""
_DRIFT = 2.0
"""Difference (0..255) between smoothed result and photograph above which the content differs."""
_NOISE_SHARE = 0.2
"""Fraction of the noise level by which this limit is raised, since smoothing does not remove all noise."""
_SMOOTH = 2.0
_FINE = 0.75
"""Standard deviation in pixels of the Gaussian whose residual is the finest detail."""
_BORDER = 6
"""Border of a window that is not compared, since its context is missing, pixels."""
_FAINT = 0.5
"""Level of rounding errors (0..255), added to the detail so that flat windows have little weight."""
_APART = 0.7
"""Difference of two results, relative to the photograph's finest detail, above which the general one removes blur."""
_SMOOTHER, _NOISIER = 0.86, 1.33
"""Ratio of the fine structure in flat parts of two results below which the general one sharpens, and above which it
removes noise."""


@dataclass(frozen=True)
class Trial:
    """Measurements of a result on windows of its photograph."""

    fine: float
    """Fine structure in flat parts, against bicubic; see `fine_structure`."""
    drift: float
    """Root mean square difference between photograph and reduced result, both smoothed, 0..255."""
    noise: float = 0.0
    """Level of the photograph's noise, 0..255."""
    most_fine: float = _FINE_TRIED
    """Largest acceptable ``fine``."""

    @property
    def defect(self) -> str | None:
        """Describe the defect of the result; None if it is no worse than bicubic interpolation."""
        if self.fine > self.most_fine:
            return f"it shows {self.fine:.1f} times the fine structure of bicubic interpolation where the image is flat"
        if self.drift > _DRIFT + _NOISE_SHARE * self.noise:
            return f"it differs from the photograph by {self.drift:.0f} of 255"
        return None


@dataclass(frozen=True)
class Comparison:
    """Results of weights for clean, sharp photographs and of the general-purpose ones."""

    difference: float
    """Root mean square difference of luma, relative to the photograph's finest detail."""
    noisier: float
    """Ratio of the fine structure in flat parts of the first to that of the second."""

    @property
    def objection(self) -> str | None:
        """Describe why the first is unsuitable; None if there is nothing to remove."""
        if self.noisier > _NOISIER:
            return "the general-purpose weights remove noise where it is flat"
        if self.difference > _APART or self.noisier < _SMOOTHER:
            return "the general-purpose weights find blur in it"
        return None


@torch.no_grad()
def compare(narrow: Upscaler, general: Upscaler, picture: Picture) -> Comparison:
    """Restore two windows of a picture by two models of one scale and compare the results.

    Args:
        narrow: weights for clean, sharp photographs.
        general: general-purpose weights.
        picture: the photograph.
    """
    middle = _middle(picture)
    models = [_in_float32(one) for one in (narrow, general)]
    conditions = [one.estimate_condition(middle) for one in models]
    difference, detail, noisier = [], [], []
    for top, left, height, width in _windows(picture.pixels):
        lr = picture.pixels[None, :, top : top + height, left : left + width].float()
        results = [
            one.method.restore(one.to_device(lr), condition).to(lr).clamp(0, 1)
            for one, condition in zip(models, conditions, strict=True)
        ]
        y, (first, second) = luma(lr), (luma(sr) for sr in results)
        difference.append(float(_inside(first - second, narrow.scale * _BORDER).square().mean()))
        detail.append(float(_inside(y - smoothed(y, _FINE), _BORDER).square().mean()))
        noisier.append(fine_structure(lr, results[0]) / fine_structure(lr, results[1]))
    if not noisier:
        return Comparison(0.0, 1.0)
    count = len(noisier)
    return Comparison(math.sqrt(sum(difference) / count) / (math.sqrt(sum(detail) / count) + _FAINT), max(noisier))


def judge_model(upscaler: Upscaler, picture: Picture, noise: float = 0.0, *, clean: bool = False) -> Trial:
    """Restore two windows of a picture and measure the results.

    Args:
        upscaler: the upscaler.
        picture: the photograph.
        noise: noise level of the photograph, 0..255.
        clean: whether there is certainly neither noise nor JPEG compression.
    """
    upscaler = _in_float32(upscaler)
    condition = upscaler.estimate_condition(_middle(picture))
    pairs = []
    for top, left, height, width in _windows(picture.pixels):
        part = upscaler.preview(picture, condition, (left, top, width, height), strict=True)
        pairs.append((picture.pixels[None, :, top : top + height, left : left + width], part.pixels[None]))
    return _judged(pairs, noise, _FINE_CLEAN if clean else _FINE_TRIED)


def judge(picture: Picture, result: Picture, noise: float = 0.0, *, clean: bool = False) -> Trial:
    """Measure a result of any size on two windows; results not larger than the photograph have no defects."""
    if result.height < picture.height or result.width < picture.width:
        return Trial(0.0, 0.0, noise)
    down, right = result.height / picture.height, result.width / picture.width
    pairs = []
    for top, left, height, width in _windows(picture.pixels):
        rows = slice(round(down * top), round(down * (top + height)))
        columns = slice(round(right * left), round(right * (left + width)))
        lr = picture.pixels[None, :, top : top + height, left : left + width]
        pairs.append((lr, result.pixels[None, :, rows, columns]))
    return _judged(pairs, noise, _FINE_CLEAN if clean else _FINE_RESULT)


def _in_float32(upscaler: Upscaler) -> Upscaler:
    """Return an upscaler with the same network, so that a choice does not depend on the precision of the machine."""
    same = copy(upscaler)
    same.precision = "fp32"
    return same


def _inside(image: Tensor, border: int) -> Tensor:
    """Remove the borders of ``(n, c, h, w)``; at least one pixel is left."""
    height, width = (min(border, (side - 1) // 2) for side in image.shape[-2:])
    return image[..., height : image.shape[-2] - height, width : image.shape[-1] - width]


def _middle(picture: Picture) -> Picture:
    """Return the central part of a picture, from which the condition is estimated."""
    if max(picture.height, picture.width) <= _CONDITION_SIDE:
        return picture
    top, left = (max(0, (side - _CONDITION_SIDE) // 2) for side in (picture.height, picture.width))
    cut = slice(top, top + _CONDITION_SIDE), slice(left, left + _CONDITION_SIDE)
    alpha = None if picture.alpha is None else picture.alpha[:, *cut]
    return replace(picture, pixels=picture.pixels[:, *cut], alpha=alpha)


def _windows(pixels: Tensor) -> list[tuple[int, int, int, int]]:
    """Return top, left, height and width of a window with little detail and of one with more."""
    height, width = pixels.shape[1:]
    found = []
    for rows, columns in boxes(height, width, _SIDE, _COUNT):
        part = pixels[:, rows, columns]
        if min(part.shape[1:]) > 1:
            detail = float(part.diff(dim=1).abs().mean() + part.diff(dim=2).abs().mean())
            found.append((detail, (rows.start, columns.start, part.shape[1], part.shape[2])))
    found.sort()
    return [found[index][1] for index in sorted({int(rank * len(found)) for rank in _RANKS})] if found else []


@torch.no_grad()
def _judged(pairs: list[tuple[Tensor, Tensor]], noise: float, most_fine: float) -> Trial:
    if not pairs:
        return Trial(1.0, 0.0, noise)
    fine = max(fine_structure(lr, sr) for lr, sr in pairs)
    drift = math.sqrt(sum(_drift(lr, sr) for lr, sr in pairs) / len(pairs))
    return Trial(fine, drift, noise, most_fine)


def _drift(lr: Tensor, sr: Tensor) -> float:
    """Return the mean square difference of smoothed luma, 0..255 scale."""
    height, width = lr.shape[-2:]
    difference = luma(lr.float()) - luma(resize_to(sr.float(), (height, width)))
    return float(smoothed(difference, _SMOOTH).square().mean())
