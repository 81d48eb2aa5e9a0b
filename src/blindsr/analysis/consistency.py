"""Consistency of a result with its photograph: degrading it as estimated should reproduce the photograph."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.contract import Estimate
from blindsr.degrade import Degradation, degrade
from blindsr.images import Metadata, Picture

_AROUND = 9
"""Side in pixels of the window that the map averages over."""
_WHITE = 16.0
"""Level displayed as white, 0..255."""


@dataclass(frozen=True)
class Consistency:
    """Residual between a photograph and its degraded result."""

    residual: Tensor
    """``(1, 3, h, w)``: the photograph less the degraded result."""
    level: float
    """Standard deviation of the residual, 0..255."""
    noise: float
    """Estimated noise level, 0..255: the residual of a perfect result."""

    @property
    def unexplained(self) -> float:
        """Residual level beyond the noise, 0..255."""
        return math.sqrt(max(0.0, self.level**2 - self.noise**2))

    @property
    def unexplained_map(self) -> Tensor:
        """Residual level beyond the noise ``(1, 1, h, w)``, 0..255; high where detail may be invented."""
        power = (255 * self.residual).square().mean(1, keepdim=True)
        around = F.avg_pool2d(power, _AROUND, 1, _AROUND // 2, count_include_pad=False)
        return (around - self.noise**2).clamp(min=0).sqrt()

    def to_picture(self) -> Picture:
        """Map as a gray picture: black is consistent, white is 16 of 255 or more."""
        gray = (self.unexplained_map[0] / _WHITE).clamp(0, 1).expand(3, -1, -1).contiguous().cpu()
        return Picture(gray, metadata=Metadata(gray=True))

    def to_dict(self) -> dict[str, float]:
        """Levels as values for JSON."""
        values = {"residual": self.level, "noise": self.noise, "unexplained": self.unexplained}
        return {name: round(value, 2) for name, value in values.items()}


@torch.no_grad()
def consistency(lr: Tensor, sr: Tensor, estimate: Estimate) -> Consistency:
    """Degrade a result by the estimated kernel and compare.

    Args:
        lr: the photograph, ``(1, 3, h, w)`` in [0, 1].
        sr: the result, ``(1, 3, s*h, s*w)``.
        estimate: estimated kernel and noise of the photograph.
    """
    record = Degradation(
        scale=sr.shape[-1] // lr.shape[-1],
        kernels=estimate.kernel[None].to(sr),
        noise=torch.zeros(1),
        jpeg=torch.zeros(1, dtype=torch.long),
        seeds=torch.zeros(1, dtype=torch.long),
        border="reflect" if estimate.down == "bicubic" else "symmetric",
        down=estimate.down,
        rounding="none",
    )
    residual = lr - degrade(sr, record, torch.zeros_like(lr)).to(lr)
    level = 255 * float(residual.square().mean().sqrt())
    return Consistency(residual, level, float(estimate.noise.square().mean().sqrt()))
