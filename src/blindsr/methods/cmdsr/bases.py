"""BaseNets of CMDSR (Tables IV and X): published SR networks without conditioning.

Each maps ``(n, 3, h, w)`` to ``(n, 3, s*h, s*w)``. ``body`` contains the layers that CMDSR may modulate, ``margin`` is
the radius of the receptive field in LR pixels, ``floats_per_pixel`` the activation memory.
"""

import math
from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.degrade.resample import resize
from blindsr.methods.cmdsr import strips
from blindsr.nn.subpixel import REACH, Upsampler, average_subpixels

BaseName = Literal["srresnet", "vdsr", "idn", "edsr", "span"]

_NEAR_IDENTITY = 0.1
"""Gain with which a residual block begins; a network without skips would let nothing through."""


class BaseNet(nn.Module):
    """Interface of a BaseNet."""

    body: nn.Module
    """Holds the convolutions that are modulated."""
    margin: int
    """Radius of the receptive field in LR pixels."""
    floats_per_pixel: int
    """Numbers that are held at once for each LR pixel, at most."""
    gain: float = 1.0
    """Gain of the initial weights of the body; less than 1 for residual blocks."""
    spread: float = 0.1
    """Standard deviation of the initial modulation coefficients around 1, for features of unit size."""

    def convert_tensor(self, name: str, value: Tensor) -> Tensor:
        """Tensor of this network for one of a network with other settings; see `Method.convert_tensor`."""
        return value


class ResidualBlock(nn.Module):
    """``x + scale * conv(relu(conv(x)))``, without normalisation."""

    def __init__(self, channels: int, scale: float = 1.0) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        branch: Tensor = self.second(F.relu(self.first(x)))
        return x + branch if self.scale == 1 else x + self.scale * branch


class SRResNet(BaseNet):
    """SRResNet without batch normalisation (Section III-B); 10 blocks of 64 channels are the paper's BaseNet.

    No convolution closes the body, and there is no bicubic skip (as in the released code).
    """

    gain = _NEAR_IDENTITY

    def __init__(self, scale: int, blocks: int = 10, channels: int = 64) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(blocks)))
        self.upscaler = Upsampler(channels, scale)
        self.margin = 1 + 2 * blocks + REACH
        self.floats_per_pixel = 5 * channels

    def forward(self, lr: Tensor) -> Tensor:
        features = self.head(lr)
        sr: Tensor = self.upscaler(self.body(features) + features)
        return sr


class EDSR(BaseNet):
    """EDSR (Lim et al., 2017): 32 blocks of 256 channels, residual scaling 0.1."""

    gain = _NEAR_IDENTITY

    def __init__(self, scale: int, blocks: int = 32, channels: int = 256) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.Sequential(*(ResidualBlock(channels, 0.1) for _ in range(blocks)))
        self.close = nn.Conv2d(channels, channels, 3, padding=1)
        self.upscaler = Upsampler(channels, scale)
        self.margin = 2 + 2 * blocks + REACH
        self.floats_per_pixel = 5 * channels

    def forward(self, lr: Tensor) -> Tensor:
        features = self.head(lr)
        sr: Tensor = self.upscaler(self.close(self.body(features)) + features)
        return sr


class VDSR(BaseNet):
    """VDSR (Kim et al., 2016): ``blocks`` convolutions of 64 channels on the bicubically enlarged image, and a skip."""

    def __init__(self, scale: int, blocks: int = 18, channels: int = 64) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        layers = (layer for _ in range(blocks) for layer in (nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()))
        self.body = nn.Sequential(*layers)
        self.tail = nn.Conv2d(channels, 3, 3, padding=1)
        self.margin = math.ceil((blocks + 2) / scale) + 2
        self.floats_per_pixel = (3 * channels + 4) * scale**2

    def forward(self, lr: Tensor) -> Tensor:
        enlarged = resize(lr, self.scale)
        sr: Tensor = enlarged + self.tail(self.body(F.relu(self.head(enlarged))))
        return sr


class DistillationBlock(nn.Module):
    """IDN's DBlock: an enhancement unit that keeps a quarter of its channels back, then a 1x1 compression."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        kept = channels // 4
        self.kept = kept
        narrow, half = channels - kept, channels // 2
        self.short = nn.ModuleList(_conv3(i, o) for i, o in ((channels, narrow), (narrow, half), (half, channels)))
        self.long = nn.ModuleList(
            _conv3(i, o) for i, o in ((narrow, channels), (channels, narrow), (narrow, channels + kept))
        )
        self.compress = nn.Conv2d(channels + kept, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        shallow = x
        for conv in self.short:
            shallow = F.leaky_relu(conv(shallow), 0.05)
        kept, deep = shallow.split((self.kept, shallow.shape[1] - self.kept), 1)
        for conv in self.long:
            deep = F.leaky_relu(conv(deep), 0.05)
        return F.leaky_relu(self.compress(deep + torch.cat((x, kept), 1)), 0.05)


class IDN(BaseNet):
    """IDN (Hui et al., 2018): information distillation blocks, a 17x17 transposed convolution, a bicubic skip."""

    def __init__(self, scale: int, blocks: int = 4, channels: int = 64) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.ModuleList((_conv3(3, channels), _conv3(channels, channels)))
        self.body = nn.Sequential(*(DistillationBlock(channels) for _ in range(blocks)))
        self.tail = nn.ConvTranspose2d(channels, 3, 17, stride=scale, padding=8, output_padding=scale - 1)
        self.margin = 2 + 6 * blocks + math.ceil(8 / scale) + 1
        self.floats_per_pixel = 7 * channels

    def forward(self, lr: Tensor) -> Tensor:
        features = lr
        for conv in self.head:
            features = F.leaky_relu(conv(features), 0.05)
        sr: Tensor = self.tail(self.body(features)) + resize(lr, self.scale)
        return sr


class SPANBlock(nn.Module):
    """Three convolutions whose output, through an odd function, is also the attention on the block's own result."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.c1_r, self.c2_r, self.c3_r = (_conv3(channels, channels) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map ``(n, c, h, w)`` to the block's result and the features after its first convolution, both as large."""
        first = F.silu(self.c1_r(x))
        out = self.c3_r(F.silu(self.c2_r(first)))
        return (out + x) * (torch.sigmoid(out) - 0.5), first


class SPANBody(nn.Module):
    """The blocks of SPAN in a chain."""

    def __init__(self, blocks: int, channels: int) -> None:
        super().__init__()
        for number in range(1, blocks + 1):
            self.add_module(f"block_{number}", SPANBlock(channels))

    def states(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Results of the first and of the last block, and the last block's features after its first convolution."""
        first, *others = self.children()
        early, inner = first(x)
        x = early
        for block in others:
            x, inner = block(x)
        return early, x, inner

    def forward(self, x: Tensor) -> Tensor:
        return self.states(x)[1]


class SPAN(BaseNet):
    """SPAN (Wan et al., 2023, "Swift Parameter-free Attention Network"): 6 blocks of 48 channels, branches folded.

    The layers have the names of the published weights. Every convolution is local, so tiles equal the whole image.
    Features are those of an image in 0..255, so that learning rates above about 2e-4 are unstable.
    """

    spread = 0.0  # published weights restore from the first step, so modulation starts from exactly them

    def __init__(self, scale: int, blocks: int = 6, channels: int = 48) -> None:
        super().__init__()
        self.scale = scale
        self.register_buffer("mean", torch.tensor([0.4488, 0.4371, 0.4040]))
        self.conv_1 = _conv3(3, channels)
        self.body = SPANBody(blocks, channels)
        self.conv_2 = _conv3(channels, channels)
        self.conv_cat = nn.Conv2d(4 * channels, channels, 1)
        self.upsampler = nn.Sequential(_conv3(channels, 3 * scale**2), nn.PixelShuffle(scale))
        self.margin = 3 + 3 * blocks
        self.floats_per_pixel = 8 * channels

    def forward(self, lr: Tensor) -> Tensor:
        mean = self.get_buffer("mean").to(lr).view(1, 3, 1, 1)
        shallow: Tensor = self.conv_1(255 * (lr - mean))
        if strips.suits(lr, (conv for block in self.body.children() for conv in block.children())):
            early, last, inner = strips.states(self.body.children(), shallow)
            joined = strips.joined(self.conv_cat, [shallow, last, early, inner], self.conv_2)
            return strips.enlarged(cast("nn.Conv2d", self.upsampler[0]), joined, self.scale)
        early, last, inner = cast("SPANBody", self.body).states(shallow)
        sr: Tensor = self.upsampler(self.conv_cat(torch.cat((shallow, self.conv_2(last), early, inner), 1)))
        return sr

    def convert_tensor(self, name: str, value: Tensor) -> Tensor:
        """Average the sub-pixels of a network of twice, three or four times the scale."""
        multiples = [3 * (factor * self.scale) ** 2 for factor in (2, 3, 4)]
        is_last = name in ("upsampler.0.weight", "upsampler.0.bias")
        return average_subpixels(value, self.scale) if is_last and len(value) in multiples else value


BASES: dict[BaseName, type[SRResNet] | type[EDSR] | type[VDSR] | type[IDN] | type[SPAN]] = {
    "srresnet": SRResNet,
    "vdsr": VDSR,
    "idn": IDN,
    "edsr": EDSR,
    "span": SPAN,
}


def _conv3(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)
