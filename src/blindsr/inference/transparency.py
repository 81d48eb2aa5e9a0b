"""Colours of transparent pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.images import Picture
from blindsr.images.color.gamut import find_gamut


def network_input(picture: Picture) -> Tensor:
    """Convert a picture to the network's input: sRGB ``(1, 3, h, w)``, transparent pixels filled."""
    gamut, shown = find_gamut(picture.metadata), fill_transparent(picture)
    return shown if gamut is None else gamut.to_srgb(shown)


def fill_transparent(picture: Picture) -> Tensor:
    """Colours ``(1, 3, h, w)`` of a picture, transparent pixels filled."""
    if picture.alpha is None:
        return picture.pixels[None]
    return _continue_colour(picture.pixels, picture.alpha)[None]


def _continue_colour(pixels: Tensor, alpha: Tensor) -> Tensor:
    """Replace the colour of transparent pixels by the average of visible pixels nearby.

    Averages over blocks of doubling size are weighted by alpha; each pixel uses the smallest block with visible pixels.

    Args:
        pixels: ``(3, h, w)``.
        alpha: ``(1, h, w)``.
    """
    visible = alpha > 0
    if visible.all() or not visible.any():
        return pixels
    colour, weight = (pixels * alpha)[None], alpha[None]
    levels = []
    while (weight == 0).any():
        levels.append((colour, weight))
        colour, weight = (F.avg_pool2d(x, 2, ceil_mode=True) for x in (colour, weight))
    known = colour / weight
    for colour, weight in reversed(levels):
        wider = F.interpolate(known, scale_factor=2)[..., : weight.shape[-2], : weight.shape[-1]]
        known = torch.where(weight > 0, colour / weight, wider)
    return torch.where(visible, pixels, known[0])
