"""Tiled restoration under one condition, with the result of restoring the whole image.

A tile is restored together with the context of its receptive field and its middle is kept, so that nothing
has to be blended.
"""

import math
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias, TypeVar

import torch
from torch import Tensor

from blindsr import heap
from blindsr.contract import Method
from blindsr.errors import BlindSRError, Code
from blindsr.inference.progress import Watch

Condition = TypeVar("Condition")

SMALLEST = 32
"""Side in LR pixels below which tiles are not cut when memory runs out."""


class Box(NamedTuple):
    """Rows and columns of an image, ends excluded."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def side(self) -> int:
        return max(self.bottom - self.top, self.right - self.left)

    @property
    def area(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    def scaled(self, factor: int) -> "Box":
        return Box(*(factor * edge for edge in self))

    def expanded(self, margin: int, image: Tensor) -> "Box":
        """With context on every side, as far as the image reaches."""
        height, width = image.shape[-2:]
        top, left = max(0, self.top - margin), max(0, self.left - margin)
        return Box(top, min(height, self.bottom + margin), left, min(width, self.right + margin))

    def relative_to(self, outer: "Box") -> "Box":
        """The same box, counted from the corner of one around it."""
        return Box(self.top - outer.top, self.bottom - outer.top, self.left - outer.left, self.right - outer.left)

    def cut(self, image: Tensor) -> Tensor:
        """The part of ``(n, c, h, w)`` in this box, as a view."""
        return image[..., self.top : self.bottom, self.left : self.right]


RestoreBox: TypeAlias = Callable[[Method[Any], Tensor, Any, Box], Tensor]
"""Restores one box of an image ``(1, 3, h, w)`` under a condition."""


def restore_box(method: Method[Any], lr: Tensor, condition: object, box: Box) -> Tensor:
    """Restore one box of an image as the method does; where the image ends, its context does, too."""
    padded = box.expanded(method.traits.margin, lr)
    sr = method.restore(padded.cut(lr).contiguous(memory_format=torch.channels_last), condition)
    return box.relative_to(padded).scaled(method.traits.scale).cut(sr)


def restore_tiled(
    method: Method[Condition],
    lr: Tensor,
    condition: Condition,
    *,
    tile: int,
    out: Tensor,
    part: Box | None = None,
    watch: Watch = Watch(),
    make: RestoreBox = restore_box,
) -> Tensor:
    """Restore an image of any size, or a part of it, in tiles; where memory runs out, in smaller ones.

    Args:
        method: its margin must cover its receptive field.
        lr: the whole image, ``(1, 3, h, w)``, on the method's device.
        condition: found from the whole image.
        tile: largest side of a tile without its context, in LR pixels.
        out: where to put the result, ``(1, 3, s*h, s*w)`` of the part, on any device.
        part: which part of the image to restore; all of it if not given.
        watch: progress and cancellation.
        make: what restores a tile.

    Returns:
        ``out``, filled and not clamped.

    Raises:
        BlindSRError: there is no memory even for a tile of 32x32 pixels.
        CancelledError: the watch cancelled the work.
    """
    (height, width), scale = lr.shape[-2:], method.traits.scale
    part = part or Box(0, height, 0, width)
    finished = 0
    pending = deque(split(part, tile))
    while pending:
        box = pending.popleft()
        if box.side > tile:
            pending.extendleft(split(box, tile))
        elif not _fits(partial(make, method, lr, condition, box), box.relative_to(part).scaled(scale).cut(out)):
            if box.side <= SMALLEST:
                raise BlindSRError(
                    f"not enough memory on {lr.device} to restore a tile of {SMALLEST}x{SMALLEST} pixels; "
                    "free some, or use another device",
                    Code.OUT_OF_MEMORY,
                )
            tile = max(SMALLEST, math.ceil(box.side / 2))
            pending.appendleft(box)
        else:
            finished += box.area
            watch(finished / part.area)
    return out


def split(box: Box, tile: int) -> list[Box]:
    """Cut a box into the fewest boxes with no side above ``tile``, as equal as they can be."""
    rows = _edges(box.top, box.bottom, tile)
    columns = _edges(box.left, box.right, tile)
    return [Box(*row, *column) for row in rows for column in columns]


def _edges(start: int, stop: int, tile: int) -> list[tuple[int, int]]:
    count = math.ceil((stop - start) / tile)
    cuts = [start + (stop - start) * index // count for index in range(count + 1)]
    return list(pairwise(cuts))


def _fits(make: Callable[[], Tensor], out: Tensor) -> bool:
    """Write the result into ``out``; False, with nothing written, if memory ran out."""
    try:
        out.copy_(make())
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
    else:
        return True
    if torch.accelerator.is_available():
        torch.accelerator.empty_cache()
    return False


def out_of_memory(error: RuntimeError) -> bool:
    """Whether an error reports that memory ran out, in the words of any of torch's allocators."""
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(said in str(error) for said in words)


def empty_result(lr: Tensor, scale: int) -> Tensor:
    """Room for the whole result, where the caller keeps the image, which need not be where the method runs."""
    height, width = (scale * side for side in lr.shape[-2:])
    try:
        if lr.device.type == "cpu":
            return heap.empty((1, 3, height, width), torch.float32)
        return torch.empty(1, 3, height, width, device=lr.device)
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
        raise BlindSRError(
            f"not enough memory on {lr.device} for a result of {width}x{height} pixels", Code.OUT_OF_MEMORY
        ) from None
