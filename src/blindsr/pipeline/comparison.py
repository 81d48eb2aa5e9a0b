"""Side-by-side comparison of an image and its result, with an enlarged detail."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.degrade.resample import apply_matrices, bicubic_matrix
from blindsr.images import Metadata, Picture

_ZOOM = 3
_GAP = 8
"""White gap between the parts, pixels."""


def side_by_side(before: Picture, after: Picture) -> Picture:
    """Draw the bicubic enlargement and the result next to each other, above a detail of each, enlarged three times.

    Args:
        before: the photograph.
        after: its result, of any size.
    """
    height, width = after.height, after.width
    rows = bicubic_matrix(before.height, height, height / before.height)
    columns = bicubic_matrix(before.width, width, width / before.width)
    enlarged = apply_matrices(before.pixels[None], rows, columns).clamp(0, 1)
    pair = (enlarged, after.pixels[None])
    side = max(1, min(height, width // _ZOOM, height // _ZOOM or 1))
    top, left = _detail(pair[1], side)
    shown = [_zoomed(image[..., top : top + side, left : left + side], width) for image in pair]
    upper, lower = (_joined(*images) for images in (pair, shown))
    gap = torch.ones(1, 3, _GAP, upper.shape[-1])
    pixels = torch.cat((upper, gap, lower), 2)[0]
    kept = {"icc": after.metadata.icc, "bits": after.metadata.bits, "gray": after.metadata.gray}
    return replace(after, pixels=pixels, alpha=None, metadata=Metadata(**kept))  # type: ignore[arg-type]


def _detail(image: Tensor, side: int) -> tuple[int, int]:
    """Return top and left of the square with the most detail, on a grid."""
    change = image.diff(dim=-1, prepend=image[..., :1]).abs() + image.diff(dim=-2, prepend=image[..., :1, :]).abs()
    step = max(1, side // 4)
    means = F.avg_pool2d(change.mean(1, keepdim=True), side, step)
    place = int(means.argmax())
    return step * (place // means.shape[-1]), step * (place % means.shape[-1])


def _zoomed(crop: Tensor, width: int) -> Tensor:
    """Enlarge by pixel replication, and pad with white to a width."""
    large = crop.repeat_interleave(_ZOOM, 2).repeat_interleave(_ZOOM, 3)[..., :width]
    return F.pad(large, (0, width - large.shape[-1]), value=1.0)


def _joined(left: Tensor, right: Tensor) -> Tensor:
    return torch.cat((left, torch.ones(1, 3, left.shape[2], _GAP), right), 3)
