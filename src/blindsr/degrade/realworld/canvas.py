"""Batches of images of different sizes, degraded together on a device without synchronisation.

Each image is stored at the top left of a canvas of the largest size. Its result does not depend on the pixels around
it: borders, resampling and JPEG use the individual sizes. Every function has a counterpart for single images; tests
check that both agree up to float32 rounding.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from blindsr.degrade import jpeg
from blindsr.degrade.blur import correlate
from blindsr.degrade.resample import MODES, apply_matrices


@dataclass(frozen=True)
class Canvas:
    """Images ``(n, c, H, W)`` of individual sizes; pixels beyond an image are undefined."""

    pixels: Tensor
    sizes: Tensor
    """Heights and widths ``(n, 2)``, on the device of the pixels."""

    @classmethod
    def whole(cls, images: Tensor) -> "Canvas":
        """Images ``(n, c, h, w)`` that fill their canvas."""
        return cls(images, torch.tensor(images.shape[2:], device=images.device).expand(len(images), 2))

    def changed(self, pixels: Tensor) -> "Canvas":
        """Replace the pixels and keep the sizes."""
        return Canvas(pixels, self.sizes)

    @property
    def inside(self) -> Tensor:
        """Mask of the images, ``(n, 1, H, W)``."""
        rows, columns = (
            torch.arange(length, device=self.sizes.device) < self.sizes[:, axis, None]
            for axis, length in enumerate(self.pixels.shape[2:])
        )
        return (rows[:, :, None] & columns[:, None])[:, None]

    def blurred(self, kernels: Tensor) -> "Canvas":
        """Correlate each image with its own kernel ``(n, k, k)``, borders reflected (`blur.blur`)."""
        radius, pixels = kernels.shape[-1] // 2, self.pixels
        for axis in (0, 1):
            at = torch.arange(-radius, pixels.shape[2 + axis] + radius, device=pixels.device)
            pixels = _taken(pixels, _reflected(at, self.sizes[:, axis, None]), axis)
        return self.changed(correlate(pixels, kernels.to(pixels)))

    def resized(self, sizes: Tensor, modes: Tensor, canvas: tuple[int, int]) -> "Canvas":
        """Resize each image to its own size ``(n, 2)`` in its own mode ``(n,)`` (`resample.resize_by_mode`).

        Args:
            sizes: heights and widths, none above the canvas's.
            modes: indices into `resample.MODES`.
            canvas: height and width of the result's canvas, given to avoid synchronisation with the device.
        """
        rows, columns = (
            _matrices(self.sizes[:, axis], sizes[:, axis], modes, (canvas[axis], self.pixels.shape[2 + axis]))
            for axis in (0, 1)
        )
        return Canvas(apply_matrices(self.pixels, rows.to(self.pixels), columns.to(self.pixels)), sizes)

    def compressed(
        self, quality: Tensor, *, full_chroma: Tensor | None = None, offset: Tensor | None = None
    ) -> "Canvas":
        """Compress each image as JPEG (`jpeg.compress`)."""
        settings = {"full_chroma": full_chroma, "offset": offset, "sizes": self.sizes}
        return self.changed(jpeg.compress_by_tensors(self.pixels, quality, **settings))


def resize_alike(images: Tensor, size: tuple[int, int], modes: Tensor) -> Tensor:
    """Resize images ``(n, c, h, w)`` to one size, each in its own mode ``(n,)``, as `Canvas.resized` does."""
    banks = (_bank(*lengths, images.device)[modes] for lengths in zip(images.shape[2:], size, strict=True))
    rows, columns = (matrices.to(images) for matrices in banks)
    return apply_matrices(images, rows, columns)


@lru_cache(maxsize=16)
def _bank(source: int, target: int, device: torch.device) -> Tensor:
    """Return the resampling matrices of all modes along one axis, ``(4, target, source)``."""
    modes = torch.arange(len(MODES), device=device)
    before, after = (torch.full_like(modes, length) for length in (source, target))
    return _matrices(before, after, modes, (target, source))


def largest_size(sizes: Tensor) -> tuple[int, int]:
    """Return the largest height and width of ``sizes`` ``(n, 2)``; synchronises with the device."""
    height, width = sizes.amax(0).tolist()
    return height, width


def scaled_sizes(size: tuple[int, int], factors: Tensor) -> Tensor:
    """Return sizes ``(n, 2)`` after resizing one size by factors ``(n,)``; sides are at least 1."""
    sides = torch.tensor(size, dtype=torch.float64, device=factors.device)
    return (sides * factors.double()[:, None]).round().clamp(min=1).long()


def _taken(pixels: Tensor, index: Tensor, axis: int) -> Tensor:
    return pixels.take_along_dim(index[:, None, :, None] if axis == 0 else index[:, None, None, :], 2 + axis)


def _reflected(at: Tensor, length: Tensor) -> Tensor:
    """Map positions to ``[0, length)`` by mirroring without repeating the edge."""
    period = (2 * length - 2).clamp(min=1)
    at = at % period
    return torch.where(at < length, at, period - at)


def _matrices(source: Tensor, target: Tensor, modes: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return resampling matrices ``(n, *shape)`` along one axis, from lengths ``source`` to ``target``, ``(n,)``."""
    source, target = source.double(), target.double()
    at = torch.arange(shape[0], dtype=torch.float64, device=source.device)
    ways: list[Callable[[Tensor, Tensor, Tensor, int], Tensor]] = [_area, _bilinear, _bicubic, _antialiased]
    result = torch.zeros(len(source), *shape, dtype=torch.float64, device=source.device)
    for number, way in enumerate(ways):
        made = way(at, source[:, None], target[:, None], shape[1])
        result = torch.where((modes == number).view(-1, 1, 1), made, result)
    # An image that keeps its size is not touched, as in `resize_by_mode`
    same = torch.eye(*shape, dtype=torch.float64, device=source.device)
    result = torch.where((source == target).view(-1, 1, 1), same, result)
    return torch.where(at[:, None] < target.view(-1, 1, 1), result, 0)  # pixels beyond the image may be NaN


def _area(at: Tensor, source: Tensor, target: Tensor, length: int) -> Tensor:
    """Average all pixels that a result pixel overlaps, like adaptive average pooling."""
    first, end = (at * source / target).floor(), ((at + 1) * source / target).ceil()
    pixel = torch.arange(length, dtype=torch.float64, device=at.device)
    inside = (pixel >= first[..., None]) & (pixel < end[..., None])
    return inside / (end - first)[..., None]


def _bilinear(at: Tensor, source: Tensor, target: Tensor, length: int) -> Tensor:
    place = ((at + 0.5) * source / target - 0.5).clamp(min=0).minimum(source - 1)
    pixel = torch.arange(length, dtype=torch.float64, device=at.device)
    return (1 - (pixel - place[..., None]).abs()).clamp(min=0)


def _bicubic(at: Tensor, source: Tensor, target: Tensor, length: int) -> Tensor:
    """Keys' kernel with a = -0.75 and repeated edges, as in torch."""
    place = (at + 0.5) * source / target - 0.5
    first = place.floor()
    matrix = torch.zeros(*place.shape, length, dtype=torch.float64, device=at.device)
    for tap in range(-1, 3):
        weight = _cubic(place - first - tap, -0.75)
        pixel = (first + tap).clamp(min=0).minimum(source - 1).clamp(max=length - 1).long()
        matrix.scatter_add_(2, pixel[..., None], weight[..., None])
    return matrix


def _antialiased(at: Tensor, source: Tensor, target: Tensor, length: int) -> Tensor:
    """MATLAB's bicubic (`resample.resize`): wider kernels for shrinking, and borders that repeat the edge."""
    stretch = (target / source).clamp(max=1)[..., None]
    place = ((at + 0.5) * source / target - 0.5)[..., None]
    pixel = torch.arange(length, dtype=torch.float64, device=at.device)
    period = 2 * source[..., None]
    weights = torch.zeros((), dtype=torch.float64, device=at.device)
    for turn in (-1, 0, 1):  # the kernel is at most as wide as twice the image
        for image in (pixel + turn * period, -1 - pixel + turn * period):
            weights = weights + _cubic((place - image) * stretch, -0.5)
    weights = weights * (pixel < source[..., None])
    return weights / weights.sum(-1, keepdim=True)


def _cubic(x: Tensor, a: float) -> Tensor:
    x = x.abs()
    near = ((a + 2) * x - (a + 3)) * x**2 + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return torch.where(x <= 1, near, torch.where(x < 2, far, torch.zeros_like(x)))
