"""MRDA's three networks: MLN (III-B), DEN (III-C) and RDAN (III-E), all without normalisation layers."""

import itertools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.degrade.resample import resize
from blindsr.nn.adapt import Params
from blindsr.nn.blocks import initialise
from blindsr.nn.subpixel import REACH, Upsampler, initialise_icnr
from blindsr.pixels import quantise

_UPSCALER = "upscaler"
"""Prefix of the parameters of MLN's upscaler, if it is adapted."""
_SLOPE = 0.1
"""Negative slope of all LeakyReLUs."""
_REDUCTION = 8
"""Channel reduction in DASR's gains."""
_MEAN = (0.4488, 0.4371, 0.4040)
"""Mean colour of DIV2K, which RDAN subtracts from its input and adds to its result."""


def _rectify(x: Tensor) -> Tensor:
    """Apply LeakyReLU in place; the input is not needed again, not even for gradients."""
    return F.leaky_relu(x, _SLOPE, inplace=True)


class MLN(nn.Module):
    """Meta-learning network: eight convolutions and an upscaler, added to the bicubic enlargement.

    After a few steps on an LR-HR pair, its last features represent the degradation of the pair.
    """

    def __init__(self, channels: int, scale: int, *, free: bool = False) -> None:
        super().__init__()
        self.scale, self.free = scale, free
        widths = (3, *(channels,) * 7)
        self.body = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in itertools.pairwise(widths))
        # Fixed after pre-training, so that the features stay in one domain (III-B), unless it is ``free`` (Table VI).
        self.upscaler = Upsampler(channels, scale)

    def features(self, lr: Tensor, params: Params | None = None) -> Tensor:
        """Compute D'_T of Algorithm 2, line 10: ``(n, 3, h, w)`` to ``(n, channels, h, w)``.

        ``params`` replaces the weights of the body, by name.
        """
        params = self.adaptable if params is None else params
        x = lr
        for index in range(len(self.body)):
            x = _rectify(F.conv2d(x, params[f"{index}.weight"], params[f"{index}.bias"], padding=1))
        return x

    @property
    def adaptable(self) -> Params:
        """Return the parameters that are adapted: all except the upscaler (III-B), or including it (Table VI)."""
        upscaler = self.upscaler.named_parameters(_UPSCALER) if self.free else ()
        return {**dict(self.body.named_parameters()), **dict(upscaler)}

    def forward(self, lr: Tensor) -> Tensor:
        """Restore ``(n, 3, h, w)`` to ``(n, 3, s*h, s*w)``."""
        residual: Tensor = self.upscaler(self.features(lr))
        return self.enlarge(lr) + residual.float()

    def enlarge(self, lr: Tensor) -> Tensor:
        """Enlarge bicubically and round to 8 bits, as in the released code."""
        return quantise(resize(lr, self.scale))

    @torch.no_grad()
    def objective(self) -> Callable[[Params, Tensor, Tensor], Tensor]:
        """Return the loss of Algorithm 1, line 10, and Algorithm 2, line 7.

        Returns:
            Function of the adapted parameters, LR images and their `missing_detail`.
        """
        if self.free:
            return self._distance
        weight, bias = self.upscaler.folded()  # once for all steps

        def distance(params: Params, lr: Tensor, missing: Tensor) -> Tensor:
            return F.l1_loss(F.conv2d(self.features(lr, params), weight, bias, padding=REACH).float(), missing)

        return distance

    def _distance(self, params: Params, lr: Tensor, missing: Tensor) -> Tensor:
        residual = self._enlarged(self.features(lr, params), params)
        return F.l1_loss(F.pixel_unshuffle(residual, self.scale).float(), missing)

    def adapted(self, lr: Tensor, params: Params) -> Tensor:
        """Restore images with adapted parameters: ``(n, 3, s*h, s*w)``."""
        return self.enlarge(lr) + self._enlarged(self.features(lr, params), params).float()

    def _enlarged(self, features: Tensor, params: Params) -> Tensor:
        own = {name: params.get(f"{_UPSCALER}.{name}", value) for name, value in self.upscaler.named_parameters()}
        return F.pixel_shuffle(F.conv2d(features, *self.upscaler.folded(own), padding=REACH), self.scale)

    def missing_detail(self, lr: Tensor, hr: Tensor) -> Tensor:
        """Return the detail to add to the enlargement: ``(n, 3 s^2, h, w)``, the target of the folded upscaler."""
        return F.pixel_unshuffle(hr - self.enlarge(lr), self.scale)


class DEN(nn.Module):
    """Degradation extraction network: from an image or feature map to the implicit degradation representation."""

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        c = channels
        plan = ((inputs, c, 1), (c, c, 1), (c, 2 * c, 2), (2 * c, 2 * c, 1), (2 * c, 4 * c, 2), (4 * c, 4 * c, 1))
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 3, stride=s, padding=1) for i, o, s in plan)
        self.hidden = nn.Linear(4 * c, 4 * c)
        self.last = nn.Linear(4 * c, 4 * c)
        initialise(self.convs, "relu")

    def pooled(self, x: Tensor) -> Tensor:
        """Map ``(n, inputs, h, w)`` to means over the image ``(n, 4 * channels)``."""
        for conv in self.convs:
            x = _rectify(conv(x))
        return x.mean((2, 3), dtype=torch.float32)

    def represent(self, pooled: Tensor) -> Tensor:
        """Map means to representations ``(n, 4 * channels)``."""
        y: Tensor = self.last(_rectify(self.hidden(pooled)))
        return y.float()

    def forward(self, x: Tensor) -> Tensor:
        return self.represent(self.pooled(x))


class OracleDEN(nn.Module):
    """Table V, MRDA_T 3: five linear layers from the true kernel ``(n, k, k)`` and noise level ``(n,)``, 0..255."""

    def __init__(self, kernel: int, channels: int) -> None:
        super().__init__()
        sizes = (kernel**2 + 1, *(4 * channels,) * 5)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in itertools.pairwise(sizes))

    def represent(self, kernels: Tensor, noise: Tensor) -> Tensor:
        """Compute representations ``(n, 4 * channels)``."""
        # Scaled so that a typical value of a kernel and a typical noise level are near 1
        x = torch.cat((kernels.flatten(1) * 100, noise[:, None] / 25), 1)
        for layer in self.layers[:-1]:
            x = _rectify(layer(x))
        y: Tensor = self.layers[-1](x)
        return y.float()


class DynamicConv(nn.Module):
    """Eq. 8: depth-wise 3x3 convolution whose weights depend on the code of each image's degradation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(channels, channels, bias=False)
        self.kernel = nn.Linear(channels, 9 * channels, bias=False)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        n, c, height, width = x.shape
        weights = self.kernel(_rectify(self.hidden(code))).to(x.dtype)
        if x.device.type == "cpu":  # one image after the other is three times as fast there as n * c groups
            each = zip(x.split(1), weights.view(n, c, 1, 3, 3), strict=True)
            return torch.cat([F.conv2d(image, weight, padding=1, groups=c) for image, weight in each])
        images = x.reshape(1, n * c, height, width)
        return F.conv2d(images, weights.view(n * c, 1, 3, 3), padding=1, groups=n * c).view(n, c, height, width)


class ChannelGains(nn.Module):
    """Channel modulation of DASR: from codes ``(n, channels)`` to gains in (0, 1) of the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // _REDUCTION)
        self.down, self.up = nn.Linear(channels, inner, bias=False), nn.Linear(inner, channels, bias=False)

    def forward(self, code: Tensor) -> Tensor:
        return torch.sigmoid(self.up(_rectify(self.down(code))))


class RDAConv(nn.Module):
    """Eq. 8 to 10: dynamic convolution, modulated by region.

    The variants of Table V: ``channel`` is DASR's module, which mixes channels after the convolution and modulates
    whole channels by gains from the code; without ``dynamic``, the depth-wise convolution is the same for all images.
    """

    def __init__(self, channels: int, *, modulation: str, dynamic: bool) -> None:
        super().__init__()
        self.dynamic = DynamicConv(channels) if dynamic else None
        self.static = None if dynamic else nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.region = nn.Conv2d(channels, 1, 1) if modulation == "region" else None
        self.mix = nn.Conv2d(channels, channels, 1) if modulation == "channel" else None
        self.gains = ChannelGains(channels) if modulation == "channel" else None

    def forward(self, x: Tensor, code: Tensor, maps: list[Tensor] | None = None) -> Tensor:
        """Transform features ``(n, c, h, w)`` under codes ``(n, c)``; modulation maps are appended to ``maps``."""
        y = _rectify(self.dynamic(x, code) if self.dynamic is not None else self._static(x))
        if self.region is not None:
            gain = torch.sigmoid(self.region(x))
            if maps is not None:
                maps.append(gain)
            return gain * y + x
        assert self.mix is not None
        assert self.gains is not None
        modulated: Tensor = self.mix(y) + x * self.gains(code).to(x.dtype)[:, :, None, None]
        return modulated

    def _static(self, x: Tensor) -> Tensor:
        assert self.static is not None
        y: Tensor = self.static(x)
        return y


class RDABlock(nn.Module):
    """Two RDA convolutions, each followed by an ordinary convolution."""

    def __init__(self, channels: int, *, modulation: str, dynamic: bool) -> None:
        super().__init__()
        kinds = {"modulation": modulation, "dynamic": dynamic}
        self.first, self.third = (RDAConv(channels, **kinds) for _ in range(2))  # type: ignore[arg-type]
        self.second, self.fourth = (nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
        initialise(self.second, "relu")
        initialise(self.fourth, gain=0.1)  # a block starts close to the identity

    def forward(self, x: Tensor, code: Tensor, maps: list[Tensor] | None = None) -> Tensor:
        y = _rectify(self.second(_rectify(self.first(x, code, maps))))
        out: Tensor = self.fourth(_rectify(self.third(y, code, maps))) + x
        return out


class RDAN(nn.Module):
    """Region degradation aware SR network: from ``(n, 3, h, w)`` and representations ``(n, 4 * channels)`` to SR."""

    mean: Tensor

    def __init__(self, channels: int, blocks: int, scale: int, *, modulation: str, dynamic: bool) -> None:
        super().__init__()
        # Without either, layers are modulated by the features alone (Table V).
        self.conditional = dynamic or modulation == "channel"
        self.compress = nn.Linear(4 * channels, channels, bias=False)
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(RDABlock(channels, modulation=modulation, dynamic=dynamic) for _ in range(blocks))
        self.trunk = nn.Conv2d(channels, channels, 3, padding=1)
        self.upscaler = Upsampler(channels, scale)
        initialise(self.head)
        initialise(self.trunk, gain=0.1)
        initialise(self.upscaler)
        initialise_icnr(self.upscaler.layers)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)

    def regions(self) -> list[nn.Conv2d]:
        """Return the convolutions that compute the modulation maps (Eq. 9), in the order of their layers."""
        return [layer.region for layer in self.modules() if isinstance(layer, RDAConv) and layer.region is not None]

    def forward(self, lr: Tensor, representation: Tensor, maps: list[Tensor] | None = None) -> Tensor:
        """Restore images with their representations.

        Args:
            lr: ``(n, 3, h, w)``.
            representation: ``(n, 4 * channels)``.
            maps: list that the modulation maps of Eq. 9, ``(n, 1, h, w)`` each, are appended to, layer by layer.
        """
        code = _rectify(self.compress(representation))
        head = self.head(lr - self.mean)
        x = head
        for block in self.blocks:
            x = block(x, code, maps)
        sr: Tensor = self.upscaler(head + self.trunk(x))
        return sr.float() + self.mean
