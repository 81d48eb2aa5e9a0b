"""JPEG compression of batches, one quality per sample: by libjpeg on a CPU, by tensor operations on other devices.

The tensor operations repeat libjpeg's integer arithmetic ("islow" DCT, h2v2 box downsampling, "fancy" upsampling), so
both give the same pixels as Pillow with libjpeg-turbo. Nothing here is differentiable.
"""

import io
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from blindsr.degrade.dct import forward_matrix, inverse_matrix
from blindsr.pixels import to_bytes

_REACH = 15
"""Largest offset in rows and columns of the block grid; it repeats after 16."""

_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA = ((17, 18, 24, 47), (18, 21, 26, 66), (24, 26, 56, 99), (47, 66, 99, 99))
"""Quantisation steps at quality 50 (ITU-T T.81, Annex K); those of chroma beyond the 4x4 lowest are 99."""

_TO_YCC = ((19595, 38470, 7471), (-11059, -21709, 32768), (32768, -27439, -5329))
_RED_FROM_CR, _BLUE_FROM_CB, _GREEN_FROM_CB, _GREEN_FROM_CR = 91881, 116130, -22554, -46802
_ONE, _HALF = 2**16, 2**15
"""Colour conversion in steps of 1 / 65536."""


def compress(x: Tensor, quality: Tensor, *, full_chroma: Tensor | None = None, offset: Tensor | None = None) -> Tensor:
    """Encode and decode each image as JPEG.

    Args:
        x: ``(n, 3, h, w)`` in [0, 1]; values outside are clipped.
        quality: ``(n,)`` integers from 1 to 100; 0 leaves the image unchanged.
        full_chroma: ``(n,)``, true for 4:4:4; chroma has half the resolution (4:2:0) otherwise, and if not given.
        offset: ``(n, 2)``, number of rows and columns, 0 to 15, by which the block grid starts before the image, as if
            the image had been cropped; these pixels repeat the edge. No offset if not given.

    Returns:
        ``(n, 3, h, w)`` on the device of ``x``; compressed images have values k / 255.
    """
    # libjpeg is several times as fast on a CPU as the same arithmetic in tensors (benchmarks/degradation.py).
    way = compress_by_libjpeg if x.device.type == "cpu" else compress_by_tensors
    return way(x, quality, full_chroma=full_chroma, offset=offset)


def compress_by_libjpeg(
    x: Tensor, quality: Tensor, *, full_chroma: Tensor | None = None, offset: Tensor | None = None
) -> Tensor:
    """Compress like `compress`, image by image with Pillow on the CPU."""
    out = x.clone()
    full = [False] * len(x) if full_chroma is None else full_chroma.tolist()
    before = [(0, 0)] * len(x) if offset is None else offset.tolist()
    for row, value in enumerate(quality.tolist()):
        if value:
            out[row] = _round_trip(x[row], int(value), "4:4:4" if full[row] else "4:2:0", *before[row])
    return out


def compress_by_tensors(
    x: Tensor,
    quality: Tensor,
    *,
    full_chroma: Tensor | None = None,
    offset: Tensor | None = None,
    sizes: Tensor | None = None,
) -> Tensor:
    """Compress like `compress`, all images at once on the device of ``x``, without synchronising with it.

    ``sizes`` ``(n, 2)`` are heights and widths of images that fill only the top left of their ``h`` by ``w`` pixels;
    the result beyond them is undefined.
    """
    quality = quality.to(x.device)
    levels = to_bytes(x).to(_exact_type(x.device))
    decoded = _code_rgb(levels, quality.clamp(min=1), full_chroma, _Frame.around(x, offset, sizes))
    return torch.where((quality > 0).view(-1, 1, 1, 1), decoded.to(x) / 255, x)


def quantisation_tables(quality: Tensor) -> tuple[Tensor, Tensor]:
    """Return libjpeg's quantisation steps of luma and chroma, each ``(n, 8, 8)``, for qualities ``(n,)`` 1 to 100."""
    percent = torch.where(quality < 50, 5000 // quality, 200 - 2 * quality).view(-1, 1, 1)
    luma = torch.tensor(_LUMA, device=quality.device)
    chroma = torch.full_like(luma, 99)
    chroma[:4, :4] = torch.tensor(_CHROMA, device=quality.device)
    first, second = (((table * percent + 50) // 100).clamp(1, 255) for table in (luma, chroma))
    return first, second


def _exact_type(device: torch.device) -> torch.dtype:
    """Return the type that represents libjpeg's integer sums exactly; in float32, some pixels differ by a level."""
    return torch.float32 if device.type == "mps" else torch.float64


def _round_trip(x: Tensor, quality: int, subsampling: str, top: int, left: int) -> Tensor:
    array = to_bytes(x).permute(1, 2, 0).cpu().numpy()
    if top or left:
        array = np.pad(array, ((top, 0), (left, 0), (0, 0)), mode="edge")
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(buffer) as image:
        decoded = np.array(image)
    return torch.from_numpy(decoded[top:, left:]).permute(2, 0, 1).to(x) / 255


@dataclass(frozen=True)
class _Frame:
    """Position of the images in the frame that is compressed; tensors are ``(n, 2)`` or ``(1, 2)``: rows, columns."""

    offset: Tensor
    size: Tensor
    """Size of each image without its offset."""
    length: tuple[int, int]
    """Sides of the frame, multiples of 16."""

    @classmethod
    def around(cls, x: Tensor, offset: Tensor | None, sizes: Tensor | None) -> Self:
        """Return the smallest frame that contains all images with any offset; without offsets, all images."""
        whole = torch.tensor([x.shape[2:]], device=x.device)
        room = 0 if offset is None else _REACH
        height, width = (16 * -(-(side + room) // 16) for side in x.shape[2:])
        begin = torch.zeros_like(whole) if offset is None else offset.to(x.device)
        return cls(begin, whole if sizes is None else sizes.to(x.device), (height, width))

    @property
    def coded(self) -> Tensor:
        """Sizes of the images including their offsets."""
        return self.size + self.offset

    def extended(self, x: Tensor) -> Tensor:
        """Extend ``x`` ``(n, c, h, w)`` to the frame by repeating edge pixels."""
        for axis in (0, 1):
            at = torch.arange(self.length[axis], device=x.device) - self.offset[:, axis, None]
            x = _taken(x, at.clamp(min=0).minimum(self.size[:, axis, None] - 1), axis)
        return x

    def cut(self, x: Tensor, shape: tuple[int, int]) -> Tensor:
        """Remove the offsets from frames ``(n, c, h, w)``."""
        for axis in (0, 1):
            at = torch.arange(shape[axis], device=x.device) + self.offset[:, axis, None]
            x = _taken(x, at, axis)
        return x


def _taken(x: Tensor, index: Tensor, axis: int) -> Tensor:
    """Gather rows (axis 0) or columns (axis 1) of ``(n, c, h, w)`` by indices ``(n or 1, length)``."""
    if len(index) == 1:
        return x.index_select(2 + axis, index[0])
    return x.take_along_dim(index[:, None, :, None] if axis == 0 else index[:, None, None, :], 2 + axis)


def _code_rgb(levels: Tensor, quality: Tensor, full_chroma: Tensor | None, frame: _Frame) -> Tensor:
    """Encode and decode whole numbers ``(n, 3, h, w)``, 0..255."""
    luma_steps, chroma_steps = (table[:, None].to(levels) for table in quantisation_tables(quality))
    planes = frame.extended(_ycc_from_rgb(levels))
    luma, chroma = _code(planes[:, :1], luma_steps), planes[:, 1:]
    coded = _enlarged(_code(_halved(chroma, frame), chroma_steps), frame)
    if full_chroma is not None:
        chosen = full_chroma.to(levels.device).view(-1, 1, 1, 1) > 0
        coded = torch.where(chosen, _code(chroma, chroma_steps), coded)
    height, width = levels.shape[2:]
    return _rgb_from_ycc(frame.cut(torch.cat((luma, coded), 1), (height, width)))


def _ycc_from_rgb(levels: Tensor) -> Tensor:
    red, green, blue = levels.unbind(1)
    # Chroma is centred at 128, and its halves round down
    shifts = (_HALF, *(128 * _ONE + _HALF - 1,) * 2)
    sums = [r * red + g * green + b * blue + shift for (r, g, b), shift in zip(_TO_YCC, shifts, strict=True)]
    return torch.stack(sums, 1).div_(_ONE).floor_()


def _rgb_from_ycc(planes: Tensor) -> Tensor:
    luma, cb, cr = planes.unbind(1)
    cb, cr = cb - 128, cr - 128
    red = luma + ((_RED_FROM_CR * cr + _HALF) / _ONE).floor()
    green = luma + ((_GREEN_FROM_CB * cb + _GREEN_FROM_CR * cr + _HALF) / _ONE).floor()
    blue = luma + ((_BLUE_FROM_CB * cb + _HALF) / _ONE).floor()
    return torch.stack((red, green, blue), 1).clamp_(0, 255)


def _code(planes: Tensor, steps: Tensor) -> Tensor:
    """Transform planes ``(n, c, h, w)`` of sides divisible by 8, quantise by steps ``(n, 1, 8, 8)`` and invert.

    Each pass of the transform is an integer matrix, followed by a rounded division by a power of 2.
    """
    n, channels, height, width = planes.shape
    rows, columns = (n, channels, height, width // 8, 8), (n, channels, height // 8, 8, width)
    blocks = (n, channels, height // 8, 8, width // 8, 8)
    forward, inverse = forward_matrix().to(planes), inverse_matrix().to(planes)
    with torch.autocast(planes.device.type, enabled=False):
        x = _divided((planes - 128).reshape(rows) @ forward.T, 11)
        x = _divided(forward @ x.view(columns), 15)
        x = _quantised(x.view(blocks), steps.view(n, 1, 1, 8, 1, 8))
        x = _divided(inverse @ x.view(columns), 11)
        x = _divided(x.view(rows) @ inverse.T, 18)
    return x.view(planes.shape).add_(128).clamp_(0, 255)


def _divided(x: Tensor, bits: int) -> Tensor:
    """Divide whole numbers by ``2**bits`` in place, rounding halves up."""
    return x.add_(2 ** (bits - 1)).mul_(2.0**-bits).floor_()


def _quantised(coefficients: Tensor, steps: Tensor) -> Tensor:
    """Round to multiples of the steps, halves away from zero; coefficients are 8 times too large, as the DCT's."""
    count = coefficients.abs().add_(4 * steps).div_(8 * steps).floor_()
    return torch.copysign(count, coefficients).mul_(steps)


def _halved(planes: Tensor, frame: _Frame) -> Tensor:
    """Average 2x2 pixels with an alternating bias; rows below the last average repeat it."""
    n, channels, height, width = planes.shape
    total = planes.reshape(n, channels, height // 2, 2, width // 2, 2).sum((3, 5))
    bias = torch.tensor([1.0, 2.0], device=planes.device).repeat(width // 4).to(planes)
    return _taken((total + bias).div_(4).floor_(), _within(height // 2, frame.coded[:, 0], 0), 0)


def _enlarged(planes: Tensor, frame: _Frame) -> Tensor:
    """Double planes ``(n, c, h, w)`` by a triangular filter: 3/4 of the nearest and 1/4 of the next pixel, twice."""
    above, below = (_taken(planes, _within(planes.shape[2], frame.coded[:, 0], step), 0) for step in (-1, 1))
    tall = torch.stack((3 * planes + above, 3 * planes + below), 3).flatten(2, 3)
    left, right = (_taken(tall, _within(tall.shape[3], frame.coded[:, 1], step), 1) for step in (-1, 1))
    wide = torch.stack((3 * tall + left + 8, 3 * tall + right + 7), 4).flatten(3, 4).mul_(1 / 16).floor_()
    plain = planes.repeat_interleave(2, 2).repeat_interleave(2, 3)
    narrow = (frame.coded[:, 1] <= 4).view(-1, 1, 1, 1)  # too few columns for libjpeg to filter
    return torch.where(narrow, plain, wide)


def _within(length: int, size: Tensor, step: int) -> Tensor:
    """Return indices ``(n, length)`` shifted by a step, clipped to the halved sizes ``(n,)``."""
    at = torch.arange(length, device=size.device) + step
    return at.clamp(min=0).minimum((size[:, None] + 1) // 2 - 1)
