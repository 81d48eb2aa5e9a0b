"""Results that stay faithful to their images, whatever network made them.

A network sees the border of an image continued by mirroring, as it sees the image go on between tiles. What it makes is
free in its detail alone:

- Where an image has no detail there is nothing to restore, and the bicubic enlargement is the result.
- The mean of the pixels that one pixel of the image became must explain that pixel, up to noise and to the blur that
  was removed; what it does not is added back (back-projection, Irani and Peleg, 1991).
- Differences between channels stay among those of the image around, so that gray remains gray.

All of this depends on a few pixels around alone, so that tiles equal the whole. A result whose means lie far away from
the image's over a larger area is an error of the network's, which is reported and not mended.
"""

from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.contract import Method
from blindsr.degrade.blur import border_index
from blindsr.degrade.resample import apply_matrices, resize
from blindsr.errors import BlindSRError
from blindsr.inference.bicubic import Bicubic
from blindsr.inference.tiles import Box, restore_box

BORDER = 12
"""Pixels that an image is continued by; what lies further away changes results by less than 0.2 of 255."""
_MEAN = 4
"""Radius in pixels of what means and noise are taken over."""
_AROUND = _MEAN + 5
"""Pixels around a box whose results its own corrections depend on."""
_LOOK = _AROUND + 2 * _MEAN
"""Pixels around a box of the image that they depend on."""
_ROWS = 64
"""Rows of an image that are corrected at a time."""
_ENLARGED = 4
"""Context in pixels that the bicubic enlargement needs."""

_FLAT, _DETAILED = 0.75 / 255, 3 / 255
"""Detail up to which an image has none to restore (rounding leaves as much), and from which on a network's is taken."""
_NEAR = 3
"""Radius in pixels within which detail counts."""
_SIGNIFICANT = 2.0
"""Standard errors that a mean must differ by to be corrected."""
_ROUNDING = 1 / 255
_SHARPENED = (0.1, 0.5)
"""Part of the local contrast that sharpening may move a mean by, where there is no noise, and where there is some."""
_SOME_NOISE = 1 / 255
_INEXACT = 1e-6
"""Variance of pixels that float32 cannot tell from none: a quarter of a level."""
_SMALLEST_STD = 2.2
"""Standard deviation of noise as a multiple of the smallest over 3x3 pixels that it has nearby."""
_REPEATED = 0.8
"""Part of the pixels that repeat others nearby from which on an image has a pattern and not noise."""
_LAGS = (1, 2, 3, 4)
_SLIPPED = 16 / 255
"""Deviation of means over an area that no noise and no sharpening explains."""
_LUMA = (0.299, 0.587, 0.114)


class ImplausibleError(BlindSRError):
    """A network's result has another brightness or colour than its image."""


def context_of(method: Method[Any]) -> int:
    """Context in LR pixels that a box needs on each side for its result to be that of the whole image."""
    margin = method.traits.margin
    return margin if isinstance(method, Bicubic) else max(margin + _AROUND, _LOOK)


def restore_faithfully(
    method: Method[Any], lr: Tensor, condition: object, box: Box, *, guarded: bool = False
) -> Tensor:
    """Restore one box of an image under a condition and keep the result faithful to the image.

    Args:
        method: what restores.
        lr: the whole image, ``(1, 3, h, w)`` in [0, 1], or the box with its context.
        condition: found from the whole image.
        box: which part.
        guarded: whether a result that no correction can mend is refused.

    Returns:
        ``(1, 3, s*h, s*w)`` of the box; not clamped.

    Raises:
        ImplausibleError: the result is guarded, and is not that of this image.
    """
    if isinstance(method, Bicubic):
        return restore_box(method, lr, condition, box)
    piece, inside = continued(lr, box, context_of(method))
    share = _share(piece.contiguous())
    if not bool(inside.expanded(_AROUND, piece).cut(share).any()):
        return _enlarged(piece, inside, method.traits.scale)
    sr = method.restore(piece.contiguous(memory_format=torch.channels_last), condition)
    with torch.autocast(lr.device.type, enabled=False):
        return _Corrections(piece.float().contiguous(), share, method).applied(sr.float(), inside, guarded=guarded)


def continued(lr: Tensor, box: Box, context: int) -> tuple[Tensor, Box]:
    """A box of an image with its context, and the place of the box in that; the image is mirrored at its borders."""
    height, width = lr.shape[-2:]
    rows, columns = _lines(height, box.top, box.bottom, context), _lines(width, box.left, box.right, context)
    piece = _taken(_taken(lr, -2, rows), -1, columns)
    top, left = box.top - rows.start, box.left - columns.start
    return piece, Box(top, top + box.bottom - box.top, left, left + box.right - box.left)


def _lines(side: int, start: int, stop: int, context: int) -> range:
    """The rows or columns of a box with its context, counted from the image's first; there are some outside of it."""
    return range(max(-BORDER, start - context), min(side + BORDER, stop + context))


def _taken(lr: Tensor, axis: int, lines: range) -> Tensor:
    side = lr.shape[axis]
    if lines.start >= 0 and lines.stop <= side:
        return lr.narrow(axis, lines.start, len(lines))
    mirrored = border_index(side, BORDER, "symmetric")[BORDER + lines.start : BORDER + lines.stop]
    return lr.index_select(axis, mirrored.to(lr.device))


class _Corrections:
    """What is known of a piece of an image ``(1, 3, h, w)`` about results for it."""

    def __init__(self, lr: Tensor, share: Tensor, method: Method[Any]) -> None:
        self._lr, self._share, self._scale = lr, share, method.traits.scale
        # Direct subsampling takes the first pixel of a block for the image's, so blocks are centred on it
        self._shift = 0 if method.symmetric else self._scale // 2
        self._noise = _noise(lr)
        contrast = _largest(lr, 2) + _largest(-lr, 2)
        least, most = _SHARPENED
        sharpened = least + (most - least) * (self._noise / _SOME_NOISE).clamp(max=1)
        self._allowed = sharpened * contrast + 3 * self._noise + _ROUNDING

    def applied(self, sr: Tensor, inside: Box, *, guarded: bool) -> Tensor:
        """The corrected result of a box, from a network's for the whole piece."""
        height, width = (self._scale * side for side in (inside.bottom - inside.top, inside.right - inside.left))
        out = sr.new_empty(1, 3, height, width)
        for top in range(inside.top, inside.bottom, _ROWS):
            box = inside._replace(top=top, bottom=min(inside.bottom, top + _ROWS))
            box.relative_to(inside).scaled(self._scale).cut(out).copy_(self._strip(sr, box, guarded=guarded))
        return out

    def _strip(self, sr: Tensor, box: Box, *, guarded: bool) -> Tensor:
        seen = box.expanded(_AROUND, self._lr)
        lr, out = seen.cut(self._lr), self._shifted(_enlarged(self._lr, seen, self._scale))
        finite = torch.nan_to_num(seen.scaled(self._scale).cut(sr), 0.0, 2.0, -1.0).clamp(0, 1)
        out = torch.lerp(out, finite, _upsampled(seen.cut(self._share), self._scale))
        missing = lr - self._means(out)
        if guarded:
            self._check(missing, seen, box.relative_to(seen))
        allowed = seen.cut(self._allowed)
        beyond = missing - missing.clamp(-allowed, allowed)
        out = out + self._spread(beyond + _significant(missing - beyond))
        missing = lr - self._means(out.clamp(0, 1))
        out = out + self._spread(missing - missing.clamp(-allowed, allowed))
        return box.relative_to(seen).scaled(self._scale).cut(_coloured(lr, out, self._scale))

    def _means(self, out: Tensor) -> Tensor:
        """What each pixel of the image should be by a result."""
        shift = self._shift
        if shift:
            out = F.pad(out[..., :-shift, :-shift], (shift, 0, shift, 0), mode="replicate")
        return F.avg_pool2d(out, self._scale)

    def _spread(self, values: Tensor) -> Tensor:
        """Values of pixels of the image at those of a result."""
        return self._shifted(resize(values, self._scale))

    def _shifted(self, out: Tensor) -> Tensor:
        shift = self._shift
        return F.pad(out[..., shift:, shift:], (0, shift, 0, shift), mode="replicate") if shift else out

    def _check(self, missing: Tensor, seen: Box, box: Box) -> None:
        lr, noise = seen.cut(self._lr), seen.cut(self._noise)
        spread = (_mean(lr.square()) - _mean(lr).square()).clamp(min=0).sqrt()
        # Means over noise differ from 0 by a part of it, and at borders mirrored pixels count several times
        allowed = _SLIPPED + 0.15 * spread + 0.8 * torch.minimum(spread, 3 * noise)
        slipped = box.cut(_mean(missing).abs() - allowed)
        if bool((slipped > 0).any()):
            worst = 255 * float(box.cut(_mean(missing)).abs().max())
            raise ImplausibleError(f"the result is off by {worst:.0f} of 255 over an area where the image is not")


def _enlarged(lr: Tensor, box: Box, scale: int) -> Tensor:
    """The bicubic enlargement of a box."""
    near = box.expanded(_ENLARGED, lr)
    with torch.autocast(lr.device.type, enabled=False):
        return box.relative_to(near).scaled(scale).cut(resize(near.cut(lr).float(), scale))


def _share(lr: Tensor) -> Tensor:
    """How much of a network's result counts at each pixel, ``(1, 1, h, w)`` in [0, 1]: nothing far from any detail.

    Detail is what differs from the weighted mean of 3x3 pixels, which slopes do not.
    """
    line = lr.new_tensor([0.25, 0.5, 0.25])
    with torch.autocast(lr.device.type, enabled=False):
        kernel = torch.outer(line, line).expand(3, 1, 3, 3)
        smooth = F.conv2d(F.pad(lr.float(), (1,) * 4, mode="replicate"), kernel.float(), groups=3)
    detail = (lr - smooth).abs().amax(1, keepdim=True)
    return ((_largest(detail, _NEAR) - _FLAT) / (_DETAILED - _FLAT)).clamp(0, 1)


def _noise(lr: Tensor) -> Tensor:
    """Standard deviation of the noise around each pixel, ``(1, 3, h, w)``, from the flattest pixels there.

    None where pixels repeat exactly: screens and drawings have patterns, which no noise makes.
    """
    variance = _mean(lr.square(), 1) - _mean(lr, 1).square()
    noise = -_SMALLEST_STD * _largest(-(variance - _INEXACT).clamp(min=0).sqrt(), _MEAN)
    height, width = lr.shape[-2:]
    shifts = [shift for lag in _LAGS for shift in ((lag, 0, 0, 0), (0, 0, lag, 0))]
    before = torch.cat([F.pad(lr, shift, mode="replicate")[..., :height, :width] for shift in shifts])
    same = ((lr - before).abs().amax(1) < _ROUNDING / 2).to(lr)
    return noise * (_mean(same[None]).amax(1, keepdim=True) < _REPEATED)


def _significant(missing: Tensor) -> Tensor:
    """Means of what a result lacks ``(1, 3, h, w)``, the smaller the less they differ from chance."""
    mean = _mean(missing)
    count = (2 * _MEAN + 1) ** 2 / 4  # neighbours are not independent
    error = (_mean(missing.square()) - mean.square()).clamp(min=0) / count
    return mean * (1 - _SIGNIFICANT**2 * error / (mean.square() + 1e-12)).clamp(0, 1)


def _coloured(lr: Tensor, sr: Tensor, scale: int) -> Tensor:
    """A result whose differences between channels lie among those of the image around, or little beyond."""
    own = torch.cat((lr[:, :1] - lr[:, 1:2], lr[:, 2:] - lr[:, 1:2]), 1)
    most, least = _largest(own, 2), -_largest(-own, 2)
    room = (most - least) / 2
    most, least = _upsampled(most + room, scale), _upsampled(least - room, scale)
    red, green, blue = sr.split(1, 1)
    differences = torch.cat((red - green, blue - green), 1).clamp(least, most)
    luma = _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue
    green = luma - _LUMA[0] * differences[:, :1] - _LUMA[2] * differences[:, 1:]
    return torch.cat((green + differences[:, :1], green, green + differences[:, 1:]), 1)


def _upsampled(values: Tensor, scale: int) -> Tensor:
    return F.interpolate(values, scale_factor=scale, mode="bilinear")


def _mean(x: Tensor, radius: int = _MEAN) -> Tensor:
    """Means over the square around each pixel, as products of matrices: much faster than pooling on a CPU."""
    rows, columns = (_window(side, radius).to(x) for side in x.shape[-2:])
    return apply_matrices(x, rows, columns)


@lru_cache(maxsize=8)  # a batch may have images of many sizes
def _window(side: int, radius: int) -> Tensor:
    """The matrix ``(side, side)`` of a mean over neighbours; the first and the last go on at the ends."""
    near = torch.arange(-radius, radius + 1)
    neighbours = (torch.arange(side)[:, None] + near).clamp(0, side - 1)
    return torch.zeros(side, side).scatter_add_(1, neighbours, torch.full(neighbours.shape, 1 / len(near)))


def _largest(x: Tensor, radius: int) -> Tensor:
    """The largest value in the square around each pixel, found among ever larger intervals."""
    x, side = F.pad(x, (radius,) * 4, mode="replicate"), 2 * radius + 1
    for axis in (-2, -1):
        length = 1
        while length < side:
            step = min(length, side - length)
            count = x.shape[axis] - step
            x = torch.maximum(x.narrow(axis, 0, count), x.narrow(axis, step, count))
            length += step
    return x
