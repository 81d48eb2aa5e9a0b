"""The luma on which super-resolution is measured, and the rounding of files."""

import torch
from torch import Tensor


def luma(rgb: Tensor) -> Tensor:
    """Y of BT.601 in studio range, as MATLAB's ``rgb2ycbcr``: black is 16 and white is 235, neither rounded.

    Args:
        rgb: ``(n, 3, h, w)`` in [0, 1].

    Returns:
        ``(n, 1, h, w)`` on the 0..255 scale.
    """
    weights = torch.tensor([65.481, 128.553, 24.966], dtype=rgb.dtype, device=rgb.device)
    return (rgb * weights.view(3, 1, 1)).sum(dim=-3, keepdim=True) + 16


def quantise(x: Tensor, bits: int = 8) -> Tensor:
    """Clamp to [0, 1] and round to the nearest of the values that an image of this depth can hold."""
    top = 2**bits - 1
    return x.clamp(0, 1).mul(top).round().div(top)
