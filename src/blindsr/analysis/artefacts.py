"""No-reference measure of artefacts in the flat parts of a result.

In flat parts of a photograph, fine structure beyond that of bicubic interpolation is noise, JPEG blocks or ringing that
a network sharpened. The ratio of the two measures its strength.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.degrade.resample import resize_to
from blindsr.errors import BlindSRError
from blindsr.images import luma

_SHARE = 0.5
"""Fraction of the pixels, those with the smallest gradients, that are considered flat."""
_SMOOTH = 2.0
"""Standard deviation in LR pixels of the Gaussian that suppresses noise before gradients are computed."""
_AROUND = 1.5
"""Standard deviation in LR pixels of the Gaussian that averages the gradients."""
_FINE = 0.75
"""Standard deviation in LR pixels of the Gaussian whose residual is fine structure."""
_FLOOR = 0.5
"""Level (0..255) below which structure is invisible in 8 bits; keeps the ratio finite without any structure."""


@torch.no_grad()
def fine_structure(lr: Tensor, sr: Tensor) -> float:
    """Return the ratio of the fine structure in the flat parts of a result to that of bicubic interpolation.

    1 equals bicubic interpolation; larger values mean sharpened noise or blocks, smaller values removed ones. Fine
    structure is the standard deviation of luma minus its Gaussian average (0.75 LR pixels) over the flattest half.

    Args:
        lr: the photograph, ``(1, 3, h, w)`` in [0, 1].
        sr: its enlargement to any larger size, ``(1, 3, h', w')`` in [0, 1].

    Returns:
        The ratio, at least 0.

    Raises:
        BlindSRError: the shapes are not those of an image and its enlargement.
    """
    if lr.ndim != 4 or lr.shape[:2] != (1, 3) or sr.shape[:2] != lr.shape[:2] or sr.shape[-1] < lr.shape[-1]:
        raise BlindSRError(f"expected one RGB image and its enlargement, got {tuple(lr.shape)} and {tuple(sr.shape)}")
    height, width = sr.shape[-2:]
    flat = F.interpolate(flat_parts(lr).float(), (height, width), mode="nearest") > 0.5
    interpolated = resize_to(lr.float(), (height, width)).clamp(0, 1)
    sigma = _FINE * width / lr.shape[-1]
    ours, theirs = (_structure(image.float(), sigma, flat) for image in (sr, interpolated))
    return math.sqrt((ours + _FLOOR**2) / (theirs + _FLOOR**2))


@torch.no_grad()
def flat_parts(lr: Tensor) -> Tensor:
    """Return the mask ``(1, 1, h, w)`` of the flattest half of an image ``(1, 3, h, w)`` in [0, 1]."""
    smooth = smoothed(luma(lr.float()), _SMOOTH)
    down, right = (smooth.roll(-1, axis) - smooth.roll(1, axis) for axis in (-2, -1))
    down[..., (0, -1), :] = 0
    right[..., (0, -1)] = 0
    steepness = smoothed((down.square() + right.square()).sqrt(), _AROUND)
    threshold = steepness.flatten().kthvalue(max(1, round(_SHARE * steepness.numel()))).values
    return steepness <= threshold


def smoothed(image: Tensor, sigma: float) -> Tensor:
    """Apply a Gaussian filter to ``(n, c, h, w)`` with replicated borders; ``sigma`` in pixels.

    Sums of shifted images are faster on a CPU than convolutions of one channel.
    """
    radius = max(1, math.ceil(3 * sigma))
    taps = [math.exp(-0.5 * (away / sigma) ** 2) for away in range(radius + 1)]
    middle, *others = (tap / (2 * sum(taps) - taps[0]) for tap in taps)
    for axis, beyond in ((-1, (radius, radius, 0, 0)), (-2, (0, 0, radius, radius))):
        side, padded = image.shape[axis], F.pad(image, beyond, mode="replicate")
        image = middle * padded.narrow(axis, radius, side)
        for away, tap in enumerate(others, 1):
            pair = padded.narrow(axis, radius - away, side) + padded.narrow(axis, radius + away, side)
            image.add_(pair, alpha=tap)
    return image


def _structure(image: Tensor, sigma: float, flat: Tensor) -> float:
    """Return the variance (0..255 scale) of the fine structure of ``(1, 3, h, w)`` in a mask ``(1, 1, h, w)``."""
    y = luma(image)
    fine = (y - smoothed(y, sigma))[flat]
    return float(fine.square().mean())
