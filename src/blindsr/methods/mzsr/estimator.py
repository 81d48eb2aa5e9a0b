"""Estimation of blur kernel and noise for MZSR, which the paper assumes to be known.

The paper uses the true kernel, or refers to "kernel estimation algorithms" (Section 4.3). Here, a small network
predicts the covariance of a Gaussian kernel (Eq. 3) from windows of the LR image. The estimate is the median over
windows, and its confidence is derived from their spread.
"""

import itertools
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.degrade.kernels import gaussian_from_covariance

_LEAST_STD = 0.2
"""Smallest standard deviation at which a sampled kernel is more than a single pixel."""
_FLATTEST = 0.1
"""Fraction of blocks that are considered flat when noise is measured."""
_VISIBLE = 1.5
"""Smallest noise level, 0..255; estimates below it are caused by rounding and faint texture."""


@dataclass(frozen=True)
class KernelEstimate:
    """Gaussian blur kernel and its confidence."""

    kernel: Tensor
    """``(k, k)``, HR pixels, sums to 1."""
    confidence: float
    """1 if all windows agree, smaller the more their widths differ from the median."""


class KernelEstimator(nn.Module):
    """Network that predicts covariances of Gaussian kernels, in squared HR pixels, from LR windows."""

    def __init__(self, scale: int, channels: int = 32) -> None:
        super().__init__()
        self.scale = scale
        widths = (3, channels, 2 * channels, 2 * channels, 4 * channels)
        self.convs = nn.ModuleList(
            nn.Conv2d(i, o, 3, padding=1, stride=1 if i == 3 else 2) for i, o in itertools.pairwise(widths)
        )
        self.hidden = nn.Linear(8 * channels, 4 * channels)
        self.last = nn.Linear(4 * channels, 3)
        with torch.no_grad():
            # Blur shows in how neighbouring pixels differ, so the first filters start blind to brightness.
            first = self.convs[0].weight
            assert isinstance(first, Tensor)
            first.sub_(first.mean((2, 3), keepdim=True)).mul_(5)

    def forward(self, lr: Tensor) -> Tensor:
        """Map windows ``(n, 3, h, w)`` in [0, 1] to positive definite covariances ``(n, 2, 2)``."""
        x = lr
        for conv in self.convs:
            x = F.relu(conv(x))
        x = x.float()
        # Edges show the blur and flat parts do not, so the strongest response is used in addition to the mean.
        features = torch.cat((x.mean((2, 3)), x.amax((2, 3))), 1)
        with torch.autocast(lr.device.type, enabled=False):
            raw = self.last(F.relu(self.hidden(features)))
        xx, yy = (self.scale * F.softplus(raw[:, i]) + _LEAST_STD**2 for i in (0, 1))
        xy = 0.99 * torch.tanh(raw[:, 2]) * (xx * yy).sqrt()
        return torch.stack((torch.stack((xx, xy), 1), torch.stack((xy, yy), 1)), 1)

    @torch.no_grad()
    def estimate(self, lr: Tensor, size: int, window: int = 64, count: int = 16) -> KernelEstimate:
        """Estimate the kernel of a whole image ``(1, 3, h, w)`` from its windows with the most detail.

        Args:
            lr: the image.
            size: side of the kernel, HR pixels.
            window: side of a window, LR pixels; smaller images are one window.
            count: number of windows.
        """
        covariances = self(most_detailed(lr, window, count))
        median = covariances.median(0).values
        # Medians of the entries of positive definite matrices need not form one.
        bound = 0.99 * (median[0, 0] * median[1, 1]).sqrt()
        median[0, 1] = median[1, 0] = median[0, 1].clamp(-bound, bound)
        widths = covariances.diagonal(dim1=1, dim2=2).sum(1).sqrt()
        spread = (widths / widths.median() - 1).abs().median()
        return KernelEstimate(gaussian_from_covariance(size, median[None])[0], math.exp(-float(spread)))


def most_detailed(image: Tensor, window: int, count: int) -> Tensor:
    """Return the windows ``(<= count, 3, window, window)`` of ``(1, 3, h, w)`` with the largest differences of pixels.

    They are on a grid. An image that is smaller than a window in one direction is returned whole if it has no more
    pixels than all windows; otherwise its windows are smaller in this direction.
    """
    height, width = image.shape[-2:]
    if min(height, width) < window and height * width <= count * window**2:
        return image
    tall, wide = min(window, height), min(window, width)
    rows, columns = (
        range(0, side - part + 1, max(1, min(part, side - part))) for side, part in ((height, tall), (width, wide))
    )
    tiles = torch.cat([image[..., top : top + tall, left : left + wide] for top in rows for left in columns])
    detail = tiles.diff(dim=-1).abs().mean((1, 2, 3)) + tiles.diff(dim=-2).abs().mean((1, 2, 3))
    return tiles[detail.topk(min(count, len(tiles))).indices]


def noise_level(image: Tensor, block: int = 8) -> float:
    """Estimate the standard deviation of white noise in ``(1, 3, h, w)``, 0..255; 0 if none is detected.

    The difference of two Laplacians is zero for smooth structure (Immerkaer, 1996, "Fast noise variance estimation");
    only the flattest blocks are measured, to avoid texture.
    """
    height, width = image.shape[-2:]
    if min(height, width) < block + 2:
        return 0.0
    mask = image.new_tensor([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
    with torch.autocast(image.device.type, enabled=False):
        response = F.conv2d(image.float().transpose(0, 1), mask[None, None]).square()
    power = F.avg_pool2d(response, block).mean(0).flatten()
    flat = power.sort().values[: max(1, int(_FLATTEST * len(power)))]
    level = 255 * float(flat.mean().sqrt())
    return level if level > _VISIBLE else 0.0
