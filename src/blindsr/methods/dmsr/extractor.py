"""DMSR's degradation extractor (Section 3.2, Table B.6)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.degrade import kernels
from blindsr.degrade.families import Isotropic
from blindsr.errors import BlindSRError

KERNEL = 15
"""Side of the estimated kernels, HR pixels."""
_MIDDLE = 0.3
"""Largest distance from middle gray, in [0, 1], at which clipping of noise is negligible."""
_ENOUGH = 0.1
"""Smallest fraction of such pixels; with fewer, all pixels are used."""
_MEDIAN = 0.6745
"""Median of the absolute values of a standard normal distribution."""
_CONTRAST = 8.0
"""Initial gain of the first filters, since differences of pixels are smaller than their values by this factor."""


class ResidualBlock(nn.Module):
    """Two convolutions around a ReLU, added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.second(F.relu(self.first(x)))
        return x + y


class Extractor(nn.Module):
    """Network from LR images ``(n, 3, h, w)`` to noise maps of the same shape, in units of [0, 1], and blur kernels."""

    radius = 6
    """Radius of the receptive field of a pixel of the noise map."""

    def __init__(self, channels: int = 64) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.Sequential(ResidualBlock(channels), ResidualBlock(channels))
        self.noise = nn.Conv2d(channels, 3, 3, padding=1)
        self.blur = nn.ModuleList(
            (nn.Conv2d(channels, 2 * channels, 3, padding=1), nn.Conv2d(2 * channels, KERNEL**2, 3, padding=1))
        )
        with torch.no_grad():
            # Blur and noise show in how neighbouring pixels differ, so the first filters start blind to brightness.
            first = self.head.weight
            first.sub_(first.mean((1, 2, 3), keepdim=True)).mul_(_CONTRAST)

    def forward(self, lr: Tensor) -> tuple[Tensor, Tensor]:
        """Compute noise maps ``(n, 3, h, w)`` and kernels ``(n, 15, 15)``, which are non-negative and sum to 1."""
        features = self.features(lr)
        return self.noise(features).float(), kernel_of(self.scores(features))

    def features(self, lr: Tensor) -> Tensor:
        """Compute the features that both branches share."""
        y: Tensor = self.blocks(F.relu(self.head(lr)))
        return y

    def noise_map(self, lr: Tensor) -> Tensor:
        """Compute the noise branch alone: ``(n, 3, h, w)``."""
        noise: Tensor = self.noise(self.features(lr))
        return noise.float()

    def scores(self, features: Tensor) -> Tensor:
        """Compute the blur branch before its softmax, ``(n, 225)``."""
        y = features
        for conv in self.blur:
            y = F.relu(conv(y))
        return y.mean((2, 3), dtype=torch.float32)


def kernel_of(scores: Tensor) -> Tensor:
    """Convert scores ``(n, 225)`` to kernels ``(n, 15, 15)``."""
    return torch.softmax(scores, 1).view(-1, KERNEL, KERNEL)


def predicted_level(noise: Tensor) -> Tensor:
    """Return the noise level ``(3,)``, 0..255, from an extractor that predicts constant maps."""
    return 255 * noise.mean((0, 2, 3))


def noise_level(lr: Tensor, noise: Tensor) -> Tensor:
    """Estimate the noise level ``(3,)``, 0..255, of images ``(n, 3, h, w)`` from their noise maps.

    A noise map contains some texture, and noise is clipped at black and white. Therefore the level is the median of
    differences within 2x2 pixels (Donoho, 1994; Immerkaer, 1996), where the image is neither dark nor bright.
    """
    if min(lr.shape[2:]) < 2:
        return 255 * noise.std((0, 2, 3), correction=0)
    first, second, third, fourth = _corners(noise)
    differences = (first - second - third + fourth).abs() / 2
    gray = torch.stack(_corners((lr - noise - 0.5).abs() < _MIDDLE)).all(0)
    enough = gray.float().mean((0, 2, 3), keepdim=True) > _ENOUGH
    counted = torch.where(gray | ~enough, differences, torch.nan).transpose(0, 1).flatten(1)
    return 255 / _MEDIAN * counted.nanmedian(1).values


def paper_family(scale: int, *, noise: bool = True) -> Isotropic:
    """Section 4.1: 15x15 kernels, widths 0.2 to 3.0 at every scale, noise up to 75 (none for the -nf models)."""
    return Isotropic(scale, KERNEL, noise=(0, 75 if noise else 0), std=(0.2, 3.0))


def fit_kernel(kernel: Tensor) -> Tensor:
    """Convert a kernel to 15x15: pad a smaller one with zeros, crop a larger one.

    Raises:
        BlindSRError: the kernel is invalid, or a large part of it is outside 15x15.
    """
    kernel = kernels.check_kernel(kernel)
    rim = (kernel.shape[0] - KERNEL) // 2
    if rim < 0:
        return F.pad(kernel, (-rim,) * 4)
    inside = kernel[rim : rim + KERNEL, rim : rim + KERNEL]
    lost = 1 - float(inside.sum())
    if lost > 0.1:
        raise BlindSRError(
            f"DMSR supports kernels of {KERNEL}x{KERNEL} pixels, and {100 * lost:.0f}% of this one "
            f"of {kernel.shape[0]}x{kernel.shape[0]} lies outside; use a narrower one"
        )
    return inside / inside.sum()


def _corners(x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the four pixels of each 2x2 square."""
    return x[..., :-1, :-1], x[..., :-1, 1:], x[..., 1:, :-1], x[..., 1:, 1:]
