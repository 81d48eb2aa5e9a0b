"""PSNR and SSIM under an explicit convention, without which results differ by decibels."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr import images
from blindsr.errors import BlindSRError, Code

Channel = Literal["y", "rgb"]
Rounding = Literal["none", "sr", "sr+luma"]

_PEAK = 255.0
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2


@dataclass(frozen=True)
class Convention:
    """Convention of a metric: channel, border and rounding."""

    channel: Channel
    """``y`` is BT.601 luma in studio range (16 to 235), as MATLAB's ``rgb2ycbcr``; ``rgb`` is all three channels."""
    border: int
    """Number of pixels that are ignored on every side."""
    rounding: Rounding
    """``sr``: SR is clamped and rounded to 8 bits; ``sr+luma``: the luma of both images too; ``none``: neither."""

    def __post_init__(self) -> None:
        if self.channel not in get_args(Channel) or self.rounding not in get_args(Rounding) or self.border < 0:
            raise BlindSRError(
                f"expected the channel y or rgb, a border of at least 0 and the rounding none, sr or sr+luma, got "
                f"{self.channel!r}, {self.border} and {self.rounding!r}"
            )

    def __str__(self) -> str:
        channel = "Y of BT.601, studio range" if self.channel == "y" else "RGB"
        rounding = {"none": "unrounded", "sr": "SR rounded to 8 bit", "sr+luma": "SR and Y rounded to 8 bit"}
        return f"{channel}, border {self.border} px, {rounding[self.rounding]}"


def luma_convention(scale: int) -> Convention:
    """Return the usual convention (IKC, DAN, DASR, MRDA): luma of the 8-bit result, border = scale."""
    return Convention("y", scale, "sr")


def unrounded_luma_convention(scale: int) -> Convention:
    """Return the convention of SRMD and CMDSR: luma of the result, neither clamped nor rounded, border = scale."""
    return Convention("y", scale, "none")


def rounded_luma_convention(scale: int) -> Convention:
    """Return the convention of MZSR: the luma is also rounded to 8 bits, border = scale."""
    return Convention("y", scale, "sr+luma")


def rgb_convention(scale: int) -> Convention:
    """Return the convention on all channels of the 8-bit result, border = scale."""
    return Convention("rgb", scale, "sr")


def psnr(sr: Tensor, hr: Tensor, convention: Convention) -> Tensor:
    """Compute the peak signal-to-noise ratio, with peak 255.

    Args:
        sr: restored images ``(n, 3, h, w)`` in [0, 1].
        hr: the originals, of the same shape.
        convention: colours, rounding and border of the comparison.

    Returns:
        ``(n,)`` in dB, float64; infinite for equal images.

    Raises:
        BlindSRError: the shapes differ, or no pixels are left inside the border.
    """
    a, b = _compared(sr, hr, convention, least=1)
    mse = (a - b).square().mean((1, 2, 3))
    return 10 * torch.log10(_PEAK**2 / mse)


def ssim(sr: Tensor, hr: Tensor, convention: Convention) -> Tensor:
    """Compute the structural similarity of Wang et al. (2004), with a Gaussian window of 11x11 pixels and sigma 1.5.

    K1 = 0.01, K2 = 0.03, L = 255, population covariances; mean over positions inside the image and over channels.

    Args:
        sr: restored images ``(n, 3, h, w)`` in [0, 1].
        hr: the originals, of the same shape.
        convention: colours, rounding and border of the comparison.

    Returns:
        ``(n,)``, float64; 1 for equal images.

    Raises:
        BlindSRError: the shapes differ, or fewer than 11x11 pixels are left inside the border.
    """
    a, b = _compared(sr, hr, convention, least=_WINDOW)
    mean_a, mean_b = _window(a), _window(b)
    var_a = _window(a * a) - mean_a**2
    var_b = _window(b * b) - mean_b**2
    covariance = _window(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    structure = (2 * covariance + _C2) / (var_a + var_b + _C2)
    return (luminance * structure).mean((1, 2, 3))


def _compared(sr: Tensor, hr: Tensor, convention: Convention, least: int) -> tuple[Tensor, Tensor]:
    """Convert both images by the convention: ``(n, c, h', w')``, float64, on the 0..255 scale."""
    if sr.shape != hr.shape or sr.ndim != 4 or sr.shape[1] != 3:
        raise BlindSRError(f"expected two batches (n, 3, h, w) of one shape, got {tuple(sr.shape)}, {tuple(hr.shape)}")
    border = convention.border
    height, width = (side - 2 * border for side in sr.shape[-2:])
    if min(height, width) < least:
        raise BlindSRError(
            f"an image of {sr.shape[-1]}x{sr.shape[-2]} pixels is too small to be measured: {least}x{least} must be "
            f"left inside a border of {border}",
            Code.TOO_SMALL,
        )
    if convention.rounding != "none":
        sr = images.quantise(sr)
    first, second = (_channels(x.double(), convention) for x in (sr, hr))
    inside = (..., slice(border, border + height), slice(border, border + width))
    return first[inside], second[inside]


def _channels(x: Tensor, convention: Convention) -> Tensor:
    if convention.channel == "rgb":
        return x * _PEAK
    luma = images.luma(x)
    return luma.round() if convention.rounding == "sr+luma" else luma


def _window(x: Tensor) -> Tensor:
    """Compute weighted means in the window at all positions: ``(n, c, h, w)`` to ``(n, c, h-10, w-10)``."""
    at = torch.arange(_WINDOW, dtype=x.dtype, device=x.device) - _WINDOW // 2
    weights = torch.exp(-(at**2) / (2 * _SIGMA**2))
    weights = weights / weights.sum()
    planes = x.flatten(0, 1)[:, None]
    rows = F.conv2d(planes, weights.view(1, 1, -1, 1))
    return F.conv2d(rows, weights.view(1, 1, 1, -1)).view(*x.shape[:2], *(side - _WINDOW + 1 for side in x.shape[-2:]))
