"""Back-projection (Irani and Peleg, 1991): add to a result what it lacks to explain its image by the blur kernel."""

import math
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.degrade.blur import Downsampling
from blindsr.degrade.resample import bicubic_matrix
from blindsr.devices import is_traced

SIDE = 21
"""Side of the largest kernel, HR pixels; there is no back-projection with larger ones."""


@dataclass(frozen=True)
class BackProjection:
    """Blur and subsampling as one convolution with stride, its adjoint, and the step between them."""

    taps: Tensor
    """``(k, k)``: weights of the HR pixels that an LR pixel is computed from."""
    gain: Tensor
    """Step size, a scalar; 0 turns back-projection off."""
    scale: int
    down: Downsampling

    @classmethod
    def of(cls, kernel: Tensor, scale: int, down: Downsampling, *, on: bool = True) -> Self:
        """Prepare for a kernel ``(k, k)``, with `taps` of the same size for all kernels of up to `SIDE` pixels."""
        room = (SIDE - len(kernel)) // 2
        line = _subsampling(scale, down).to(kernel.device)
        with torch.autocast(kernel.device.type, enabled=False):
            kernel = F.pad(kernel.float(), (room,) * 4)  # a negative room crops
            taps = F.conv_transpose2d(kernel[None, None], torch.outer(line, line)[None, None])[0, 0]
            shifted = F.conv2d(taps[None, None], taps[None, None], padding=len(taps) - 1)[0, 0]
        first = (len(taps) - 1) % scale
        # Eigenvalues of downsampling after its adjoint are at most this sum, so the iteration converges with 1 / sum.
        largest = shifted[first::scale, first::scale].abs().sum()
        return cls(taps, (1 / largest).nan_to_num() * (on and room >= 0), scale, down)

    def applied(self, sr: Tensor, lr: Tensor, rounds: int) -> Tensor:
        """Correct a result by gradient steps with Nesterov's momentum.

        Args:
            sr: the result, ``(n, 3, s*h, s*w)``.
            lr: the image, ``(n, 3, h, w)``.
            rounds: number of steps.
        """
        if not is_traced() and not self.gain:  # a graph is for all gains
            return sr
        with torch.autocast(lr.device.type, enabled=False):
            image, taps = lr.float().flatten(0, 1)[:, None], self.taps[None, None]
            result = before = sr.float().flatten(0, 1)[:, None]
            start = len(self.taps) // 2 - (self.scale // 2 if self.down == "bicubic" else 0)
            end = len(self.taps) - self.scale - start
            for step in range(rounds):
                ahead = result + step / (step + 3) * (result - before)
                around = F.pad(ahead, (start, end) * 2, mode="replicate")
                missing = image - F.conv2d(around, taps, stride=self.scale)
                spread = F.conv_transpose2d(missing, taps, None, self.scale, start, output_padding=start - end)
                before, result = result, ahead + self.gain * spread
            corrected: Tensor = result[:, 0].unflatten(0, lr.shape[:2])
            return corrected


def reach(scale: int, down: Downsampling) -> int:
    """Distance in LR pixels that a round looks: from a pixel of the result to others by an LR pixel of both."""
    return math.ceil((SIDE + len(_subsampling(scale, down)) - 1) / scale)


def _subsampling(scale: int, down: Downsampling) -> Tensor:
    """Weights along one axis of the HR pixels that an LR pixel is computed from without blur."""
    if down == "direct":
        return torch.ones(1)
    row = bicubic_matrix(9 * scale, 9, 1 / scale)[4]  # away from the borders
    return row[2 * scale + scale // 2 :][: 4 * scale]
