"""Operations on pixels that all packages share: luma, rounding and cropping."""

import torch
from torch import Tensor

from blindsr.errors import BlindSRError, Code


def luma(rgb: Tensor) -> Tensor:
    """Compute Y of BT.601 in studio range, as MATLAB's ``rgb2ycbcr``: black is 16 and white is 235; not rounded.

    Args:
        rgb: ``(n, 3, h, w)`` in [0, 1].

    Returns:
        ``(n, 1, h, w)`` on the 0..255 scale.
    """
    weights = torch.tensor([65.481, 128.553, 24.966], dtype=rgb.dtype, device=rgb.device)
    return (rgb * weights.view(3, 1, 1)).sum(dim=-3, keepdim=True) + 16


def to_levels(x: Tensor, bits: int = 8) -> Tensor:
    """Clamp to [0, 1], scale to integers of a bit depth and round; the type is that of ``x``."""
    return x.clamp(0, 1).mul(2**bits - 1).round()


def quantise(x: Tensor, bits: int = 8) -> Tensor:
    """Clamp to [0, 1] and round to the nearest value that an image of a bit depth can represent."""
    return to_levels(x, bits).div(2**bits - 1)


def to_bytes(x: Tensor) -> Tensor:
    """Clamp values in [0, 1] and round them to ``uint8``."""
    return to_levels(x.detach()).to(torch.uint8)


def modcrop(x: Tensor, multiple: int) -> Tensor:
    """Crop at the bottom and right so that both sides are divisible by ``multiple``.

    Args:
        x: ``(..., h, w)``.
        multiple: in pixels, usually the scale.

    Raises:
        BlindSRError: the image is smaller than ``multiple`` on a side.
    """
    height, width = (side - side % multiple for side in x.shape[-2:])
    if 0 in (height, width):
        raise BlindSRError(
            f"expected an image of at least {multiple}x{multiple} pixels, got a tensor {tuple(x.shape)}", Code.TOO_SMALL
        )
    return x[..., :height, :width]
