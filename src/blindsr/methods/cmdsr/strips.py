"""SPAN without gradients on a CPU, computed in strips of rows with the same results.

A system hands out memory page by page and zeroes it: with maps of a whole photograph, which are returned after every
layer, that takes half as long as the convolutions. Here few maps are kept and written over, and what lies between two
layers is small enough for the caches of a CPU.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr import heap

_STRIP = 2**22
"""Bytes of a feature map that are made at a time."""

silu_into = torch.ops.aten.silu.out


def suits(lr: Tensor, convs: Iterator[nn.Module]) -> bool:
    """Whether this is inference on a CPU, with plain convolutions."""
    traced = torch.compiler.is_compiling() or torch.jit.is_tracing()  # type: ignore[attr-defined,no-untyped-call]
    if lr.device.type != "cpu" or torch.is_grad_enabled() or traced:
        return False
    return all(isinstance(conv, nn.Conv2d) for conv in convs)


def states(blocks: Iterator[nn.Module], shallow: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Results of the first and of the last block, and the last block's features after its first convolution.

    Args:
        blocks: of three convolutions each; see `bases.SPANBlock`.
        shallow: their input, ``(n, c, h, w)``; not changed.
    """
    x, early = shallow, _room(shallow)
    inner, second, last = _room(shallow), _room(shallow), early
    for number, block in enumerate(blocks):
        if number == 1:
            last = _room(shallow)
        one, two, three = (conv for conv in block.children() if isinstance(conv, nn.Conv2d))
        for rows in strips(x):
            silu_into(convolved(one, x, rows), out=_cut(inner, rows))
        for rows in strips(x):
            silu_into(convolved(two, inner, rows), out=_cut(second, rows))
        for rows in strips(x):
            out = convolved(three, second, rows)
            attention = torch.sigmoid(out).sub_(0.5)
            torch.mul(out.add_(_cut(x, rows)), attention, out=_cut(last, rows))
        x = last
    return early, last, inner


def enlarged(conv: nn.Conv2d, x: Tensor, scale: int) -> Tensor:
    """Apply a convolution ``(n, c, h, w)`` to ``(n, 3, s*h, s*w)`` whose channels are pixels of the result."""
    n, _, height, width = x.shape
    sr = heap.empty((n, 3, scale * height, scale * width), x.dtype)
    blocks = sr.view(n, 3, height, scale, width, scale)
    for rows in strips(x):
        made = convolved(conv, x, rows).unflatten(1, (3, scale, scale))
        blocks[:, :, rows.start : rows.stop].copy_(made.permute(0, 1, 4, 2, 5, 3))
    return sr


def joined(conv: nn.Conv2d, maps: list[Tensor], last: nn.Conv2d) -> Tensor:
    """Apply a 1x1 convolution to maps ``(n, c, h, w)``, the second of which goes through another convolution first."""
    out = _room(maps[0])
    weights = conv.weight[:, :, 0, 0].split([x.shape[1] for x in maps], 1)
    for rows in strips(out):
        made = _cut(out, rows)
        for index, (x, weight) in enumerate(zip(maps, weights, strict=True)):
            part = convolved(last, x, rows) if index == 1 else _cut(x, rows)
            share = F.linear(part.permute(0, 2, 3, 1), weight, conv.bias if index == 0 else None).permute(0, 3, 1, 2)
            made.copy_(share) if index == 0 else made.add_(share)
    return out


def strips(x: Tensor) -> Iterator[range]:
    """Rows of ``(n, c, h, w)``, strip by strip."""
    height = x.shape[-2]
    each = max(8, _STRIP * height // (x.numel() * x.element_size()))
    return (range(top, min(height, top + each)) for top in range(0, height, each))


def convolved(conv: nn.Conv2d, x: Tensor, rows: range) -> Tensor:
    """Compute some rows of a 3x3 convolution of ``(n, c, h, w)``."""
    height = x.shape[-2]
    first, last = max(0, rows.start - 1), min(height, rows.stop + 1)
    whole = last - first == len(rows) + 2
    out = F.conv2d(x[:, :, first:last], conv.weight, conv.bias, padding=(0 if whole else 1, 1))
    return out if whole else out[:, :, rows.start - first : rows.stop - first]


def _room(like: Tensor) -> Tensor:
    """A map ``(n, c, h, w)`` of arbitrary values, the channels of a pixel together."""
    n, channels, height, width = like.shape
    return heap.empty((n, height, width, channels), like.dtype).permute(0, 3, 1, 2)


def _cut(x: Tensor, rows: range) -> Tensor:
    return x[:, :, rows.start : rows.stop]
