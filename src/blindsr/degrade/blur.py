"""Blur ``x * k`` of Eq. 1 with a kernel per sample; for separable kernels, blur and subsampling in one step."""

import math
from functools import lru_cache
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.degrade import resample

Border = Literal["reflect", "replicate", "wrap", "symmetric"]
Downsampling = Literal["bicubic", "direct"]

# Above this side the matrix of a blur costs more than the convolution that it replaces.
_MATRIX_LIMIT = 1024

_CACHED = 2**16
"""Number of pixels whose transforms fit in the cache of a core."""


def blur(x: Tensor, kernels: Tensor, border: Border) -> Tensor:
    """Correlate each image with its own kernel, the same for all channels.

    Correlation, not convolution, as every published implementation does; they agree for kernels that are symmetric
    about their centre.

    Args:
        x: ``(n, c, h, w)``.
        kernels: ``(n, k, k)``, k odd.
        border: ``reflect`` mirrors without repeating the edge pixel, ``symmetric`` repeats it.

    Returns:
        ``(n, c, h, w)``; differentiable in both arguments.
    """
    height, width = x.shape[2:]
    radius = kernels.shape[-1] // 2
    padded = x[..., border_index(height, radius, border).to(x.device), :]
    padded = padded[..., border_index(width, radius, border).to(x.device)]
    return correlate(padded, kernels.to(x))


def correlate(padded: Tensor, kernels: Tensor) -> Tensor:
    """Correlate each image with its own kernel at all positions where the kernel lies inside the image.

    Args:
        padded: ``(n, c, h + k - 1, w + k - 1)``.
        kernels: ``(n, k, k)``, of the same type.

    Returns:
        ``(n, c, h, w)``; twice differentiable in both arguments.
    """
    if padded.shape[0] != kernels.shape[0]:
        raise ValueError(f"{padded.shape[0]} images cannot have {kernels.shape[0]} kernels")
    with torch.autocast(padded.device.type, enabled=False):  # a degradation is data, not a layer to save time on
        out: Tensor = _Correlation.apply(padded, kernels)  # type: ignore[no-untyped-call]  # torch has no types for it
    return out


class _Correlation(torch.autograd.Function):
    """Correlation by a grouped convolution or by Fourier transforms, whichever is faster.

    Both agree to 1e-6 of the largest value. The gradient with respect to the kernels is computed here too, since
    torch's gradient of grouped convolutions takes three times as long.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(padded: Tensor, kernels: Tensor) -> Tensor:
        if _fourier_is_cheaper(padded, kernels.shape[1]):
            return _by_transforms(padded, kernels)
        # Channels of the same image share a kernel, so they go into the batch and the images into the groups.
        return F.conv2d(padded.transpose(0, 1), kernels[:, None], groups=len(kernels)).transpose(0, 1)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        (gradient,), (padded, kernels) = gradients, ctx.saved_tensors
        by_image = by_kernel = None
        if ctx.needs_input_grad[0]:
            around = F.pad(gradient, (kernels.shape[2] - 1,) * 2 + (kernels.shape[1] - 1,) * 2)
            by_image = _Correlation.apply(around, kernels.flip(1, 2))  # type: ignore[no-untyped-call]
        if ctx.needs_input_grad[1]:
            if _fourier_is_cheaper_for_kernels(padded, kernels.shape[1]):
                by_kernel = _by_transforms(padded, gradient).sum(1)
            else:
                by_kernel = _kernel_gradient(padded, gradient, kernels.shape[1])
        return by_image, by_kernel


def _fourier_is_cheaper(padded: Tensor, side: int) -> bool:
    """Whether transforms of ``padded`` take less time than a convolution of ``side**2`` products per pixel.

    The factors were measured for MKL's transforms and oneDNN's convolutions, which process 16 images at once, on one
    CPU core. On GPUs, where they were not measured, both are fast.
    """
    n, inside = len(padded), _valid(padded, side)
    return side**2 * inside * (1.3 + 0.13 * n) > n * (3 * _transform(padded) + 5e4) + 1e5


def _fourier_is_cheaper_for_kernels(padded: Tensor, side: int) -> bool:
    """Whether transforms take less time for the gradient with respect to the kernels."""
    return 2 * side**2 * _valid(padded, side) > 3 * _transform(padded) + 2.5e5


def _valid(padded: Tensor, side: int) -> int:
    height, width = padded.shape[-2:]
    return (height - side + 1) * (width - side + 1)


def _transform(padded: Tensor) -> float:
    pixels = padded.shape[-2] * padded.shape[-1]
    return pixels * math.log2(pixels + 1)


def _by_transforms(padded: Tensor, kernels: Tensor) -> Tensor:
    """Apply `_fourier`; on a CPU, to as many images at a time as fit in its cache."""
    each = len(padded) if padded.device.type != "cpu" else max(1, _CACHED // padded[0].numel())
    if each >= len(padded):
        return _fourier(padded, kernels)
    return torch.cat([_fourier(*pair) for pair in zip(padded.split(each), kernels.split(each), strict=True)])


def _fourier(padded: Tensor, kernels: Tensor) -> Tensor:
    """Correlate ``(n, c, h + k - 1, w + l - 1)`` with ``(n, k, l)``, or with ``(n, c, k, l)`` channel by channel."""
    kernels = kernels if kernels.ndim == 4 else kernels[:, None]
    height, width = (1 + padded.shape[axis] - kernels.shape[axis] for axis in (-2, -1))
    size = [_smooth(side) for side in padded.shape[-2:]]
    spectrum = torch.fft.rfft2(padded, s=size) * torch.fft.rfft2(kernels, s=size).conj()
    correlated: Tensor = torch.fft.irfft2(spectrum, s=size)
    return correlated[..., :height, :width]


@lru_cache(maxsize=256)
def _smooth(length: int) -> int:
    """Return the smallest length, at least ``length``, without prime factors above 7; such transforms are fast."""
    rest = length
    for prime in (2, 3, 5, 7):
        while rest % prime == 0:
            rest //= prime
    return length if rest == 1 else _smooth(length + 1)


def _kernel_gradient(padded: Tensor, gradient: Tensor, rows: int) -> Tensor:
    """Sum ``gradient(y, x) padded(y + i, x + j)`` over channels and pixels: ``(n, k, k)``.

    One factor is shifted only vertically and the other only horizontally, which needs 2k instead of k*k shifts.
    """
    height, width = padded.shape[2], gradient.shape[3]
    down = F.pad(gradient, (0, 0, rows - 1, rows - 1)).unfold(2, height, 1).flip(2)  # (n, c, k, w, h + k - 1)
    right = padded.unfold(3, width, 1)  # (n, c, h + k - 1, k, w)
    left_factor = down.permute(0, 2, 1, 4, 3).flatten(2)
    return left_factor @ right.permute(0, 3, 1, 2, 4).flatten(2).transpose(1, 2)


def blur_and_downsample(x: Tensor, kernels: Tensor, border: Border, scale: int, down: Downsampling) -> Tensor:
    """Compute ``(x * k) ↓s``: ``(n, c, h, w)`` to ``(n, c, h / s, w / s)``, by the faster of two exact algorithms.

    For separable kernels, such as axis-aligned Gaussians, blur and subsampling along one axis are a single matrix, a
    hundred times faster on a CPU than 225 taps per pixel. Kernels that require gradients are never treated as
    separable: the gradient through their marginals would keep them separable.
    """
    # On other devices, testing whether kernels are separable takes longer than blurring by any kernel.
    if kernels.requires_grad or x.device.type != "cpu" or max(x.shape[-2:]) > _MATRIX_LIMIT:
        return _downsample(blur(x, kernels, border), scale, down)
    separable = is_separable(kernels)
    if bool(separable.all()):
        return _separable(x, kernels, border, scale, down)
    if not bool(separable.any()):
        return _downsample(blur(x, kernels, border), scale, down)
    out = x.new_empty(*x.shape[:2], -(-x.shape[-2] // scale), -(-x.shape[-1] // scale))
    out[separable] = _separable(x[separable], kernels[separable], border, scale, down)
    out[~separable] = _downsample(blur(x[~separable], kernels[~separable], border), scale, down)
    return out


def is_separable(kernels: Tensor) -> Tensor:
    """Whether each of ``(n, k, k)`` kernels of sum 1 is the outer product of its marginals to float32 accuracy."""
    outer = kernels.sum(-1)[:, :, None] * kernels.sum(-2)[:, None, :]
    return (kernels - outer).abs().amax((-2, -1)) < 1e-7


@lru_cache(maxsize=64)
def border_index(length: int, radius: int, border: Border) -> Tensor:
    """Return the index of the pixel that each padded position repeats, ``(length + 2 * radius,)``."""
    at = torch.arange(-radius, length + radius, device="cpu")
    if border == "replicate" or length == 1:
        return at.clamp(0, length - 1)
    if border == "wrap":
        return at % length
    # Mirroring is periodic, so that a kernel larger than the image works too.
    period = 2 * length if border == "symmetric" else 2 * length - 2
    at = at % period
    return torch.where(at < length, at, (period - 1 if border == "symmetric" else period) - at)


def _downsample(x: Tensor, scale: int, down: Downsampling) -> Tensor:
    return resample.resize(x, 1 / scale) if down == "bicubic" else resample.subsample(x, scale)


def _separable(x: Tensor, kernels: Tensor, border: Border, scale: int, down: Downsampling) -> Tensor:
    rows = _axis_matrix(kernels.sum(-1), x.shape[-2], border, scale, down)
    columns = _axis_matrix(kernels.sum(-2), x.shape[-1], border, scale, down)
    return resample.apply_matrices(x, rows.to(x), columns.to(x))


def _axis_matrix(profile: Tensor, length: int, border: Border, scale: int, down: Downsampling) -> Tensor:
    """Return matrices ``(n, length / s, length)`` of blur and subsampling along one axis for kernels ``(n, k)``."""
    n, taps = profile.shape
    index = border_index(length, taps // 2, border).to(profile.device)
    index = index.unfold(0, taps, 1)  # (length, taps): which pixel each tap of each output reads
    blurring = profile.new_zeros(n, length, length)
    blurring.scatter_add_(2, index.expand(n, -1, -1), profile[:, None].expand(-1, length, -1))
    if down == "direct":
        return blurring[:, ::scale]
    with torch.autocast(profile.device.type, enabled=False):
        return resample.bicubic_matrix(length, -(-length // scale), 1 / scale).to(profile) @ blurring
