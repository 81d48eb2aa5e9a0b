"""Blur kernels ``k`` of Eq. 1: Gaussians, moments and checks.

"Width" has three meanings in the literature, so the name of each function states which one it uses:
``gaussian`` takes standard deviations in HR pixels, ``gaussian_from_variances`` the eigenvalues of the covariance
(MZSR, SRMD and CMDSR's anisotropic kernels). Angles are radians; x points right and y down, so a positive angle turns
the long axis from "right" towards "down".
"""

import math

import numpy as np
import torch
from torch import Tensor

from blindsr.errors import BlindSRError, Code

Widths = float | Tensor

_NARROWEST = 0.2
"""Standard deviation of the narrowest Gaussian that differs from a single pixel in float32, pixels."""


def gaussian(size: int, std: Widths, std2: Widths | None = None, angle: Widths = 0.0) -> Tensor:
    """Create Gaussian kernels from standard deviations.

    Args:
        size: side in pixels; the centre is at ``(size - 1) / 2``, between two pixels if it is even.
        std: standard deviation along the axis at ``angle``, HR pixels; a number, or one a kernel ``(n,)``.
        std2: standard deviation across it; the same as ``std`` (isotropic) if not given.
        angle: direction of the first axis, radians.

    Returns:
        ``(size, size)``, or ``(n, size, size)`` if any argument is a tensor; each kernel sums to 1.
    """
    return gaussian_from_variances(size, _squared(std), None if std2 is None else _squared(std2), angle)


def gaussian_from_variances(size: int, l1: Widths, l2: Widths | None = None, angle: Widths = 0.0) -> Tensor:
    """Create Gaussian kernels from the eigenvalues of their covariance, squared HR pixels (MZSR, Eq. 3).

    Arguments and result are those of `gaussian`, with variances instead of standard deviations.
    """
    given = [value for value in (l1, l2, angle) if isinstance(value, Tensor)]
    device = given[0].device if given else None  # plain numbers use the device of the tensors
    first, second, turn = torch.broadcast_tensors(
        *(
            torch.as_tensor(value, dtype=torch.float64, device=device).reshape(-1)
            for value in (l1, l1 if l2 is None else l2, angle)
        )
    )
    cos, sin = turn.cos(), turn.sin()
    # Inverse of U diag(l1, l2) U^T with U = [[cos, -sin], [sin, cos]].
    xx = cos**2 / first + sin**2 / second
    yy = sin**2 / first + cos**2 / second
    xy = cos * sin * (1 / first - 1 / second)
    kernels = _gaussian(size, xx, xy, yy)
    return kernels if given else kernels[0]


def gaussian_from_covariance(size: int, covariance: Tensor) -> Tensor:
    """Create Gaussian kernels ``(n, size, size)`` from covariances ``(n, 2, 2)`` over (x, y), squared HR pixels."""
    inverse = torch.linalg.inv(covariance.cpu().double())  # some devices do not support float64
    return _gaussian(size, inverse[:, 0, 0], inverse[:, 0, 1], inverse[:, 1, 1]).to(covariance)


def squared_distances(size: int, xx: Tensor, xy: Tensor, yy: Tensor) -> Tensor:
    """Compute ``p^T C^-1 p`` of every pixel ``p`` relative to the centre, float64 ``(n, size, size)``.

    Args:
        size: side in pixels.
        xx: first entry ``(n,)`` of the inverse covariances over (x, y).
        xy: off-diagonal entry.
        yy: last entry.
    """
    at = torch.arange(size, dtype=torch.float64, device=xx.device) - (size - 1) / 2
    x, y = at[None, None, :], at[None, :, None]
    return xx[:, None, None] * x**2 + 2 * xy[:, None, None] * x * y + yy[:, None, None] * y**2


def _gaussian(size: int, xx: Tensor, xy: Tensor, yy: Tensor) -> Tensor:
    """Create Gaussian kernels of sum 1 from the entries ``(n,)`` of their inverse covariances."""
    kernels = torch.exp(-0.5 * squared_distances(size, xx, xy, yy))
    return (kernels / kernels.sum((-2, -1), keepdim=True)).float()


def delta(size: int = 1) -> Tensor:
    """Create the identity kernel ``(size, size)``; ``size`` is odd."""
    kernel = torch.zeros(size, size)
    kernel[size // 2, size // 2] = 1
    return kernel


def kernel_covariance(kernels: Tensor) -> Tensor:
    """Compute the second central moments ``(n, 2, 2)`` over (x, y), squared pixels, of kernels ``(n, k, k)``."""
    at = torch.arange(kernels.shape[-1], dtype=kernels.dtype, device=kernels.device) - (kernels.shape[-1] - 1) / 2
    y, x = torch.meshgrid(at, at, indexing="ij")
    points = torch.stack((x, y), -1)
    mean = torch.einsum("nhw,hwi->ni", kernels, points)
    return torch.einsum("nhw,hwi,hwj->nij", kernels, points, points) - mean[:, :, None] * mean[:, None, :]


def widths(kernel: Tensor) -> tuple[float, float, float]:
    """Return the standard deviations of a kernel ``(k, k)`` along and across its long axis, and its angle in degrees.

    They are those of the nearest Gaussian, and at most half of the side. Second moments would be too small if the
    kernel is truncated, and too large if an estimated kernel has small values far from its centre. The angle is in
    [0, 180), from "right" towards "down".
    """
    variances, axes = np.linalg.eigh(_nearest_gaussian(kernel.detach().cpu().double()))
    across, along = np.sqrt(variances).clip(max=kernel.shape[-1] / 2).tolist()
    angle = math.degrees(math.atan2(axes[1, 1], axes[0, 1])) % 180
    return along, across, angle


def _nearest_gaussian(kernel: Tensor) -> np.ndarray:
    """Return the covariance ``(2, 2)`` of the Gaussian, of any centre and shape, with the least Hellinger distance."""
    from scipy import optimize  # noqa: PLC0415  # takes longer to load than all of this package

    size = kernel.shape[-1]
    root = kernel.clamp(min=0).sqrt().numpy()
    root = root / np.linalg.norm(root)
    y, x = np.mgrid[:size, :size]

    def distance(shape: np.ndarray) -> np.ndarray:
        x0, y0, a, b, c = shape
        exponent = -0.25 * ((a * (x - x0) + b * (y - y0)) ** 2 + (c * (y - y0)) ** 2)
        other: np.ndarray = np.exp(exponent - exponent.max())
        return np.ravel(other / np.linalg.norm(other) - root)

    weights = root**2
    x0, y0 = float((weights * x).sum()), float((weights * y).sum())
    moments = kernel_covariance(kernel[None])[0].numpy() + _NARROWEST**2 * np.eye(2)
    whiten = np.linalg.cholesky(np.linalg.inv(moments)).T
    start = (x0, y0, whiten[0, 0], whiten[0, 1], whiten[1, 1])
    *_, a, b, c = optimize.least_squares(distance, start).x
    whiten = np.array([[a, b], [0, c]])
    return np.linalg.inv(whiten.T @ whiten)


def check_kernel(kernel: Tensor, name: str = "the kernel") -> Tensor:
    """Check a kernel and return it as float32 with sum 1.

    A kernel is square, of odd side (so that it has a centre and does not shift the image), finite, and sums to more
    than zero.
    """
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise BlindSRError(f"{name} must be a square matrix, but has shape {tuple(kernel.shape)}")
    if kernel.shape[0] % 2 == 0:
        raise BlindSRError(f"{name} is {kernel.shape[0]} pixels wide; expected an odd width")
    if not bool(torch.isfinite(kernel).all()):
        raise BlindSRError(f"{name} contains values that are not finite", Code.INVALID_FILE)
    total = float(kernel.sum())
    if total <= 1e-12:
        raise BlindSRError(f"{name} sums to {total:g}; expected a positive sum")
    return (kernel.double() / total).float()


def _squared(value: Widths) -> Widths:
    return value.double() ** 2 if isinstance(value, Tensor) else value**2
