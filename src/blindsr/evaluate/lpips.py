"""LPIPS (Zhang et al., CVPR 2018), version 0.1 on AlexNet, with weights from a file that the user names.

The file is the state dictionary of the authors' own network; where their package is installed,
``torch.save(lpips.LPIPS(net="alex").state_dict(), "lpips.pth")`` makes it.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr import images
from blindsr.errors import BlindSRError
from blindsr.nn.pretrained import read_tensors

_PLAN = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
"""Channels in and out, side, stride and padding of AlexNet's convolutions."""
_NAMES = ("net.slice1.0", "net.slice2.3", "net.slice3.6", "net.slice4.8", "net.slice5.10")
"""What the authors call them."""
_POOLED = (1, 2)
"""Convolutions that a pooling comes before."""
_EPSILON = 1e-10


class LPIPS(nn.Module):
    """How different two images look to people; 0 for equal ones, lower is better."""

    shift: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(i, o, k, stride=s, padding=p) for i, o, k, s, p in _PLAN)
        self.lins = nn.ModuleList(nn.Conv2d(plan[1], 1, 1, bias=False) for plan in _PLAN)
        self.register_buffer("shift", torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1))
        self.register_buffer("scale", torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1))
        self.requires_grad_(requires_grad=False)

    @classmethod
    def read(cls, path: Path) -> "LPIPS":
        """Take the weights from a file.

        Raises:
            BlindSRError: the file cannot be read, or is of another network.
        """
        net, found = cls(), read_tensors(path)
        ours = {
            f"{theirs}.{kind}": f"convs.{n}.{kind}" for n, theirs in enumerate(_NAMES) for kind in ("weight", "bias")
        }
        ours |= {f"lin{n}.model.1.weight": f"lins.{n}.weight" for n in range(len(_PLAN))}
        ours |= {"scaling_layer.shift": "shift", "scaling_layer.scale": "scale"}
        try:
            named = {name: found[theirs] for theirs, name in ours.items()}
            net.load_state_dict({name: one.reshape(net.state_dict()[name].shape) for name, one in named.items()})
        except (KeyError, RuntimeError):
            raise BlindSRError(
                f"{path} does not hold the weights of LPIPS 0.1 on AlexNet as its authors name them"
            ) from None
        return net.eval()

    @torch.no_grad()
    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Of whole images, the restored one rounded to 8 bit.

        Args:
            sr: ``(n, 3, h, w)``, RGB in [0, 1].
            hr: of the same shape.

        Returns:
            ``(n,)``.

        Raises:
            BlindSRError: images of less than 32 pixels a side.
        """
        if min(sr.shape[-2:]) < 32:
            raise BlindSRError(f"LPIPS needs images of at least 32x32 pixels, not {sr.shape[-1]}x{sr.shape[-2]}")
        total = torch.zeros(len(sr))
        for a, b, lin in zip(self._features(images.quantise(sr)), self._features(hr), self.lins, strict=True):
            total = total + lin((_unit(a) - _unit(b)).square()).mean((1, 2, 3)).cpu()
        return total

    def _features(self, x: Tensor) -> list[Tensor]:
        x = (2 * x.float() - 1 - self.shift) / self.scale
        found = []
        for number, conv in enumerate(self.convs):
            x = F.relu(conv(F.max_pool2d(x, 3, 2) if number in _POOLED else x))
            found.append(x)
        return found


def _unit(x: Tensor) -> Tensor:
    return x / (x.square().sum(1, keepdim=True).sqrt() + _EPSILON)
