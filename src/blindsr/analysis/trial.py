"""No-reference test of a model on a few windows of a photograph."""

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


def judge_model(upscaler: Upscaler, picture: Picture, noise: float = 0.0, *, clean: bool = False) -> Trial:
    """Restore two windows of a picture and measure the results.

    Args:
        upscaler: the upscaler.
        picture: the photograph.
        noise: noise level of the photograph, 0..255.
        clean: whether there is certainly neither noise nor JPEG compression.
    """
    upscaler = in_float32(upscaler)
    condition = upscaler.estimate_condition(middle_of(picture))
    pairs = []
    for top, left, height, width in windows_of(picture.pixels):
        part = upscaler.preview(picture, condition, (left, top, width, height), strict=True)
        pairs.append((picture.pixels[None, :, top : top + height, left : left + width], part.pixels[None]))
    return _judged(pairs, noise, _FINE_CLEAN if clean else _FINE_TRIED)


def judge(picture: Picture, result: Picture, noise: float = 0.0, *, clean: bool = False) -> Trial:
    """Measure a result of any size on two windows; results not larger than the photograph have no defects."""
    if result.height < picture.height or result.width < picture.width:
        return Trial(0.0, 0.0, noise)
    down, right = result.height / picture.height, result.width / picture.width
    pairs = []
    for top, left, height, width in windows_of(picture.pixels):
        rows = slice(round(down * top), round(down * (top + height)))
        columns = slice(round(right * left), round(right * (left + width)))
        lr = picture.pixels[None, :, top : top + height, left : left + width]
        pairs.append((lr, result.pixels[None, :, rows, columns]))
    return _judged(pairs, noise, _FINE_CLEAN if clean else _FINE_RESULT)


def in_float32(upscaler: Upscaler) -> Upscaler:
    """Return an upscaler with the same network, so that a choice does not depend on the precision of the machine."""
    same = copy(upscaler)
    same.precision = "fp32"
    return same


def middle_of(picture: Picture) -> Picture:
    """Return the central part of a picture, from which the condition is estimated."""
    if max(picture.height, picture.width) <= _CONDITION_SIDE:
        return picture
    top, left = (max(0, (side - _CONDITION_SIDE) // 2) for side in (picture.height, picture.width))
    cut = slice(top, top + _CONDITION_SIDE), slice(left, left + _CONDITION_SIDE)
    alpha = None if picture.alpha is None else picture.alpha[:, *cut]
    return replace(picture, pixels=picture.pixels[:, *cut], alpha=alpha)


def windows_of(pixels: Tensor) -> list[tuple[int, int, int, int]]:
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
