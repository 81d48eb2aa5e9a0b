"""Windows at random positions, in which training compares patches by perceptual distances."""

from types import EllipsisType

import torch

_STRIDE = 4
"""Stride of AlexNet's first convolution, pixels."""

Window = tuple[EllipsisType | slice, ...]
"""Index of a window in ``(..., h, w)``."""


def positions_of(generator: torch.Generator) -> torch.Generator:
    """Return a generator of positions that is on the CPU, so that no device is waited for."""
    return torch.Generator().manual_seed(generator.initial_seed())


def random_window(side: int, size: int, generator: torch.Generator) -> Window:
    """Return a window of ``size`` pixels a side at a random position in square patches of ``side``."""
    corner = torch.randint(side - size + 1, (2,), generator=generator).tolist()
    return (..., *(slice(start, start + size) for start in corner))


def window_of_any_phase(side: int, generator: torch.Generator) -> Window:
    """Return a window of square patches that begins at any phase of the stride of AlexNet's first convolution.

    At a fixed phase, a network of scale 4 learns a pattern of that period that LPIPS ignores. All windows have the same
    size, so that cuDNN does not try its algorithms anew.
    """
    return random_window(side, side - _STRIDE + 1, generator)
