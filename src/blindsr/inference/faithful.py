"""Constraints that keep results consistent with their images, independent of the network.

Images are extended by mirroring at their borders. A result may differ from its image in detail only:

- Where an image has no detail, the result is the bicubic enlargement.
- The mean of the result over a pixel of the image must equal that pixel, up to noise and removed blur; the remaining
  difference is added back (back-projection, Irani and Peleg, 1991), unless the method does so itself, with its kernel.
- Differences between channels stay within the range of those nearby in the image, so that gray remains gray.

All corrections are local, so that tiles equal the whole. A result whose means differ strongly from the image over a
larger area is an error of the network, which is reported and not corrected.
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

BORDER = 5
"""Pixels of mirrored border. With more, PSNR of the 16 outermost pixels of a result changes by less than 0.03 dB."""
_MEAN = 4
"""Radius in pixels of local means and noise estimates."""
_AROUND = _MEAN + 5
"""Pixels around a box whose results affect its corrections."""
_LOOK = _AROUND + 2 * _MEAN
"""Pixels around a box of the image that affect its corrections."""
_ENLARGED = 4
"""Context of the bicubic enlargement, pixels."""

_FLAT, _DETAILED = 0.75 / 255, 3 / 255
"""Detail levels below which the bicubic enlargement is used (rounding noise), and above which the result is free."""
_NEAR = 3
"""Radius in pixels within which detail is searched."""
_SIGNIFICANT = 2.0
"""Standard errors by which a mean must differ to be corrected."""
_ROUNDING = 1 / 255
_SHARPENED = (0.1, 0.5)
"""Fraction of the local contrast by which sharpening may change a mean, without and with noise."""
_SOME_NOISE = 1 / 255
_INEXACT = 1e-6
"""Variance of pixels that float32 cannot distinguish from 0: a quarter of a level."""
_SMALLEST_STD = 2.2
"""Standard deviation of noise relative to the smallest one over 3x3 pixels nearby."""
_REPEATED = 0.8
"""Fraction of pixels that repeat nearby ones, above which an image has a pattern instead of noise."""
_SHIFTS = [(axis, lag) for axis in (-2, -1) for lag in (1, 2, 3, 4)]
"""Axes and distances in pixels at which repetitions are searched."""
_SLIPPED = 16 / 255
"""Smallest deviation of means over an area that is not explained by noise or sharpening."""
_LUMA = (0.299, 0.587, 0.114)


class ImplausibleError(BlindSRError):
    """The brightness or colour of a network's result differs from its image."""


def required_context(method: Method[Any]) -> int:
    """Return the context in LR pixels on each side of a box that makes its result equal to that of the whole image."""
    margin = method.traits.margin
    return margin if isinstance(method, Bicubic) else max(margin + _AROUND, _LOOK)


def restore_faithfully(
    method: Method[Any], lr: Tensor, condition: object, box: Box, *, guarded: bool = False
) -> Tensor:
    """Restore a box of an image and keep the result consistent with the image.

    Args:
        method: the method.
        lr: the whole image, ``(1, 3, h, w)`` in [0, 1], or the box with its context.
        condition: condition of the whole image.
        box: part of the image.
        guarded: whether to raise an error for implausible results.

    Returns:
        ``(1, 3, s*h, s*w)`` of the box; not clamped.

    Raises:
        ImplausibleError: the result is implausible and ``guarded`` is set.
    """
    if isinstance(method, Bicubic):
        return restore_box(method, lr, condition, box)
    piece, inside = crop_with_context(lr, box, required_context(method))
    share = _share(piece.contiguous())
    if not bool(inside.expanded(_AROUND, piece).crop(share).any()):
        return _enlarged(piece, inside, method.traits.scale)
    sr = method.restore(piece.contiguous(memory_format=torch.channels_last), condition)
    with torch.autocast(lr.device.type, enabled=False):
        return _Corrections(piece.float().contiguous(), share, method).applied(
            sr.float().contiguous(), inside, guarded=guarded
        )


def crop_with_context(lr: Tensor, box: Box, context: int) -> tuple[Tensor, Box]:
    """Crop a box with its context, mirrored at the image borders; return it with the position of the box in it."""
    height, width = lr.shape[-2:]
    rows, columns = _lines(height, box.top, box.bottom, context), _lines(width, box.left, box.right, context)
    piece = _taken(_taken(lr, -2, rows), -1, columns)
    top, left = box.top - rows.start, box.left - columns.start
    return piece, Box(top, top + box.bottom - box.top, left, left + box.right - box.left)


def _lines(side: int, start: int, stop: int, context: int) -> range:
    """Return the rows or columns of a box with context; some may lie outside the image."""
    return range(max(-BORDER, start - context), min(side + BORDER, stop + context))


def _taken(lr: Tensor, axis: int, lines: range) -> Tensor:
    side = lr.shape[axis]
    if lines.start >= 0 and lines.stop <= side:
        return lr.narrow(axis, lines.start, len(lines))
    mirrored = border_index(side, BORDER, "symmetric")[BORDER + lines.start : BORDER + lines.stop]
    return lr.index_select(axis, mirrored.to(lr.device))


class _Corrections:
    """Corrections of the result of an image ``(1, 3, h, w)``, from its local statistics."""

    def __init__(self, lr: Tensor, share: Tensor, method: Method[Any]) -> None:
        self._lr, self._share, self._scale, self._consistent = lr, share, method.traits.scale, method.traits.consistent
        # Direct subsampling takes the first pixel of a block for the image's, so blocks are centred on it
        self._shift = 0 if method.symmetric else self._scale // 2
        self._noise = _noise(lr)
        contrast = _largest(lr, 2) + _largest(-lr, 2)
        least, most = _SHARPENED
        sharpened = least + (most - least) * (self._noise / _SOME_NOISE).clamp(max=1)
        self._allowed = sharpened * contrast + 3 * self._noise + _ROUNDING

    def applied(self, sr: Tensor, inside: Box, *, guarded: bool) -> Tensor:
        """Correct the result of a network in place and crop it to a box.

        Statistics have the size of the image; the result is processed three times, strip by strip.
        """
        if self._shift:
            sr = F.pad(sr[..., : -self._shift, : -self._shift], (self._shift, 0, self._shift, 0), mode="replicate")
        missing = self._lr - self._plausible(sr)
        if guarded:
            self._check(missing, inside)
        if self._consistent:
            missing.zero_()
        else:
            beyond = missing - missing.clamp(-self._allowed, self._allowed)
            missing = self._lr - self._means_with(sr, beyond + _significant(missing - beyond))
        self._finished(sr, missing - missing.clamp(-self._allowed, self._allowed))
        top, bottom, left, right = (self._scale * edge + self._shift for edge in inside)
        return sr[..., top:bottom, left:right]

    def _strips(self) -> Iterator[tuple[int, int]]:
        """Yield the first and last row of strips of the image."""
        height = self._lr.shape[-2]
        return ((top, min(height, top + BAND)) for top in range(0, height, BAND))

    def _of(self, sr: Tensor, top: int, bottom: int) -> Tensor:
        """Return the result of some rows of the image, as a view."""
        return sr[..., self._scale * top : self._scale * bottom, :]

    def _plausible(self, sr: Tensor) -> Tensor:
        """Clamp a result, replace it by the bicubic enlargement where there is no detail, and return its means."""
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
        # Means over noise differ from 0 by a part of it, and at borders mirrored pixels count several times. Noise that
        # is clipped at black or white moves means most where little of it is left to be measured: look around.
        noise = _largest(self._noise, _MEAN)
        allowed = _SLIPPED + 0.15 * spread + 0.8 * torch.minimum(spread, 3 * noise)
        off = _mean(missing).abs()
        if bool((box.crop(off - allowed) > 0).any()):
            worst = 255 * float(box.crop(off).max())
            raise ImplausibleError(f"the result deviates from the image by {worst:.0f} of 255 over an area")


class _Colours:
    """Limits of the differences between channels, from those nearby in the image."""

    def __init__(self, lr: Tensor, scale: int) -> None:
        own = torch.cat((lr[:, :1] - lr[:, 1:2], lr[:, 2:] - lr[:, 1:2]), 1)
        most, least = _largest(own, 2), -_largest(-own, 2)
        room = (most - least) / 2
        self._bounds = Upsampling(torch.cat((least - room, most + room), 1), scale, "bilinear")

    def keep(self, sr: Tensor, top: int, bottom: int) -> None:
        """Limit the differences between channels in the result of some rows; luma is unchanged."""
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
    """Reduce a result to the size of the image by local means."""
    rows = strip.unflatten(-2, (-1, scale)).sum(-2)
    total: Tensor = rows[..., ::scale].clone()  # a sum over single pixels takes longer
    for column in range(1, scale):
        total += rows[..., column::scale]
    return total / scale**2


def _enlarged(lr: Tensor, box: Box, scale: int) -> Tensor:
    """Return the bicubic enlargement of a box."""
    near = box.expanded(_ENLARGED, lr)
    with torch.autocast(lr.device.type, enabled=False):
        return box.relative_to(near).scaled(scale).crop(resize(near.crop(lr).float(), scale))


def _share(lr: Tensor) -> Tensor:
    """Weight of the network's result at each pixel, ``(1, 1, h, w)`` in [0, 1]: 0 far from any detail.

    Detail is the difference from the weighted mean of 3x3 pixels, which is 0 for linear slopes.
    """
    line = lr.new_tensor([0.25, 0.5, 0.25])
    with torch.autocast(lr.device.type, enabled=False):
        kernel = torch.outer(line, line).expand(3, 1, 3, 3)
        smooth = F.conv2d(F.pad(lr.float(), (1,) * 4, mode="replicate"), kernel.float(), groups=3)
    detail = (lr - smooth).abs().amax(1, keepdim=True)
    return ((_largest(detail, _NEAR) - _FLAT) / (_DETAILED - _FLAT)).clamp(0, 1)


def _noise(lr: Tensor) -> Tensor:
    """Local standard deviation of the noise, ``(1, 3, h, w)``, from the flattest pixels nearby.

    0 where pixels repeat exactly, as in screenshots and drawings.
    """
    variance = _mean(lr.square(), 1) - _mean(lr, 1).square()
    noise = -_SMALLEST_STD * _largest(-(variance - _INEXACT).clamp(min=0).sqrt(), _MEAN)
    return noise * (torch.stack([_mean(_repeated(lr, *shift)) for shift in _SHIFTS]).amax(0) < _REPEATED)


def _repeated(lr: Tensor, axis: int, lag: int) -> Tensor:
    """Mask of pixels that equal an earlier one along an axis, ``(1, 1, h, w)``."""
    lag = min(lag, lr.shape[axis] - 1)
    start = lr.narrow(axis, 0, lag) - lr.narrow(axis, 0, 1)
    rest = lr.narrow(axis, lag, lr.shape[axis] - lag) - lr.narrow(axis, 0, lr.shape[axis] - lag)
    red, green, blue = torch.cat((start, rest), axis).abs_().split(1, 1)
    return (torch.maximum(torch.maximum(red, green), blue) < _ROUNDING / 2).to(lr)


def _significant(missing: Tensor) -> Tensor:
    """Local means of the missing signal ``(1, 3, h, w)``, reduced where they are not significant."""
    mean = _mean(missing)
    count = (2 * _MEAN + 1) ** 2 / 4  # neighbours are not independent
    error = (_mean(missing.square()) - mean.square()).clamp(min=0) / count
    return mean * (1 - _SIGNIFICANT**2 * error / (mean.square() + 1e-12)).clamp(0, 1)


def _mean(x: Tensor, radius: int = _MEAN) -> Tensor:
    """Box filter with replicated borders.

    Sums over intervals of doubling length are combined, which is faster than pooling on a CPU.
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
    """Maximum filter, by intervals of doubling length."""
    x, side = F.pad(x, (radius,) * 4, mode="replicate"), 2 * radius + 1
    for axis in (-2, -1):
        length = 1
        while length < side:
            step = min(length, side - length)
            count = x.shape[axis] - step
            x = torch.maximum(x.narrow(axis, 0, count), x.narrow(axis, step, count))
            length += step
    return x
