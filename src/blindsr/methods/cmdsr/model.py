"""CMDSR: Conditional Hyper-Network for Blind Super-Resolution with Multiple Degradations (Yin et al., TIP 2022).

A ConditionNet reads a support set of LR patches that were degraded alike and condenses it to one vector; fully
connected layers turn the vector into one coefficient per input channel of each convolution in the body of any BaseNet,
whose weights are scaled by it (Eq. 3). One forward pass adapts the network to an unknown degradation.

| paper | here |
|---|---|
| ConditionNet F_c, Eq. 2 | `ConditionNet` |
| modulation layers, Eq. 3 | `Modulated` |
| adapted BaseNet F_sr, Eq. 4 | `CMDSR.restore_tasks`, `CMDSR.restore` |
| Algorithm 2 | `CMDSR.condition`, then `CMDSR.restore` |

Deviations are listed in the README in this folder.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn

from blindsr.contract import Hints, Method, StrictModel, Traits, check_image
from blindsr.devices import is_traced
from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr.bases import BASES, BaseName, BaseNet
from blindsr.methods.cmdsr.support import support_sets
from blindsr.nn.blocks import initialise, with_tensors
from blindsr.nn.discriminator import PatchDiscriminator
from blindsr.nn.subpixel import Upsampler, initialise_icnr

_BLACKEST = 4 / 255
"""Smallest value of ConditionNet's input: a large area of 0 gives no response at all, unlike any photograph."""

_MEANT = (-1.0, 2.0)
"""Bounds of results: values beyond are meaningless, and SPAN gives hundreds for white noise."""

_RESPONSE = 60.0
"""Norm of ConditionNet's first filters at the start; fine structure is a few hundredths of the range of an image."""


class CMDSRConfig(StrictModel):
    """Everything that fixes the shape of the networks."""

    scale: Literal[2, 3, 4] = 4
    base: BaseName = Field("srresnet", description="the BaseNet")
    blocks: int | None = Field(None, gt=0, description="its blocks; the published number by default")
    channels: int | None = Field(None, gt=0, description="its channels; the published number by default")
    modulation: Literal["scale", "sft", "none"] = Field("scale", description="Eq. 3, Table IX, or no ConditionNet")
    support: int = Field(20, gt=0, description="n, patches in a support set")
    patch: int = Field(48, gt=1, description="side of a support patch, LR pixels")
    sets: int = Field(
        8, gt=0, description="largest number of support sets whose features are averaged for an image; 1 in the paper"
    )
    features: int = Field(128, gt=1, description="length of the conditional feature")
    end: Literal["relu", "leaky"] = Field("relu", description="activation before ConditionNet's pooling")
    denoise: float = Field(
        0, ge=0, description="factor of the input for the share of noise to remove; 0 for no such input"
    )
    discriminator: int = Field(0, ge=0, description="channels of the discriminator of the vivid stage; 0 for none")

    @model_validator(mode="before")
    @classmethod
    def _published_size(cls, values: Any) -> Any:
        """Fill in the size of the published BaseNet, so that cards and recipes contain it."""
        base = BASES.get(values.get("base", "srresnet")) if isinstance(values, dict) else None
        if base is None:
            return values
        sizes = {name: inspect.signature(base).parameters[name].default for name in ("blocks", "channels")}
        return {**values, **{name: size for name, size in sizes.items() if values.get(name) is None}}


class ConditionNet(nn.Module):
    """Eq. 2: a support set ``(k, n, 3, p, p)`` of k tasks to conditional features ``(k, features)``.

    Features are non-negative unless the network has a leaky end, whose outputs cannot die.
    """

    def __init__(self, support: int, features: int, end: str = "relu") -> None:
        super().__init__()
        self.slope = 0.0 if end == "relu" else 0.1
        half = features // 2
        self.convs = nn.ModuleList(
            nn.Conv2d(i, o, 3, padding=1)
            for i, o in ((3 * support, half), (half, half), (half, features), (features, features))
        )
        for conv in self.convs:
            # Features that start near zero stay there: both distances of Eq. 8 are squared, so it is a saddle.
            initialise(conv, "relu")
        _start_with_a_filter_bank(self, support)

    def forward(self, support: Tensor) -> Tensor:
        x = support.flatten(1, 2).contiguous(memory_format=torch.channels_last)
        x = F.relu(self.convs[1](F.relu(self.convs[0](x))))
        x = F.avg_pool2d(x, 2)
        x = F.leaky_relu(self.convs[3](F.relu(self.convs[2](x))), self.slope)
        # Tasks differ by less than bfloat16 resolves, and a mean of many rounded values recovers it.
        return x.float().mean((-2, -1))


class Modulated(nn.Module):
    """A convolution of the BaseNet whose input channels are scaled (Eq. 3), or affinely transformed (SFT, Table IX).

    Scaling the input channels *is* scaling the weights, ``conv(x * f; w) = conv(x; w * f)``, and needs no
    convolution per task. The coefficients ``(n, channels)`` are those of one call, made on a copy of the BaseNet;
    empty ones leave the convolution as it is.
    """

    coefficients: Tensor

    def __init__(self, conv: nn.Conv2d, features: int, *, sft: bool, spread: float) -> None:
        super().__init__()
        channels = conv.in_channels
        self.conv = conv
        self.modulation = nn.Linear(features, channels)
        # Coefficients start around 1, so that training starts from the plain BaseNet.
        nn.init.ones_(self.modulation.bias)
        nn.init.normal_(self.modulation.weight, std=spread * features**-0.5)
        self.affine = nn.ModuleList((_SFTBranch(channels), _SFTBranch(channels))) if sft else None
        self.register_buffer("coefficients", torch.empty(0), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.coefficients.numel() == 0:
            return self._convolve(x)
        maps = self.coefficients.to(x.dtype)[:, :, None, None]
        if self.affine is None:
            return self._convolve(x * maps)
        joined = torch.cat((x, maps.expand(len(x), -1, *x.shape[-2:])), 1)
        gain, offset = self.affine
        return self._convolve(x * torch.sigmoid(gain(joined)) + offset(joined))

    def _convolve(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y


class _SFTBranch(nn.Sequential):
    """Image features joined with the coefficients to one factor or offset per pixel (SFT layer of IKC)."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            nn.Conv2d(2 * channels, channels, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.Conv2d(channels, channels, 3, padding=1),
        )


class CMDSR(Method[Tensor]):
    """ConditionNet and adapted BaseNet; the condition is the feature ``(1, features)``."""

    Config = CMDSRConfig
    supported_hints = frozenset({"support"})
    training_only = ("discriminator",)
    config: CMDSRConfig

    def __init__(self, config: CMDSRConfig) -> None:
        super().__init__()
        self.config = config
        sizes = {name: value for name in ("blocks", "channels") if (value := getattr(config, name)) is not None}
        self.base: BaseNet = BASES[config.base](config.scale, **sizes)
        initialise(self.base)
        initialise(self.base.body, "relu", gain=self.base.gain)
        for layer in self.base.modules():
            if isinstance(layer, Upsampler):
                initialise_icnr(layer.layers)
        self.condition_net: ConditionNet | None = None
        if config.modulation == "none":
            self.supported_hints = frozenset()  # support images are not used
        else:
            self.condition_net = ConditionNet(config.support, config.features, config.end)
            if config.denoise:
                self.supported_hints = frozenset({"support", "denoise"})
            _modulate(self.base.body, config, self.base.spread)
        self.discriminator = PatchDiscriminator(config.discriminator) if config.discriminator else None

    @classmethod
    def small_configs(cls) -> dict[str, StrictModel]:
        small = CMDSRConfig(scale=2, blocks=2, channels=8, support=2, patch=8, features=8)
        bases: dict[str, StrictModel] = {base: small.model_copy(update={"base": base}) for base in BASES}
        return {
            **bases,
            "x4": small.model_copy(update={"scale": 4}),
            "denoise": small.model_copy(update={"denoise": 1.0}),
            "sft": small.model_copy(update={"modulation": "sft"}),
            "none": small.model_copy(update={"modulation": "none"}),
        }

    @property
    def traits(self) -> Traits:
        margin, floats = self.base.margin, self.base.floats_per_pixel
        if self.config.modulation == "sft":
            # Its branches look two pixels further at every modulated layer, and hold features of their own.
            margin, floats = margin + 2 * len(self.modulated()), 3 * floats
        # With few channels, the enlarged image takes more than the features.
        return Traits(self.config.scale, margin, max(floats, 7 * self.config.scale**2))

    def modulated(self) -> dict[str, Modulated]:
        """The modulated convolutions by their names in the BaseNet."""
        return {name: layer for name, layer in self.base.named_modules() if isinstance(layer, Modulated)}

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> Tensor:
        """Algorithm 2, lines 1 and 2: the feature ``(1, features)`` of n random patches of the image, or of others.

        The mean of several such features for all but small images, so that little depends on the patches. Images
        smaller than a patch are continued by reflection. The last number is the share of noise to remove where that is
        an input.
        """
        images = list(hints.support or [lr])
        for image in (lr, *images):
            check_image(image)
        if self.condition_net is None:
            return lr.new_zeros(1, 0)
        return self._feature(self._support(images, generator), 1.0 if hints.denoise is None else hints.denoise)

    def encoder_input(self, lr: Tensor, generator: torch.Generator) -> Tensor | None:
        return None if self.condition_net is None else self._support([lr], generator)

    def encode(self, encoder_input: Tensor) -> dict[str, Tensor]:
        return {"feature": self._feature(encoder_input, 1.0)}

    def _feature(self, support: Tensor, denoise: float) -> Tensor:
        assert self.condition_net is not None
        feature: Tensor = self.condition_net(support)
        return self.with_denoise(feature.float().mean(0, keepdim=True), denoise)

    def _support(self, images: Sequence[Tensor], generator: torch.Generator) -> Tensor:
        config = self.config
        return support_sets(images, config.sets, config.support, config.patch, generator).clamp(min=_BLACKEST)

    def with_denoise(self, feature: Tensor, denoise: float | Tensor) -> Tensor:
        """Features ``(k, features)`` with the share of noise to remove, one number or ``(k,)``, as the last column.

        It is multiplied by a number from the configuration. Adam changes all weights of a layer by about the same
        amount, so that one input in [0, 1] next to a hundred features would be learned a hundred times as slowly.
        """
        if not self.config.denoise:
            return feature
        share = torch.as_tensor(denoise, dtype=feature.dtype, device=feature.device).expand(len(feature))
        return torch.cat((feature, self.config.denoise * share[:, None]), 1)

    def restore(self, lr: Tensor, condition: Tensor) -> Tensor:
        """Algorithm 2, lines 3 and 4: adapt the weights once, then run the BaseNet as it is."""
        check_image(lr)
        # Other runtimes are faster with a product before a convolution than with weights that they are given
        if self.config.modulation != "scale" or is_traced():
            return self.restore_tasks(lr, condition.expand(len(lr), -1)).clamp(*_MEANT)
        sr: Tensor = self.folded(condition)(lr)
        return sr.float().clamp(*_MEANT)

    def folded(self, condition: Tensor) -> BaseNet:
        """The BaseNet as it is for one condition ``(1, features)``: a plain network with the weights of Eq. 3."""
        weights = {
            f"{name}.conv.weight": layer.conv.weight * layer.modulation(condition).view(1, -1, 1, 1)
            for name, layer in self.modulated().items()
        }
        net = with_tensors(self.base, weights)
        for name in self.modulated():
            net.set_submodule(name, net.get_submodule(f"{name}.conv"))
        return net

    def modulated_feature(self, condition: Tensor) -> Tensor:
        """Coefficients of the first modulation layer (Figure 6): ``(n, channels)`` of conditions ``(n, features)``."""
        first = next(iter(self.modulated().values()))
        coefficients: Tensor = first.modulation(condition)
        return coefficients.float()

    def pack(self, condition: Tensor) -> dict[str, Tensor]:
        return {"feature": condition}

    def to_tensors(self, condition: Tensor) -> dict[str, Tensor]:
        return {} if self.condition_net is None else self.pack(condition)

    def from_tensors(self, tensors: Mapping[str, Tensor]) -> Tensor:
        return tensors["feature"] if tensors else torch.zeros(1, 0)

    def unpack(self, tensors: Mapping[str, Tensor]) -> Tensor:
        length = 0 if self.condition_net is None else self.config.features + bool(self.config.denoise)
        if tensors.keys() != {"feature"} or tensors["feature"].shape != (1, length):
            raise BlindSRError(f"not a condition of CMDSR: expected one feature of {length} numbers", Code.INCOMPATIBLE)
        return tensors["feature"]

    def remap_key(self, name: str) -> str:
        own = self.state_dict().keys()
        layer, _, leaf = name.rpartition(".")
        # Files of a BaseNet alone, as published, have its names without a prefix
        for prefix in ("", "base.", "base.body."):
            for place in (f"{prefix}{name}", f"{prefix}{layer}.conv.{leaf}"):
                if place in own:
                    return place
        return name

    def convert_tensor(self, name: str, value: Tensor) -> Tensor:
        part, _, rest = name.partition(".")
        return self.base.convert_tensor(rest, value) if part == "base" else value

    def restore_tasks(self, lr: Tensor, features: Tensor) -> Tensor:
        """Eq. 4 for images of different tasks in one pass.

        Args:
            lr: ``(n, 3, h, w)``.
            features: the conditional feature of each image's task, ``(n, features)``.

        Returns:
            ``(n, 3, s*h, s*w)``.
        """
        given = {f"{name}.coefficients": layer.modulation(features) for name, layer in self.modulated().items()}
        sr: Tensor = with_tensors(self.base, given)(lr)
        return sr.float()


@torch.no_grad()
def _start_with_a_filter_bank(net: ConditionNet, support: int) -> None:
    """Begin with filters that separate noise from blur, averaged over the patches, in place of random numbers.

    Random filters mix the contents of all patches, mostly low frequencies without information on a degradation:
    with them, ConditionNet learned to detect noise in 14,000 steps, and blur not at all. Here each filter of the first
    layer reads one patch by one of three filters, and the second layer mixes the three kinds of response, each
    averaged over patches and neighbours. Biases begin at random: without them the network is homogeneous, and blur is
    a *ratio* of fine and coarse structure.
    """
    filters, mixing = net.get_parameter("convs.0.weight"), net.get_parameter("convs.1.weight")
    bank = _filter_bank().to(filters)
    order = torch.arange(len(filters))
    patch, kind = order % support, order // support % len(bank)
    filters.zero_()
    filters.view(len(filters), support, 3, 3, 3)[order, patch] = _RESPONSE * bank[kind]
    shares = torch.randn(len(mixing), len(bank), device=mixing.device) * (2 / len(bank)) ** 0.5
    mixing.copy_((shares[:, kind] / (support * 9))[:, :, None, None].expand_as(mixing))
    for index in (1, 2, 3):
        nn.init.uniform_(net.get_parameter(f"convs.{index}.bias"), -1, 1)


def _filter_bank() -> Tensor:
    """Filters ``(3, 3, 3, 3)`` of norm 1: fine structure, coarse structure, and colour that changes pixel by pixel.

    Photographs have little of the last, so it is mostly noise.
    """
    smooth, slope, bend = torch.tensor([[1.0, 2.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 2.0, -1.0]])
    luma, chroma = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, -1.0]])
    planes = (
        torch.outer(bend, smooth) + torch.outer(smooth, bend),
        torch.outer(slope, smooth),
        torch.outer(bend, bend),
    )
    filters = [colour[:, None, None] * plane for colour, plane in zip((luma, luma, chroma), planes, strict=True)]
    return torch.stack([one / one.norm() for one in filters])


def _modulate(module: nn.Module, config: CMDSRConfig, spread: float) -> None:
    """Replace every convolution below a module by a modulated one."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Conv2d):
            inputs = config.features + bool(config.denoise)
            modulated = Modulated(child, inputs, sft=config.modulation == "sft", spread=spread)
            nn.init.zeros_(modulated.modulation.weight[:, config.features :])  # the share of noise to remove
            setattr(module, name, modulated)
        else:
            _modulate(child, config, spread)
