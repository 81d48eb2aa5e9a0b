"""A drawing that is used instead of a photograph if only its degradation is known."""

import torch
from torch import Tensor

from blindsr.degrade import Degradation
from blindsr.degrade.blur import Downsampling

_SIDE = 96
"""Side of the degraded drawing, LR pixels."""
_DISCS = 1500
_RADII = (2.0, 48.0)
"""Smallest and largest radius of a disc, HR pixels."""


def degraded_drawing(kernel: Tensor, scale: int, down: Downsampling) -> Tensor:
    """Draw overlapping discs, and blur and reduce the drawing.

    Discs whose radii have a density of 1 / r^3 give edges of every size, as photographs have (dead leaves; Lee, Mumford
    and Huang, 2001).

    Args:
        kernel: blur kernel ``(k, k)`` in HR pixels.
        scale: HR pixels per LR pixel.
        down: how LR pixels are taken.

    Returns:
        ``(1, 3, 96, 96)`` in [0, 1], the same in each call.
    """
    none = torch.zeros(1)
    degradation = Degradation(scale, kernel[None], none, none.long(), none.long(), down=down)
    return degradation.apply(_discs(_SIDE * scale)).clamp(0, 1)


def _discs(side: int) -> Tensor:
    """Discs from the rearmost to the foremost, ``(1, 3, side, side)``."""
    generator = torch.Generator().manual_seed(0)
    smallest, largest = (radius**-2 for radius in _RADII)
    radii = (largest + (smallest - largest) * torch.rand(_DISCS, generator=generator)).rsqrt()
    centres = side * torch.rand(_DISCS, 2, generator=generator)
    colours = torch.rand(_DISCS, 3, generator=generator)
    drawn = torch.full((3, side, side), 0.5)
    places = torch.arange(side)
    for radius, (row, column), colour in zip(radii, centres, colours, strict=True):
        inside = (places[:, None] - row).square() + (places - column).square() < radius**2
        drawn = torch.where(inside, colour[:, None, None], drawn)
    return drawn[None]
