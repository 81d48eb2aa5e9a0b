"""Cutting an image to a size that a scale divides."""

from torch import Tensor

from blindsr.errors import BlindSRError


def modcrop(x: Tensor, multiple: int) -> Tensor:
    """Cut rows at the bottom and columns at the right until ``multiple`` divides both sides.

    Args:
        x: ``(..., h, w)``.
        multiple: in pixels, usually the scale.

    Raises:
        BlindSRError: the image is smaller than ``multiple`` on a side.
    """
    height, width = (side - side % multiple for side in x.shape[-2:])
    if 0 in (height, width):
        raise BlindSRError(f"expected an image of at least {multiple}x{multiple} pixels, got a tensor {tuple(x.shape)}")
    return x[..., :height, :width]
