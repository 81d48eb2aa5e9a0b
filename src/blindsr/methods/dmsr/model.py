"""DMSR: Degradation-Guided Meta-Restoration Network for Blind Super-Resolution (Yang et al., 2022).

An extractor estimates the noise of every pixel and the blur kernel of the image. The SR network inverts the degradation
step by step: a meta-denoise module uses the noise as biases, residual groups and an upsampler enlarge, and a
meta-deblur module filters every pixel by weights predicted from the kernel.

| paper | here |
|---|---|
| degradation extractor, Table B.6 | `extractor.Extractor` |
| meta-denoise module, Eq. 3 | `Network.denoise` |
| residual groups and upsampler, Table B.7 | `ResidualGroup`, `Network` |
| meta-deblur module, Table B.7 | `deblur.MetaDeblur` |

Deviations are listed in the README in this folder.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from blindsr.contract import Estimate, Hints, Method, StrictModel, Traits, check_image
from blindsr.degrade import kernels
from blindsr.devices import is_traced
from blindsr.errors import BlindSRError, Code
from blindsr.methods.dmsr.deblur import MetaDeblur, principal_components
from blindsr.methods.dmsr.extractor import (
    KERNEL,
    Extractor,
    fit_kernel,
    kernel_of,
    noise_level,
    paper_family,
    predicted_level,
)
from blindsr.nn.blocks import initialise, windows
from blindsr.nn.subpixel import REACH, PixelShuffle, factors, initialise_icnr

_MARGIN = 32
"""Context in LR pixels beyond which the residual groups have no measurable influence."""
_BAND = 2**19
"""Number of HR pixels that are computed at a time without gradients."""
_SAMPLES = 4096
"""Number of kernels whose principal components initialise the code."""
_FAINTEST = 1.0
"""Lower bound of the estimated noise level, 0..255: the median can be 0 although the noise map is not."""
_LOUDEST = 75.0
"""Largest noise level of the training data, 0..255 (Section 4.1)."""


class DMSRConfig(StrictModel):
    """Everything that fixes the shape of the networks and their use."""

    scale: Literal[2, 3, 4] = 4
    groups: int = Field(5, gt=0, description="residual groups")
    blocks: int = Field(20, gt=0, description="RCABs in a group")
    channels: int = Field(64, gt=0)
    reduction: int = Field(16, gt=0, description="reduction of the channel attention")
    extractor: int = Field(64, gt=0, description="channels of the degradation extractor")
    noise: Literal["map", "sigma", "none"] = Field("map", description="input of the meta-denoise module, Table 3")
    deblur: int = Field(1, ge=0, le=3, description="meta-deblur modules in a row, Tables 3 and 4")
    code: int = Field(15, gt=0, description="length of the reduced kernel")
    window: int = Field(128, gt=15, description="side of the windows for the condition of a large image, LR pixels")
    windows: int = Field(
        4, gt=0, description="largest number of windows, in a grid; images of up to as many pixels are used whole"
    )


@dataclass(frozen=True)
class DMSRCondition:
    """Condition of an image."""

    kernel: Tensor
    """``(1, 15, 15)``."""
    confidence: float | None
    """1 if the kernels of all windows have the same width; None if the kernel was given."""
    noise: Tensor
    """Noise level of each channel ``(3,)``, 0..255."""
    factor: float
    """Factor of the noise map, or of the level if that is the network's input (Table 3)."""
    attention: dict[str, Tensor]
    """Input of each channel attention of the network, ``(1, channels)``, by name."""


class ChannelAttention(nn.Module):
    """Channel attention of RCAN: gains of channels from their means over the image.

    Callers may provide the means, since the means of a tile differ from those of the image.
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        inner = max(1, channels // reduction)
        self.down, self.up = nn.Conv2d(channels, inner, 1), nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor, means: "Means | None" = None) -> Tensor:
        """Compute gains ``(n, channels, 1, 1)`` for an input ``(n, channels, h, w)``."""
        used = channel_means(x) if means is None else means(self, x)
        return torch.sigmoid(self.up(F.relu(self.down(used.to(x.dtype)[:, :, None, None]))))


Means: TypeAlias = Callable[[ChannelAttention, Tensor], Tensor]
"""Returns the means ``(n, channels)`` that a channel attention uses for an input; passed through the network as an
argument, so that threads can share the modules."""


def channel_means(x: Tensor) -> Tensor:
    """Compute the means over the image ``(n, channels)``, in float32."""
    return x.mean((2, 3), dtype=torch.float32)


class RCAB(nn.Module):
    """Residual channel attention block."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.attention = ChannelAttention(channels, reduction)

    def forward(self, x: Tensor, means: Means | None = None) -> Tensor:
        y: Tensor = self.second(F.relu(self.first(x), inplace=True))
        return torch.addcmul(x, y, self.attention(y, means))  # one pass over memory for two


class ResidualGroup(nn.Module):
    """RCABs and a convolution, added to the input."""

    def __init__(self, config: DMSRConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(RCAB(config.channels, config.reduction) for _ in range(config.blocks))
        self.last = nn.Conv2d(config.channels, config.channels, 3, padding=1)

    def forward(self, x: Tensor, means: Means | None = None) -> Tensor:
        features = x
        for block in self.blocks:
            features = block(features, means)
        y: Tensor = self.last(features)
        return x + y


class Network(nn.Module):
    """Table B.7: network from LR image, noise map and kernel to the SR image."""

    def __init__(self, config: DMSRConfig) -> None:
        super().__init__()
        c = config.channels
        self.scale = config.scale
        self.denoise = nn.Conv2d(3 if config.noise == "none" else 6, c, 1)
        self.head = nn.Conv2d(c, c, 3, padding=1)
        self.groups = nn.ModuleList(ResidualGroup(config) for _ in range(config.groups))
        self.trunk = nn.Conv2d(c, c, 3, padding=1)
        stages = ((nn.Conv2d(c, c * f**2, 3, padding=1), PixelShuffle(f), nn.ReLU()) for f in factors(config.scale))
        self.upsampler = nn.Sequential(*(layer for stage in stages for layer in stage))
        self.rgb = nn.Conv2d(c, 3, 3, padding=1)
        self.deblur = nn.ModuleList(MetaDeblur(_components(config)) for _ in range(config.deblur))
        self.last = nn.Conv2d(3, 3, 3, padding=1)
        self._initialise()

    @torch.no_grad()
    def _initialise(self) -> None:
        """Initialise the network as an enlargement of the image, with gradients in all layers."""
        initialise(self.denoise)
        initialise(self.head)
        for module in (self.groups, self.trunk):
            initialise(module, gain=0.1)
        for block in self.groups.modules():
            if isinstance(block, RCAB):
                initialise(block.first, "relu")
        initialise(self.upsampler)
        initialise_icnr(self.upsampler)
        initialise(self.rgb, gain=0.5)
        # The last convolution starts as nothing but the image itself.
        self.last.weight.mul_(0.1)
        for channel in range(3):
            self.last.weight[channel, channel, 1, 1] += 1

    def forward(self, lr: Tensor, noise: Tensor | None, kernel: Tensor, means: Means | None = None) -> Tensor:
        """Restore images.

        Args:
            lr: ``(n, 3, h, w)``.
            noise: noise maps of the same shape.
            kernel: ``(n, 15, 15)``.
            means: provides the means for channel attentions; by default, those of their inputs.

        Returns:
            ``(n, 3, s*h, s*w)``.
        """
        head, deep = self.deep_features(lr, noise, means)
        x = self._enlarged(head + self.trunk(deep))
        for module in self.deblur:
            x = module(x, kernel)
        sr: Tensor = self.last(x)
        return sr.float()

    def deep_features(self, lr: Tensor, noise: Tensor | None, means: Means | None = None) -> tuple[Tensor, Tensor]:
        """Compute features ``(n, c, h, w)`` before and after the residual groups; arguments as in `forward`."""
        head = self.head(self.denoise(lr if noise is None else torch.cat((lr, noise), 1)))
        x = head
        for group in self.groups:
            x = group(x, means)
        return head, x

    def _enlarged(self, x: Tensor) -> Tensor:
        """Map features ``(n, c, h, w)`` to an image ``(n, 3, s*h, s*w)``.

        These activations are the largest of the network, so without gradients they are computed in strips of rows, with
        the required context.
        """
        (n, _, height, width), scale = x.shape, self.scale
        if torch.is_grad_enabled() or is_traced():
            return cast("Tensor", self.rgb(self.upsampler(x))).float()
        rows = max(1, _BAND // (n * width * scale**2))
        if rows >= height:
            return cast("Tensor", self.rgb(self.upsampler(x))).float()
        out = x.new_empty((n, 3, scale * height, scale * width), dtype=torch.float32)
        for top in range(0, height, rows):
            bottom, first = min(height, top + rows), max(0, top - REACH)
            band = self.rgb(self.upsampler(x[..., first : bottom + REACH, :]))
            out[..., scale * top : scale * bottom, :] = band[..., scale * (top - first) : scale * (bottom - first), :]
        return out


class DMSR(Method[DMSRCondition]):
    """Extractor and SR network; the condition is the kernel, the noise, and channel means of the whole image."""

    Config = DMSRConfig
    supported_hints = frozenset({"kernel", "noise"})
    config: DMSRConfig

    def __init__(self, config: DMSRConfig) -> None:
        super().__init__()
        self.config = config
        self.extractor = Extractor(config.extractor)
        self.net = Network(config)

    @classmethod
    def small_configs(cls) -> dict[str, StrictModel]:
        small = DMSRConfig(scale=2, groups=1, blocks=2, channels=8, reduction=4, extractor=8)
        return {
            "map": small,
            "x4": small.model_copy(update={"scale": 4}),
            "sigma": small.model_copy(update={"noise": "sigma"}),
            "none": small.model_copy(update={"noise": "none"}),
        }

    @property
    def traits(self) -> Traits:
        config = self.config
        body = config.groups * (2 * config.blocks + 1) + 4
        after = math.ceil((config.deblur * MetaDeblur.radius + 3) / config.scale)
        held = max(5 * config.channels + 16, 15 * config.scale**2)  # of the groups, or of the images after them
        return Traits(config.scale, min(body, _MARGIN) + Extractor.radius + after, held)

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> DMSRCondition:
        """Estimate kernel and noise once from the whole image, or from evenly spread windows of a large one."""
        check_image(lr)
        seen = self.encoder_input(lr, generator)
        features = self.extractor.features(seen)
        scores = self.extractor.scores(features)
        kernel = kernel_of(scores.mean(0, keepdim=True))
        confidence: float | None = _agreement(kernel_of(scores))
        if hints.kernel is not None:
            kernel, confidence = fit_kernel(hints.kernel).to(lr)[None], None
        map_ = self.extractor.noise(features).float()
        as_number = self.config.noise == "sigma"
        level = predicted_level(map_) if as_number else noise_level(seen, map_)
        factor = 1.0
        if hints.noise is not None:
            # A level that the network gets as a number takes the place of the estimate; a map is scaled to it.
            factor = 1.0 if as_number else _gain(hints.noise, float(level.mean()), map_)
            level = torch.full_like(level, hints.noise)
        attention = self._attention(seen, self.noise_input(seen, level, factor, map_))
        return DMSRCondition(kernel, confidence, level, factor, attention)

    def encoder_input(self, lr: Tensor, generator: torch.Generator) -> Tensor:
        return windows(lr, self.config.window, self.config.windows)

    def encode(self, encoder_input: Tensor) -> dict[str, Tensor]:
        features = self.extractor.features(encoder_input)
        kernel = kernel_of(self.extractor.scores(features).mean(0, keepdim=True))
        map_ = self.extractor.noise(features).float()
        level = predicted_level(map_)  # used by networks alone whose extractor predicts a level
        attention = self._attention(encoder_input, self.noise_input(encoder_input, level, noise_map=map_))
        return self.to_tensors(DMSRCondition(kernel, None, level, 1.0, attention))

    def to_tensors(self, condition: DMSRCondition) -> dict[str, Tensor]:
        given = {"kernel": condition.kernel, "attention": torch.cat(list(condition.attention.values()))}
        if self.config.noise == "sigma":
            given["noise"] = condition.noise
        if self.config.noise != "none":
            given["factor"] = condition.noise.new_full((1,), condition.factor)
        return given

    def from_tensors(self, tensors: Mapping[str, Tensor]) -> DMSRCondition:
        attention = dict(zip(self._attentions(), tensors["attention"].split(1), strict=True))
        factor = cast("float", tensors.get("factor", 1.0))  # a tensor of one number, which is as good
        return DMSRCondition(
            tensors["kernel"], None, tensors.get("noise", tensors["kernel"].new_zeros(3)), factor, attention
        )

    def restore(self, lr: Tensor, condition: DMSRCondition) -> Tensor:
        """Restore with the noise map of the tile, and kernel and attention of the whole image."""
        check_image(lr)
        noise = self.noise_input(lr, condition.noise, condition.factor)
        given = {layer: condition.attention[name] for name, layer in self._attentions().items()}
        kernel = condition.kernel.expand(len(lr), -1, -1)
        sr: Tensor = self.net(lr, noise, kernel, lambda layer, _: given[layer])
        return sr

    def noise_input(
        self, lr: Tensor, level: Tensor, factor: float = 1.0, noise_map: Tensor | None = None
    ) -> Tensor | None:
        """Noise input of the meta-denoise module: a map, a constant level, or None (Table 3).

        Args:
            lr: ``(n, 3, h, w)``.
            level: noise level, ``(3,)`` or ``(n, 3)``, 0..255.
            factor: of the map or the level.
            noise_map: of ``lr``; it is estimated if not given.
        """
        if self.config.noise == "none":
            return None
        if self.config.noise == "sigma":
            return (factor * level / 255).to(lr).view(-1, 3, 1, 1).expand(lr.shape[0], -1, *lr.shape[2:])
        return factor * (self.extractor.noise_map(lr) if noise_map is None else noise_map)

    def describe(self, condition: DMSRCondition) -> dict[str, Any]:
        along, across, angle = kernels.widths(condition.kernel[0])
        return {
            "kernel": "given" if condition.confidence is None else "estimated",
            "kernel widths": [round(along, 3), round(across, 3)],
            "kernel angle": round(angle, 1),
            "kernel confidence": None if condition.confidence is None else round(condition.confidence, 3),
            "noise": [round(value, 2) for value in condition.noise.tolist()],
            "noise factor": round(condition.factor, 3),
        }

    def estimate(self, condition: DMSRCondition) -> Estimate:
        return Estimate(condition.kernel[0], condition.noise.clamp(min=0), condition.confidence, "bicubic")

    def pack(self, condition: DMSRCondition) -> dict[str, Tensor]:
        numbers = torch.tensor([condition.factor, -1.0 if condition.confidence is None else condition.confidence])
        return {"kernel": condition.kernel, "noise": condition.noise, "numbers": numbers, **condition.attention}

    def unpack(self, tensors: Mapping[str, Tensor]) -> DMSRCondition:
        shapes = {"kernel": (1, KERNEL, KERNEL), "noise": (3,), "numbers": (2,)}
        shapes |= {name: (1, layer.down.in_channels) for name, layer in self._attentions().items()}
        if {name: tuple(tensor.shape) for name, tensor in tensors.items()} != shapes:
            raise BlindSRError("not a condition of this DMSR network", Code.INCOMPATIBLE)
        factor, confidence = tensors["numbers"].tolist()
        attention = {name: tensors[name] for name in self._attentions()}
        return DMSRCondition(
            tensors["kernel"], None if confidence < 0 else confidence, tensors["noise"], factor, attention
        )

    def _attention(self, lr: Tensor, noise: Tensor | None) -> dict[str, Tensor]:
        """Run the residual groups, and record the input of every channel attention."""
        seen: dict[ChannelAttention, Tensor] = {}

        def noted(layer: ChannelAttention, x: Tensor) -> Tensor:
            means = channel_means(x)
            seen[layer] = means.mean(0, keepdim=True)
            return means

        self.net.deep_features(lr, noise, noted)
        return {name: seen[layer] for name, layer in self._attentions().items()}

    def _attentions(self) -> dict[str, ChannelAttention]:
        return {name: layer for name, layer in self.net.named_modules() if isinstance(layer, ChannelAttention)}


def _gain(wanted: float, level: float, noise: Tensor) -> float:
    """Return the factor by which a noise map ``(n, 3, h, w)`` gets the requested level, both 0..255.

    The map also contains lines and texture, which its level does not include. The factor is limited such that the
    standard deviation of the whole map does not exceed the largest noise level of the training data.
    """
    whole = 255 * float(noise.square().mean().sqrt())
    return min(wanted / max(level, _FAINTEST), max(1.0, _LOUDEST / max(whole, _FAINTEST)))


def _agreement(kernel: Tensor) -> float:
    """Return the agreement of kernels ``(n, k, k)``: 1 for equal widths, smaller the more they differ."""
    widths = kernels.kernel_covariance(kernel).diagonal(dim1=1, dim2=2).mean(1).sqrt()
    return math.exp(-float((widths / widths.median().clamp(min=0.1) - 1).abs().mean()))


def _components(config: DMSRConfig) -> Tensor:
    return principal_components(paper_family(config.scale).sample(_SAMPLES, 0).kernels, config.code)
