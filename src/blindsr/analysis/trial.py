"""Whether a model does harm to a photograph, measured on a few windows of it and without ground truth."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from blindsr.analysis.artefacts import fine_structure, smoothed
from blindsr.analysis.windows import boxes
from blindsr.degrade.resample import resize_to
from blindsr.images import Picture, luma
from blindsr.inference.upscaler import Upscaler

_SIDE, _COUNT = 64, 9
"""Windows to choose from, pixels of the photograph."""
_RANKS = (0.2, 0.6)
"""Which of them are tried, by their detail: a flat one and one with detail."""
_LOOKED_AT = 192
"""Side of the part that a model conditions on for a trial, pixels."""
_FINE_DIRTY, _FINE_CLEAN = 1.25, 2.5
"""Fine structure in flat parts, against bicubic, from which on something was sharpened that is not detail: in
photographs with noise or JPEG blocks, which are most of what is there, and in clean ones, whose faint detail may come
back."""
_DRIFT = 2.0
"""Difference (0..255) of smoothed result and photograph from which on they show different things."""
_NOISE_SHARE = 0.2
"""Share of the noise level that may be missing from the smoothed result, because it was removed."""
_SMOOTH = 2.0


@dataclass(frozen=True)
class Trial:
    """What a result does to a photograph."""

    fine: float
    """Fine structure in flat parts, against bicubic; see `fine_structure`."""
    drift: float
    """Root mean square difference between photograph and reduced result, both smoothed, 0..255."""
    noise: float = 0.0
    """Level of the photograph's noise, 0..255."""
    clean: bool = False
    """Whether it is sure that the photograph has neither noise nor JPEG blocks."""

    @property
    def harm(self) -> str | None:
        """What is wrong with the result, as a clause; None if it is no worse than bicubic interpolation."""
        if self.fine > (_FINE_CLEAN if self.clean else _FINE_DIRTY):
            return f"it shows {self.fine:.1f} times the fine structure of bicubic interpolation where the image is flat"
        if self.drift > _DRIFT + _NOISE_SHARE * self.noise:
            return f"it departs from the photograph by {self.drift:.0f} of 255"
        return None


def try_out(upscaler: Upscaler, picture: Picture, noise: float = 0.0, *, clean: bool = False) -> Trial:
    """Restore two windows of a picture and judge them.

    Args:
        upscaler: of the model.
        picture: the photograph.
        noise: its level, 0..255.
        clean: whether it is sure that there is neither noise nor JPEG.
    """
    seen = picture
    if max(picture.height, picture.width) > _LOOKED_AT:
        top, left = (max(0, (side - _LOOKED_AT) // 2) for side in (picture.height, picture.width))
        seen = _part(picture, top, left, _LOOKED_AT)
    condition = upscaler.estimate_condition(seen)
    pairs = []
    for top, left, height, width in _windows(picture.pixels):
        part = upscaler.preview(picture, condition, (left, top, width, height), strict=True)
        pairs.append((picture.pixels[None, :, top : top + height, left : left + width], part.pixels[None]))
    return _judged(pairs, noise, clean=clean)


def judge(picture: Picture, result: Picture, noise: float = 0.0, *, clean: bool = False) -> Trial:
    """Judge a finished result of any size on two windows of it; what is not larger than the photograph is harmless."""
    if result.height < picture.height or result.width < picture.width:
        return Trial(0.0, 0.0, noise, clean)
    down, right = result.height / picture.height, result.width / picture.width
    pairs = []
    for top, left, height, width in _windows(picture.pixels):
        rows = slice(round(down * top), round(down * (top + height)))
        columns = slice(round(right * left), round(right * (left + width)))
        lr = picture.pixels[None, :, top : top + height, left : left + width]
        pairs.append((lr, result.pixels[None, :, rows, columns]))
    return _judged(pairs, noise, clean=clean)


def _part(picture: Picture, top: int, left: int, side: int) -> Picture:
    cut = slice(top, top + side), slice(left, left + side)
    alpha = None if picture.alpha is None else picture.alpha[:, *cut]
    return replace(picture, pixels=picture.pixels[:, *cut], alpha=alpha)


def _windows(pixels: Tensor) -> list[tuple[int, int, int, int]]:
    """Top, left, height and width of a window with little detail and of one with more."""
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
def _judged(pairs: list[tuple[Tensor, Tensor]], noise: float, *, clean: bool) -> Trial:
    if not pairs:
        return Trial(1.0, 0.0, noise, clean)
    fine = max(fine_structure(lr, sr) for lr, sr in pairs)
    drift = math.sqrt(sum(_drift(lr, sr) for lr, sr in pairs) / len(pairs))
    return Trial(fine, drift, noise, clean)


def _drift(lr: Tensor, sr: Tensor) -> float:
    """Mean square difference of smoothed luma, 0..255."""
    height, width = lr.shape[-2:]
    difference = luma(lr.float()) - luma(resize_to(sr.float(), (height, width)))
    return float(smoothed(difference, _SMOOTH).square().mean())
