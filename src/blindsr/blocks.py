"""What several papers need alike when they look at an image."""

import math

import torch
from torch import Tensor


def windows(image: Tensor, side: int, count: int) -> Tensor:
    """What to judge an image by: itself, or windows spread evenly over one of more pixels than all of them have.

    Args:
        image: ``(1, c, h, w)``.
        side: of a window.
        count: how many of them, in a grid.

    Returns:
        ``(1, c, h, w)`` or ``(n, c, side, side)``.
    """
    height, width = image.shape[-2:]
    if height * width <= count * side**2 or min(height, width) < side:
        return image
    rows = math.isqrt(count)
    columns = count // rows
    tops = [round((height - side) * (i + 0.5) / rows) for i in range(rows)]
    lefts = [round((width - side) * (i + 0.5) / columns) for i in range(columns)]
    return torch.cat([image[..., top : top + side, left : left + side] for top in tops for left in lefts])
