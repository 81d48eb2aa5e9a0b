"""DISTS (Ding et al., TPAMI 2022): structure and texture similarity of VGG-16's features, weights from a file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.nn.perceptual.trunk import fill_weights, read_weights
from blindsr.nn.perceptual.vgg import VGG

_C1 = _C2 = 1e-6
_EPSILON = 1e-12


class DISTS(nn.Module):
    """Distance between two images that tolerates different instances of the same texture; 0 for equal images.

    Images are not resized.
    """

    alpha: Tensor
    beta: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.trunk = VGG(16)
        self.sizes = (3, *self.trunk.channels)
        for name in ("alpha", "beta"):
            self.register_buffer(name, torch.zeros(1, sum(self.sizes), 1, 1))

    @classmethod
    def from_file(cls, path: Path) -> "DISTS":
        """Load VGG-16 (``features.*``) and the weights of its channels (``dists.alpha``, ``dists.beta``) from a file.

        Raises:
            BlindSRError: the file cannot be read, or contains other weights.
        """
        net, found = cls(), read_weights(path)
        names = {"alpha": "dists.alpha", "beta": "dists.beta"}
        names |= {
            name: name.replace("trunk.layers", "features") for name in net.state_dict() if name.startswith("trunk.")
        }
        fill_weights(net, found, names, path, "VGG-16 (features.*) and DISTS (dists.alpha, dists.beta)")
        return net

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Compare whole images; gradients reach both.

        Args:
            first: ``(n, 3, h, w)``, RGB in [0, 1].
            second: images of the same shape, or one image for all.

        Returns:
            ``(n,)``.

        Raises:
            BlindSRError: the images are too small for the network.
        """
        self.trunk.check(first, "DISTS")
        total = (self.alpha + self.beta).sum()
        weights = zip(*((one / total).split(self.sizes, 1) for one in (self.alpha, self.beta)), strict=True)
        similar = first.new_zeros(())
        for a, b, (alpha, beta) in zip(self._features(first), self._features(second), weights, strict=True):
            texture, structure = _similarity(a, b)
            similar = similar + (alpha * texture + beta * structure).sum((1, 2, 3))
        return 1 - similar

    def _features(self, x: Tensor) -> list[Tensor]:
        # In float32 even under autocast: variances are differences of nearly equal numbers
        return [x.float(), *(one.float() for one in self.trunk.features(x.float(), _blurred_pool))]


def _similarity(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Compare texture (means) and structure (covariance) per channel of ``(n, c, h, w)``: two ``(n, c, 1, 1)``."""
    mean: Callable[[Tensor], Tensor] = partial(torch.mean, dim=(2, 3), keepdim=True)
    mean_a, mean_b = mean(a), mean(b)
    var_a, var_b = mean((a - mean_a).square()), mean((b - mean_b).square())
    covariance = mean(a * b) - mean_a * mean_b
    texture = (2 * mean_a * mean_b + _C1) / (mean_a.square() + mean_b.square() + _C1)
    return texture, (2 * covariance + _C2) / (var_a + var_b + _C2)


def _blurred_pool(x: Tensor) -> Tensor:
    """L2 pooling by 2 with a 3x3 Hann window, which avoids aliasing."""
    hann = x.new_tensor([0.25, 0.5, 0.25])
    kernel = (hann[:, None] * hann).expand(x.shape[1], 1, 3, 3)
    return (F.conv2d(x.square(), kernel, stride=2, padding=1, groups=x.shape[1]) + _EPSILON).sqrt()
