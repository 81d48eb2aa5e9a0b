"""DMSR's meta-deblur module (Section 3.1, Table B.7): a 15x15 kernel for every pixel, never held in memory.

The module predicts, at each pixel p, the 225 weights of a filter from the 3-channel image x around p and a code of the
blur kernel, by one 3x3 convolution W with bias b, and filters x with them:

    out(p) = sum_k ( b_k + sum_{c,t} W_kct x_c(p + t) + sum_{c,t} W'_kct code_c ) x(p + k)

Computed directly, this needs 225 numbers per pixel. But since it is quadratic in x, the sums can be exchanged: the
terms in W are 27 fixed 15x15 filters of x, each multiplied by one of the 27 neighbouring values of x, and all other
terms are one filter for the whole image:

    out(p) = sum_{c,t} x_c(p + t) (sum_k W_kct x(p + k)) + sum_k g_k x(p + k),   g_k = b_k + sum_{c,t} W'_kct code_c

This is the same function; it needs an eighth of the memory, and libraries have fast implementations of fixed filters.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.degrade.blur import correlate
from blindsr.devices import is_traced
from blindsr.methods.dmsr.extractor import KERNEL

_STRIP = 2**16
"""Number of pixels that are filtered at a time without gradients; each needs 108 numbers of memory.

Four times as many, which do not fit in a CPU's caches, take a quarter more time."""


class MetaDeblur(nn.Module):
    """Filter an image ``(n, 3, h, w)`` by weights predicted from the image and a blur kernel ``(n, 15, 15)``.

    Pixels outside the image are 0; the code of the kernel continues there (the paper does not specify it).
    """

    radius = KERNEL // 2
    """Radius of the receptive field, HR pixels."""

    def __init__(self, components: Tensor) -> None:
        """Initialise the code with the principal components of sampled kernels, ``(code, 225)``."""
        super().__init__()
        length = len(components)
        self.reduce = nn.Linear(KERNEL**2, length)
        self.reduce.weight.data.copy_(components)
        nn.init.zeros_(self.reduce.bias)
        self.weights = nn.Conv2d(3 + length, KERNEL**2, 3, padding=1)
        # Every pixel starts with its own value and little else.
        self.weights.weight.data.mul_(0.1)
        assert self.weights.bias is not None
        nn.init.zeros_(self.weights.bias)
        self.weights.bias.data[KERNEL**2 // 2] = 1

    def forward(self, x: Tensor, kernel: Tensor) -> Tensor:
        same = self._same_everywhere(kernel)
        if is_traced():
            return self._by_slices(F.pad(x, (self.radius,) * 4), same)
        if torch.is_grad_enabled() or x[0, 0].numel() * len(x) <= _STRIP:
            return self._filter(F.pad(x, (self.radius,) * 4), same)
        return self._in_strips(x, same)

    def _same_everywhere(self, kernel: Tensor) -> Tensor:
        """Compute ``g``, the part of the weights that all pixels of an image share, ``(n, 15, 15)``."""
        with torch.autocast(kernel.device.type, enabled=False):
            code = self.reduce(kernel.to(self.reduce.weight).flatten(1))
            assert self.weights.bias is not None
            shared = self.weights.bias + code @ self.weights.weight[:, 3:].sum((2, 3)).T
        same: Tensor = shared.view(-1, KERNEL, KERNEL)
        return same

    def _filter(self, padded: Tensor, same: Tensor) -> Tensor:
        """Map ``(n, 3, h + 14, w + 14)`` to ``(n, 3, h, w)``."""
        n, _, height, width = padded.shape
        height, width = height - 2 * self.radius, width - 2 * self.radius
        # Rows of the window become channels: a filter of 1x15 over 15 channels is several times faster than one of
        # 15x15 over a single channel, forwards and backwards.
        rows = padded.flatten(0, 1).unfold(1, KERNEL, 1).permute(0, 3, 1, 2)
        fixed = self.weights.weight[:, :3].reshape(KERNEL, 1, KERNEL, 27).permute(3, 0, 1, 2).to(padded.dtype)
        responses = F.conv2d(
            rows.contiguous(memory_format=torch.channels_last), fixed.contiguous(memory_format=torch.channels_last)
        )
        edge = self.radius - 1
        near = padded[..., edge : edge + height + 2, edge : edge + width + 2]
        neighbours = near.unfold(2, 3, 1).unfold(3, 3, 1).permute(0, 2, 3, 1, 4, 5).reshape(n, 1, height, width, 27)
        # The 27 numbers of a pixel lie side by side in both, as the convolution leaves them.
        products = responses.permute(0, 2, 3, 1).view(n, 3, height, width, 27) * neighbours.to(responses.dtype)
        shared = correlate(padded, same.to(padded.dtype))
        return products.sum(-1, dtype=padded.dtype) + shared

    def _by_slices(self, padded: Tensor, same: Tensor) -> Tensor:
        """`_filter` for one image, with operators that other runtimes support."""
        height, width = (side - 2 * self.radius for side in padded.shape[2:])
        channels = padded[0][:, None]
        rows = torch.cat([channels[:, :, top : top + height] for top in range(KERNEL)], 1)
        fixed = self.weights.weight[:, :3].reshape(KERNEL, 1, KERNEL, 27).permute(3, 0, 1, 2)
        edge = self.radius - 1
        near = [
            padded[0, :, None, top : top + height, left : left + width]
            for top in range(edge, edge + 3)
            for left in range(edge, edge + 3)
        ]
        # Of a weight's 27 numbers, the first nine belong to the first channel of the image
        neighbours = torch.cat(near, 1).reshape(1, 27, height, width)
        products = (F.conv2d(rows, fixed) * neighbours).sum(1)
        return products[None] + F.conv2d(padded, same[:, None].expand(3, -1, -1, -1), groups=3)

    def _in_strips(self, x: Tensor, same: Tensor) -> Tensor:
        n, _, height, width = x.shape
        rows = max(1, _STRIP // (n * width))
        padded = F.pad(x, (self.radius,) * 4)
        out = torch.empty_like(x, memory_format=torch.contiguous_format)
        for top in range(0, height, rows):
            bottom = min(height, top + rows)
            out[..., top:bottom, :] = self._filter(padded[..., top : bottom + 2 * self.radius, :], same)
        return out


def principal_components(kernels: Tensor, count: int) -> Tensor:
    """Compute the first principal components ``(count, 225)`` of kernels ``(n, 15, 15)``, as in SRMD."""
    flat = kernels.flatten(1).double()
    _, _, directions = torch.linalg.svd(flat - flat.mean(0), full_matrices=False)
    first: Tensor = directions[:count].float()
    return first
