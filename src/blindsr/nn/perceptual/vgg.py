"""The convolutions of VGG-16 and VGG-19 (Simonyan and Zisserman, ICLR 2015), numbered as in torchvision."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.nn.perceptual.trunk import Trunk, fill_weights, read_weights

Depth = Literal[16, 19]
Pool = Callable[[Tensor], Tensor]

_COUNTS: dict[Depth, tuple[int, ...]] = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Number of convolutions before each pooling."""
_MAX: Pool = partial(F.max_pool2d, kernel_size=2)


class VGG(Trunk):
    """Features of the last convolution before each pooling; never trained."""

    channels = (64, 128, 256, 512, 512)
    least = 16

    def __init__(self, depth: Depth) -> None:
        super().__init__()
        self.depth = depth
        plan, inputs = {}, 3
        for number, channels in self._numbered():
            plan[str(number)] = nn.Conv2d(inputs, channels, 3, padding=1)
            inputs = channels
        self.layers = nn.ModuleDict(plan)
        self.requires_grad_(requires_grad=False)

    @classmethod
    def from_file(cls, path: Path, depth: Depth) -> "VGG":
        """Load the weights from a file with torchvision's names; other tensors, such as the classifier's, are ignored.

        Raises:
            BlindSRError: the file cannot be read, or contains another network.
        """
        net = cls(depth)
        net.take(read_weights(path), path)
        return net

    def take(self, tensors: Mapping[str, Tensor], path: Path) -> None:
        """Load the weights from the tensors of a file."""
        names = {name: f"features.{name.removeprefix('layers.')}" for name in self.state_dict()}
        fill_weights(self, tensors, names, path, f"VGG-{self.depth} as torchvision names them")

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map ``(n, 3, h, w)``, RGB in [0, 1], to five feature maps before their ReLU."""
        return self._maps(x, _MAX)

    def features(self, x: Tensor, pool: Pool = _MAX) -> list[Tensor]:
        """Compute the maps of `forward` after their ReLU, with any pooling by 2."""
        return [F.relu(found) for found in self._maps(x, pool)]

    def _maps(self, x: Tensor, pool: Pool) -> list[Tensor]:
        x, found, convs = self.normalise(x), [], iter(self.layers.values())
        for stage, count in enumerate(_COUNTS[self.depth]):
            if stage:
                x = pool(x)
            for number in range(count):
                y = next(convs)(x)
                x = F.relu(y)
                if number == count - 1:
                    found.append(y)
        return found

    def _numbered(self) -> Iterator[tuple[int, int]]:
        """Torchvision's number of each convolution and its channels; ReLUs and poolings have numbers of their own."""
        number = 0
        for count, channels in zip(_COUNTS[self.depth], self.channels, strict=True):
            for _ in range(count):
                yield number, channels
                number += 2
            number += 1
