"""Estimation of blur kernel and noise for MZSR, which the paper assumes to be known.

The paper uses the true kernel, or refers to "kernel estimation algorithms" (Section 4.3). Here, a small network
predicts the covariance of a Gaussian kernel (Eq. 3) and its own error from windows of the LR image. The estimate is the
mean over windows, weighted by the inverse of their errors.
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
_LOG_ERRORS = (-6.0, 3.0)
"""Least and largest logarithm of an expected error."""
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
    """1 if no error is expected, smaller the larger the expected relative error of the width is."""


class KernelEstimator(nn.Module):
    """Network that predicts covariances of Gaussian kernels, in squared HR pixels, from LR windows."""

    def __init__(self, scale: int, channels: int = 32, heads: int = 4) -> None:
        super().__init__()
        self.scale = scale
        narrow, middle, wide = channels, 2 * channels, 4 * channels
        widths, strides = (3, narrow, middle, middle, middle, wide, wide), (1, 2, 1, 2, 1, 1)
        self.convs = nn.ModuleList(
            nn.Conv2d(i, o, 3, padding=1, stride=stride)
            for (i, o), stride in zip(itertools.pairwise(widths), strides, strict=True)
        )
        self.attention = nn.Linear(wide, heads)
        self.hidden = nn.Linear((2 + heads) * wide, wide)
        self.last = nn.Linear(wide, 4)
        with torch.no_grad():
            # Blur shows in how neighbouring pixels differ, so the first filters start blind to brightness.
            first = self.convs[0].weight
            assert isinstance(first, Tensor)
            first.sub_(first.mean((2, 3), keepdim=True)).mul_(5)

    def forward(self, lr: Tensor) -> tuple[Tensor, Tensor]:
        """Map windows ``(n, 3, h, w)`` in [0, 1] to covariances and to their expected errors.

        Returns:
            Positive definite covariances ``(n, 2, 2)``, and logarithms ``(n,)`` of the expected mean absolute errors of
            their entries, divided by the scale.
        """
        x = lr
        for conv in self.convs:
            x = F.relu(conv(x))
        x = x.float().flatten(2)
        with torch.autocast(lr.device.type, enabled=False):
            # Edges show the blur and flat parts do not, so the strongest response and means over the positions that
            # attention selects are used in addition to the mean (Ilse et al., 2018).
            selected = x @ self.attention(x.transpose(1, 2)).softmax(1)
            features = torch.cat((x.mean(2), x.amax(2), selected.flatten(1)), 1)
            raw = self.last(F.relu(self.hidden(features)))
        xx, yy = (self.scale * F.softplus(raw[:, i]) + _LEAST_STD**2 for i in (0, 1))
        xy = 0.99 * torch.tanh(raw[:, 2]) * (xx * yy).sqrt()
        covariances = torch.stack((torch.stack((xx, xy), 1), torch.stack((xy, yy), 1)), 1)
        return covariances, raw[:, 3].clamp(*_LOG_ERRORS)

    @torch.no_grad()
    def estimate(self, lr: Tensor, size: int, window: int = 96, count: int = 8) -> KernelEstimate:
        """Estimate the kernel of a whole image ``(1, 3, h, w)`` from its windows with the most detail.

        Args:
            lr: the image.
            size: side of the kernel, HR pixels.
            window: side of a window, LR pixels, as in training; smaller images are one window.
            count: number of windows.
        """
        covariances, errors = self(most_detailed(lr, window, count))
        weights = (-errors).softmax(0)
        covariance = (weights[:, None, None] * covariances).sum(0)
        error = self.scale * float((weights * errors.exp()).sum() / covariance.diagonal().mean())
        # The width is the root of the variance, so its relative error is half of that.
        return KernelEstimate(gaussian_from_covariance(size, covariance[None])[0], math.exp(-error / 2))


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
