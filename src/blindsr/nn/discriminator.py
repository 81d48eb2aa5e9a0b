"""A small discriminator for adversarial training on a CPU."""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class PatchDiscriminator(nn.Module):
    """Discriminator of overlapping patches (Isola et al., CVPR 2017), with spectral normalisation.

    Its receptive field is 46x46 pixels. Without upsampling layers, it needs a twentieth of the operations of
    Real-ESRGAN's U-Net.
    """

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        widths = (3, channels, 2 * channels, 4 * channels)
        self.down = nn.ModuleList(spectral_norm(nn.Conv2d(i, o, 4, stride=2, padding=1)) for i, o in pairwise(widths))
        self.last = spectral_norm(nn.Conv2d(widths[-1], 1, 4, padding=1))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Map ``(n, 3, h, w)`` to logits ``(n, 1, h / 8 - 1, w / 8 - 1)``, positive for a photograph, and features."""
        features = []
        for conv in self.down:
            x = F.leaky_relu(conv(x), 0.2)
            features.append(x)
        logits: Tensor = self.last(x)
        return logits, features
