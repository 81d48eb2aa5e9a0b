"""Kernels beyond Gaussians: generalised Gaussians, plateaus and sinc filters (Real-ESRGAN, Section 3.1 and 3.3)."""

import math

import torch
from torch import Tensor

from blindsr.degrade.kernels import squared_distances


def generalised_gaussian(size: int, covariance: Tensor, beta: Tensor, widths: Tensor | None = None) -> Tensor:
    """Create kernels ``exp(-(x^T C^-1 x)^beta / 2)``: beta 1 is a Gaussian, less has longer tails, more is flatter.

    Args:
        size: side in pixels.
        covariance: ``(n, 2, 2)`` over (x, y), squared pixels.
        beta: ``(n,)``.
        widths: side in pixels ``(n,)`` outside which each kernel is 0, of the same parity; ``size`` if not given.

    Returns:
        ``(n, size, size)``, each of sum 1.
    """
    return _normalised(torch.exp(-0.5 * _distance(size, covariance) ** beta.view(-1, 1, 1)), widths)


def plateau(size: int, covariance: Tensor, beta: Tensor, widths: Tensor | None = None) -> Tensor:
    """Create kernels ``1 / (1 + (x^T C^-1 x)^beta)``; arguments and result as in `generalised_gaussian`."""
    return _normalised(1 / (1 + _distance(size, covariance) ** beta.view(-1, 1, 1)), widths)


def sinc(size: int, cutoff: Tensor, widths: Tensor | None = None) -> Tensor:
    """Create circular low-pass filters with cut-off frequencies ``(n,)`` in radians per pixel; they cause ringing.

    Returns:
        ``(n, size, size)``, each of sum 1, with negative values; ``widths`` as in `generalised_gaussian`.
    """
    at = torch.arange(size, dtype=torch.float64, device=cutoff.device) - (size - 1) / 2
    radius = (at[:, None] ** 2 + at[None] ** 2).sqrt()
    frequency = cutoff.double().view(-1, 1, 1)
    safe = radius.clamp(min=1e-9)
    kernel = frequency * torch.special.bessel_j1(frequency * safe) / (2 * math.pi * safe)
    kernel = torch.where(radius < 1e-6, frequency**2 / (4 * math.pi), kernel)
    return _normalised(kernel, widths)


def covariance_from_stds(std: Tensor, std2: Tensor, angle: Tensor) -> Tensor:
    """Return covariances ``(n, 2, 2)`` over (x, y) from standard deviations along and across an axis, and angles."""
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack((torch.stack((cos, -sin), 1), torch.stack((sin, cos), 1)), 1)
    return turn @ torch.diag_embed(torch.stack((std, std2), 1) ** 2) @ turn.transpose(1, 2)


def _distance(size: int, covariance: Tensor) -> Tensor:
    inverse = torch.linalg.inv(covariance.double())
    return squared_distances(size, inverse[:, 0, 0], inverse[:, 0, 1], inverse[:, 1, 1])


def _normalised(kernel: Tensor, widths: Tensor | None) -> Tensor:
    if widths is not None:
        size = kernel.shape[-1]
        distance = (2 * torch.arange(size, device=kernel.device) - (size - 1)).abs()  # from the centre, half pixels
        inside = distance < widths[:, None]
        kernel = torch.where(inside[:, :, None] & inside[:, None], kernel, 0)
    return (kernel / kernel.sum((1, 2), keepdim=True)).float()
