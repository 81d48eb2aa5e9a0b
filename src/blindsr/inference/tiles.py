"""Tiled restoration with one condition; the result equals that of restoring the whole image.

Each tile is restored with the context of its receptive field and cropped, so no blending is needed.
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
"""Side in LR pixels below which tiles are not split when memory runs out."""


class Box(NamedTuple):
    """Rectangle of an image; bottom and right are exclusive."""

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
        """Add context on every side, clipped to the image."""
        height, width = image.shape[-2:]
        top, left = max(0, self.top - margin), max(0, self.left - margin)
        return Box(top, min(height, self.bottom + margin), left, min(width, self.right + margin))

    def relative_to(self, outer: "Box") -> "Box":
        """Position relative to an enclosing box."""
        return Box(self.top - outer.top, self.bottom - outer.top, self.left - outer.left, self.right - outer.left)

    def crop(self, image: Tensor) -> Tensor:
        """Crop ``(n, c, h, w)`` to this box, as a view."""
        return image[..., self.top : self.bottom, self.left : self.right]


RestoreBox: TypeAlias = Callable[[Method[Any], Tensor, Any, Box], Tensor]
"""Restores one box of an image ``(1, 3, h, w)`` under a condition."""


def restore_box(method: Method[Any], lr: Tensor, condition: object, box: Box) -> Tensor:
    """Restore a box of an image; context is clipped at image borders."""
    padded = box.expanded(method.traits.margin, lr)
    sr = method.restore(padded.crop(lr).contiguous(memory_format=torch.channels_last), condition)
    return box.relative_to(padded).scaled(method.traits.scale).crop(sr)


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
    """Restore an image of any size, or a part of it, in tiles; if memory runs out, in smaller ones.

    Args:
        method: the method; its margin must cover the receptive field.
        lr: the whole image, ``(1, 3, h, w)``, on the method's device.
        condition: condition of the whole image.
        tile: largest side of a tile without its context, in LR pixels.
        out: tensor for the result, ``(1, 3, s*h, s*w)`` of the part, on any device.
        part: part of the image to restore; the whole image if not given.
        watch: progress and cancellation.
        make: function that restores a tile.

    Returns:
        ``out``, filled and not clamped.

    Raises:
        BlindSRError: not enough memory even for a tile of 32x32 pixels.
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
        elif not _fits(partial(make, method, lr, condition, box), box.relative_to(part).scaled(scale).crop(out)):
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
    """Split a box into the fewest boxes with sides up to ``tile``, of nearly equal size."""
    rows = _edges(box.top, box.bottom, tile)
    columns = _edges(box.left, box.right, tile)
    return [Box(*row, *column) for row in rows for column in columns]


def _edges(start: int, stop: int, tile: int) -> list[tuple[int, int]]:
    count = math.ceil((stop - start) / tile)
    cuts = [start + (stop - start) * index // count for index in range(count + 1)]
    return list(pairwise(cuts))


def _fits(make: Callable[[], Tensor], out: Tensor) -> bool:
    """Write the result to ``out``; return False, with nothing written, if memory ran out."""
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
    """Whether an error of any torch allocator reports that memory ran out."""
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(said in str(error) for said in words)


def empty_result(lr: Tensor, scale: int) -> Tensor:
    """Allocate the result on the device of the image, which may differ from that of the method."""
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
