"""AlexNet's convolutions (Krizhevsky, 2014), as torchvision has them."""

import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.nn.perceptual.trunk import Trunk

_PLAN = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
"""Input and output channels, kernel side, stride and padding of the convolutions."""
_POOLED = (1, 2)
"""Indices of the convolutions with a pooling before them."""


class AlexNet(Trunk):
    """Features after each of the five ReLUs."""

    channels = tuple(plan[1] for plan in _PLAN)
    least = 32

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(i, o, k, stride=s, padding=p) for i, o, k, s, p in _PLAN)

    def features(self, x: Tensor) -> list[Tensor]:
        """Map ``(n, 3, h, w)``, RGB in [0, 1], to five feature maps."""
        x, found = self.normalise(x), []
        for number, conv in enumerate(self.convs):
            x = F.relu(conv(F.max_pool2d(x, 3, 2) if number in _POOLED else x))
            found.append(x)
        return found
