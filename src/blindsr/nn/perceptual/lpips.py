"""LPIPS (Zhang et al., CVPR 2018), version 0.1, on AlexNet or VGG-16, with weights from a file given by the user.

State dictionaries of the authors are supported, and files with torchvision's VGG-16 and the authors' heads. If the
authors' package is installed, ``torch.save(lpips.LPIPS(net="alex").state_dict(), "lpips.pth")`` creates one.
"""

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from blindsr.nn.perceptual.alexnet import AlexNet
from blindsr.nn.perceptual.trunk import Trunk, fill_weights, read_weights
from blindsr.nn.perceptual.vgg import VGG

Net = Literal["alex", "vgg"]

_ALEX = ("net.slice1.0", "net.slice2.3", "net.slice3.6", "net.slice4.8", "net.slice5.10")
"""The authors' names of AlexNet's convolutions."""
_VGG_SLICES = (0, 5, 10, 17, 24)
"""First convolution of each slice of VGG-16 in the authors' code."""
_EPSILON = 1e-10


class LPIPS(nn.Module):
    """Perceptual distance between two images; 0 for equal images, lower is better."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net
        self.trunk: Trunk = AlexNet() if net == "alex" else VGG(16)
        self.heads = nn.ParameterList(torch.zeros(1, channels, 1, 1) for channels in self.trunk.channels)
        self.requires_grad_(requires_grad=False)

    @classmethod
    def from_file(cls, path: Path, net: Net = "alex") -> "LPIPS":
        """Load the weights from a file.

        Raises:
            BlindSRError: the file cannot be read, or contains another network.
        """
        own, found = cls(net), read_weights(path)
        theirs = {name: _theirs(name, plain="features.0.weight" in found) for name in own.state_dict()}
        title = {"alex": "AlexNet", "vgg": "VGG-16"}[net]
        fill_weights(own, found, theirs, path, f"LPIPS 0.1 on {title} as its authors name them")
        return own

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
        self.trunk.check(first, "LPIPS")
        maps = zip(self.trunk.features(first.float()), self.trunk.features(second.float()), self.heads, strict=True)
        parts = [(head * (_unit(a) - _unit(b)).square()).sum(1).mean((1, 2)) for a, b, head in maps]
        return torch.stack(parts).sum(0)


def _theirs(name: str, *, plain: bool) -> str:
    """Return the authors' name of a tensor; ``plain`` files have torchvision's names for the trunk."""
    part, kind = name.removeprefix("trunk.").split(".", 1)
    if part == "heads":
        return f"lin{kind}.model.1.weight"
    number, kind = kind.split(".")
    if part == "convs":
        return f"{_ALEX[int(number)]}.{kind}"
    if plain:
        return f"features.{number}.{kind}"
    piece = sum(int(number) >= first for first in _VGG_SLICES)
    return f"net.slice{piece}.{number}.{kind}"


def _unit(x: Tensor) -> Tensor:
    # The clamp keeps the gradient finite where no feature fires.
    return x / (x.square().sum(1, keepdim=True).clamp_min(_EPSILON**2).sqrt() + _EPSILON)
