"""Results that stay faithful to their images, whatever network made them.

At its borders an image is continued by mirroring, as it continues in its neighbours between tiles. A result is
free in its detail alone:

- Where an image has no detail there is nothing to restore, and the bicubic enlargement is the result.
- The mean of the pixels that one pixel of the image became must explain that pixel, up to noise and to the blur that
  was removed; what it does not is added back (back-projection, Irani and Peleg, 1991).
- Differences between channels stay among those of the image around, so that gray remains gray.

All of this depends on a few pixels around alone, so that tiles equal the whole. A result whose means lie far away from
the image's over a larger area is an error of the network's, which is reported and not mended.
"""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.contract import Method
from blindsr.degrade.blur import border_index
from blindsr.degrade.resample import resize
from blindsr.errors import BlindSRError
from blindsr.inference.bicubic import Bicubic
from blindsr.inference.tiles import Box, restore_box
from blindsr.inference.upsampling import BAND, Upsampling

BORDER = 12
"""Pixels that an image is continued by; what lies further away changes results by less than 0.2 of 255."""
_MEAN = 4
"""Radius in pixels of what means and noise are taken over."""
_AROUND = _MEAN + 5
"""Pixels around a box whose results its own corrections depend on."""
_LOOK = _AROUND + 2 * _MEAN
"""Pixels around a box of the image that they depend on."""
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
"""Variance of pixels that float32 cannot distinguish from 0: a quarter of a level."""
_SMALLEST_STD = 2.2
"""Standard deviation of noise as a multiple of the smallest over 3x3 pixels that it has nearby."""
_REPEATED = 0.8
"""Part of the pixels that repeat others nearby from which on an image has a pattern and not noise."""
_SHIFTS = [(axis, lag) for axis in (-2, -1) for lag in (1, 2, 3, 4)]
"""Axes and distances in pixels at which patterns repeat."""
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
        return _Corrections(piece.float().contiguous(), share, method).applied(
            sr.float().contiguous(), inside, guarded=guarded
        )


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
    """Statistics of a piece of an image ``(1, 3, h, w)`` that bound its result."""

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
        """The corrected result of a box, from a network's for the whole piece, which is written over.

        Everything is found at the size of the image; the result itself is gone through three times, strip by strip.
        """
        if self._shift:
            sr = F.pad(sr[..., : -self._shift, : -self._shift], (self._shift, 0, self._shift, 0), mode="replicate")
        missing = self._lr - self._plausible(sr)
        if guarded:
            self._check(missing, inside)
        beyond = missing - missing.clamp(-self._allowed, self._allowed)
        missing = self._lr - self._means_with(sr, beyond + _significant(missing - beyond))
        self._finished(sr, missing - missing.clamp(-self._allowed, self._allowed))
        top, bottom, left, right = (self._scale * edge + self._shift for edge in inside)
        return sr[..., top:bottom, left:right]

    def _strips(self) -> Iterator[tuple[int, int]]:
        """First and last row of strips of the image."""
        height = self._lr.shape[-2]
        return ((top, min(height, top + BAND)) for top in range(0, height, BAND))

    def _of(self, sr: Tensor, top: int, bottom: int) -> Tensor:
        """What rows of the image became, as a view."""
        return sr[..., self._scale * top : self._scale * bottom, :]

    def _plausible(self, sr: Tensor) -> Tensor:
        """Keep a result in range, take the bicubic enlargement where there is no detail, and give its means."""
        means = torch.empty_like(self._lr)
        bicubic = Upsampling(self._lr, self._scale, "bicubic")
        share = Upsampling(self._share, self._scale, "bilinear")
        for top, bottom in self._strips():
            strip, mean = self._of(sr, top, bottom).clamp_(0, 1), means[..., top:bottom, :]
            mean.copy_(_means(strip, self._scale))
            if not bool(mean.isfinite().all()):
                strip.nan_to_num_(0.0)
                mean.copy_(_means(strip, self._scale))
            if bool((self._share[..., max(0, top - 1) : bottom + 1, :] < 1).any()):
                plain = bicubic.rows(top, bottom)
                strip.sub_(plain).mul_(share.rows(top, bottom)).add_(plain)
                mean.copy_(_means(strip, self._scale))
        return means

    def _means_with(self, sr: Tensor, added: Tensor) -> Tensor:
        """Add values per pixel of the image to the result; return the means of values in range."""
        means, spread = torch.empty_like(self._lr), Upsampling(added, self._scale, "bicubic")
        for top, bottom in self._strips():
            strip = self._of(sr, top, bottom).add_(spread.rows(top, bottom))
            means[..., top:bottom, :] = _means(strip.clamp(0, 1), self._scale)
        return means

    def _finished(self, sr: Tensor, added: Tensor) -> None:
        """Add the remaining difference, and limit colours to those around."""
        colours, spread = _Colours(self._lr, self._scale), Upsampling(added, self._scale, "bicubic")
        for top, bottom in self._strips():
            strip = self._of(sr, top, bottom)
            if bool(added[..., max(0, top - 3) : bottom + 3, :].any()):
                strip += spread.rows(top, bottom)
            colours.keep(strip, top, bottom)

    def _check(self, missing: Tensor, box: Box) -> None:
        spread = (_mean(self._lr.square()) - _mean(self._lr).square()).clamp(min=0).sqrt()
        # Means over noise differ from 0 by a part of it, and at borders mirrored pixels count several times
        allowed = _SLIPPED + 0.15 * spread + 0.8 * torch.minimum(spread, 3 * self._noise)
        off = _mean(missing).abs()
        if bool((box.cut(off - allowed) > 0).any()):
            worst = 255 * float(box.cut(off).max())
            raise ImplausibleError(f"the result is off by {worst:.0f} of 255 over an area where the image is not")


class _Colours:
    """Differences between channels that results for an image may have: those of the image around, or little beyond."""

    def __init__(self, lr: Tensor, scale: int) -> None:
        own = torch.cat((lr[:, :1] - lr[:, 1:2], lr[:, 2:] - lr[:, 1:2]), 1)
        most, least = _largest(own, 2), -_largest(-own, 2)
        room = (most - least) / 2
        self._bounds = Upsampling(torch.cat((least - room, most + room), 1), scale, "bilinear")

    def keep(self, sr: Tensor, top: int, bottom: int) -> None:
        """Change what rows of the image became, so that luma stays and differences are among those."""
        red, green, blue = sr.split(1, 1)
        (low_red, low_blue), (high_red, high_blue) = (
            bound.split(1, 1) for bound in self._bounds.rows(top, bottom).split(2, 1)
        )
        red_less, blue_less = red - green, blue - green
        green.add_(red_less, alpha=_LUMA[0]).add_(blue_less, alpha=_LUMA[2])  # this is luma
        torch.clamp(red_less, low_red, high_red, out=red_less)
        torch.clamp(blue_less, low_blue, high_blue, out=blue_less)
        green.sub_(red_less, alpha=_LUMA[0]).sub_(blue_less, alpha=_LUMA[2])
        torch.add(green, red_less, out=red)
        torch.add(green, blue_less, out=blue)


def _means(strip: Tensor, scale: int) -> Tensor:
    """What each pixel of the image should be by a result, which is centred on it."""
    rows = strip.unflatten(-2, (-1, scale)).sum(-2)
    total: Tensor = rows[..., ::scale].clone()  # a sum over single pixels takes longer
    for column in range(1, scale):
        total += rows[..., column::scale]
    return total / scale**2


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
    return noise * (torch.stack([_mean(_repeated(lr, *shift)) for shift in _SHIFTS]).amax(0) < _REPEATED)


def _repeated(lr: Tensor, axis: int, lag: int) -> Tensor:
    """Where pixels are as those before them along an axis, ``(1, 1, h, w)``; the first ones as the very first."""
    lag = min(lag, lr.shape[axis] - 1)
    start = lr.narrow(axis, 0, lag) - lr.narrow(axis, 0, 1)
    rest = lr.narrow(axis, lag, lr.shape[axis] - lag) - lr.narrow(axis, 0, lr.shape[axis] - lag)
    red, green, blue = torch.cat((start, rest), axis).abs_().split(1, 1)
    return (torch.maximum(torch.maximum(red, green), blue) < _ROUNDING / 2).to(lr)


def _significant(missing: Tensor) -> Tensor:
    """Means of what a result lacks ``(1, 3, h, w)``, the smaller the less they differ from chance."""
    mean = _mean(missing)
    count = (2 * _MEAN + 1) ** 2 / 4  # neighbours are not independent
    error = (_mean(missing.square()) - mean.square()).clamp(min=0) / count
    return mean * (1 - _SIGNIFICANT**2 * error / (mean.square() + 1e-12)).clamp(0, 1)


def _mean(x: Tensor, radius: int = _MEAN) -> Tensor:
    """Means over the square around each pixel; the first and the last go on at the ends.

    Sums of ever longer intervals are added, which is faster than pooling on a CPU.
    """
    x, side = F.pad(x, (radius,) * 4, mode="replicate"), 2 * radius + 1
    for axis in (-2, -1):
        count = x.shape[axis] - side + 1
        total, covered, length = None, 0, 1
        while True:
            if side & length:  # the intervals of a side are its binary digits
                part = x.narrow(axis, covered, count)
                total, covered = part if total is None else total + part, covered + length
            if covered == side:
                break
            x = x.narrow(axis, 0, x.shape[axis] - length) + x.narrow(axis, length, x.shape[axis] - length)
            length *= 2
        assert total is not None
        x = total
    return x / side**2


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
