"""Modulation maps: how much the layers of a network use the condition, region by region."""

from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from blindsr.errors import BlindSRError, Code
from blindsr.inference.upscaler import Upscaler


@runtime_checkable
class RegionModulated(Protocol):
    """A method whose layers modulate features by region."""

    def modulation_maps(self, lr: Tensor, condition: Any) -> Tensor | None:
        """Modulation maps ``(layers, h, w)`` in [0, 1] of an image ``(1, 3, h, w)``; None without modulation."""


@torch.no_grad()
def modulation_map(upscaler: Upscaler, lr: Tensor, condition: Any) -> Tensor:
    """Mean of the modulation maps of all layers.

    Args:
        upscaler: upscaler of the method.
        lr: one image ``(1, 3, h, w)``.
        condition: its condition.

    Returns:
        ``(h, w)`` in [0, 1].

    Raises:
        BlindSRError: the method does not modulate by region.
    """
    maps = None
    if isinstance(upscaler.method, RegionModulated):
        with upscaler.autocast():
            maps = upscaler.method.modulation_maps(upscaler.to_device(lr), condition)
    if maps is None:
        name = type(upscaler.method).__name__
        raise BlindSRError(f"{name} does not have modulation maps by region", Code.UNSUPPORTED_OPTION)
    return maps.mean(0).to(lr.device)
