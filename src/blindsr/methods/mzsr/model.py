"""MZSR: Meta-Transfer Learning for Zero-Shot Super-Resolution (Soh, Cho and Cho, CVPR 2020).

A small network is meta-trained such that one to ten gradient steps adapt it to a single image: the image is degraded
again by its own blur kernel, and the network is trained to invert that (Algorithm 2).

| paper | here |
|---|---|
| 8-layer CNN of ZSSR, Section 5.1 | `ResidualCNN` |
| Eq. 4 | `blindsr.nn.adapt.adapt` |
| LR son, Section 4.3 | `MZSR.son` |
| Algorithm 2 | `MZSR.condition`, then `MZSR.restore` |

Deviations are listed in the README in this folder.
"""

import itertools
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import torch
import torch.nn.functional as F
from pydantic import Field, field_validator, model_validator
from torch import Tensor, nn

from blindsr.contract import Estimate, Hints, Method, StrictModel, Traits, check_image
from blindsr.degrade import kernels
from blindsr.degrade.blur import Downsampling, blur_and_downsample
from blindsr.degrade.resample import resize
from blindsr.errors import BlindSRError
from blindsr.methods.mzsr.back_projection import BackProjection, reach
from blindsr.methods.mzsr.estimator import (
    KernelEstimate,
    KernelEstimator,
    most_detailed,
    noise_level,
)
from blindsr.nn.adapt import Params, Rate, adapt
from blindsr.pixels import modcrop

_ROUNDING = 2.1 / 255
"""Second difference that rounding to 8 bits causes in a gradient."""
_PATIENCE = 4
"""Number of consecutive steps that increase the loss after which adaptation stops; each is undone and halved."""


class MZSRConfig(StrictModel):
    """Everything that fixes the shape of the network and its adaptation to an image."""

    scale: Literal[2, 3, 4] = 2
    down: Downsampling = Field("direct", description="way of subsampling")
    layers: int = Field(8, gt=1)
    channels: int = Field(64, gt=0)
    kernel: int = Field(15, gt=0, description="side of estimated kernels, HR pixels, odd")
    steps: int = Field(10, ge=0, description="n of Algorithm 2, by default")
    rates: tuple[float, ...] = Field((0.01,), min_length=1, description="size of each step; the last one is repeated")
    learned_rates: bool = Field(
        False, description="a factor of the step size for each weight, learned with it (Meta-SGD, Li et al. 2017)"
    )
    rates_by_step: bool = Field(
        False, description="learned factors for each layer at each step of 'rates', too (MAML++, Antoniou et al. 2019)"
    )
    largest_factor: float | None = Field(
        None, gt=1, description="bound of learned factors, which stay above its inverse; unbounded if not given"
    )
    window: int = Field(256, gt=7, description="side of the parts that a large image is adapted on, LR pixels")
    windows: int = Field(
        4, gt=0, description="largest number of windows; images of up to as many pixels are used whole"
    )
    descent: Literal["careful", "plain", "adam"] = Field(
        "careful",
        description="'careful' undoes steps that increase the loss, 'plain' is the paper's, 'adam' its baselines'",
    )
    back_projection: int = Field(
        0, ge=0, description="rounds of back-projection, in images without noise; the paper's numbers have none"
    )

    @model_validator(mode="after")
    def _only_learned(self) -> Self:
        if not self.learned_rates and (self.rates_by_step or self.largest_factor):
            raise ValueError("rates_by_step and largest_factor need learned_rates")
        return self

    @field_validator("kernel")
    @classmethod
    def _odd(cls, side: int) -> int:
        if side % 2 == 0:
            raise ValueError(f"the side of a kernel must be odd, got {side}")
        return side


_Move: TypeAlias = Callable[[Callable[[Params], Tensor], Params, float, int], tuple[Params, Tensor]]
"""Maps a loss, parameters, a step size and the number of the step to the next parameters and the previous loss."""


@dataclass(frozen=True)
class AdaptedWeights:
    """Weights of the network after adaptation to an image, and its kernel, noise and losses."""

    params: Params
    kernel: Tensor
    """``(k, k)``, HR pixels."""
    confidence: float | None
    """Confidence of an estimated kernel; None if it was given."""
    noise: float
    """Noise level of the son, 0..255."""
    losses: tuple[float, ...]
    """L1 loss on the son before the first step and after each accepted step."""
    undone: int
    """Number of steps that increased the loss and were undone."""
    projection: BackProjection | None
    """Back-projection by the kernel; None in models without."""


class ResidualCNN(nn.Module):
    """Network of ZSSR: ``(n, 3, h, w)``, the bicubic enlargement, to a residual that is added to it."""

    def __init__(self, layers: int, channels: int) -> None:
        super().__init__()
        widths = (3, *(channels,) * (layers - 1), 3)
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1) for i, o in itertools.pairwise(widths))
        for conv in self.convs:
            assert isinstance(conv, nn.Conv2d)
            # The released code's: normal, cut off at two deviations, of variance 1 / fan-in after the cut.
            nn.init.trunc_normal_(conv.weight, std=1.0, a=-2.0, b=2.0)
            conv.weight.data.mul_((9 * conv.in_channels) ** -0.5 / 0.87962566)
            assert conv.bias is not None
            nn.init.zeros_(conv.bias)

    @property
    def params(self) -> Params:
        """Return the weights of the network by name."""
        return dict(self.named_parameters())

    def forward(self, x: Tensor, params: Params | None = None) -> Tensor:
        """Restore ``(n, 3, h, w)``.

        Args:
            x: the enlarged image.
            params: weights used instead of the network's own, with the same names. The module is not changed, so that
                other threads can use it.
        """
        params = self.params if params is None else params
        features, last = x, len(self.convs) - 1
        for index in range(last):
            features = F.relu(_convolve(features, params, index))
        return x + _convolve(features, params, last).float()


def _convolve(x: Tensor, params: Params, index: int) -> Tensor:
    return F.conv2d(x, params[f"convs.{index}.weight"], params[f"convs.{index}.bias"], padding=1)


class MZSR(Method[AdaptedWeights]):
    """Meta-learned initial weights; the condition is the weights adapted to an image."""

    Config = MZSRConfig
    supported_hints = frozenset({"kernel", "noise", "steps", "seconds"})
    config: MZSRConfig

    def __init__(self, config: MZSRConfig) -> None:
        super().__init__()
        self.config = config
        self.net = ResidualCNN(config.layers, config.channels)
        factors = (torch.zeros_like(p) for p in self.net.parameters()) if config.learned_rates else ()
        self.log_factors = nn.ParameterList(factors)
        layers = len(self.net.params) if config.rates_by_step else 0
        self.log_step_factors = nn.Parameter(torch.zeros(len(config.rates), layers)) if layers else None
        self.estimator = KernelEstimator(config.scale)

    @classmethod
    def small_configs(cls) -> dict[str, StrictModel]:
        small = MZSRConfig(scale=2, layers=3, channels=8, steps=2)
        return {
            "direct": small,
            "x4": small.model_copy(update={"scale": 4}),
            "bicubic": small.model_copy(update={"down": "bicubic"}),
            "adam": small.model_copy(update={"down": "bicubic", "descent": "adam", "back_projection": 1}),
            "learned rates": small.model_copy(update={"learned_rates": True}),
            "rates by step": small.model_copy(
                update={"learned_rates": True, "rates_by_step": True, "largest_factor": 100.0}
            ),
        }

    @property
    def traits(self) -> Traits:
        interpolation = 3
        network = math.ceil(self.config.layers / self.config.scale)
        rounds = self.config.back_projection * reach(self.config.scale, self.config.down)
        held = (3 * self.config.channels + 4) * self.config.scale**2  # it works on the enlarged image
        return Traits(self.config.scale, network + interpolation + rounds, held, consistent=rounds > 0)

    @property
    def symmetric(self) -> bool:
        return self.config.down == "bicubic"

    @property
    def start(self) -> Params:
        """Return the initial weights of an adaptation."""
        return self.net.params

    def rate(self, size: float, step: int = 0) -> Rate:
        """Return the step size for `adapt`: a number, or its product with the learned factors of all weights.

        Args:
            size: step size without factors.
            step: number of the step, from 0, for factors that depend on the step.
        """
        if not self.config.learned_rates:
            return size
        logs: dict[str, Tensor] = dict(zip(self.start, self.log_factors, strict=True))
        if self.log_step_factors is not None:
            row = self.log_step_factors[min(step, len(self.log_step_factors) - 1)]
            logs = {name: log + row[index] for index, (name, log) in enumerate(logs.items())}
        if self.config.largest_factor is not None:
            bound = math.log(self.config.largest_factor)
            logs = {name: bound * torch.tanh(log / bound) for name, log in logs.items()}
        return {name: size * log.exp() for name, log in logs.items()}

    @property
    def factors(self) -> list[nn.Parameter]:
        """Return the parameters of the learned factors of the step sizes, if any."""
        by_step = [] if self.log_step_factors is None else [self.log_step_factors]
        return [*self.log_factors, *by_step]

    def forget_factors(self) -> None:
        """Reset the learned factors of the step sizes to 1."""
        for parameter in self.factors:
            nn.init.zeros_(parameter)

    def call(
        self, params: Params, lr: Tensor, scale: float | None = None, size: tuple[int, int] | None = None
    ) -> Tensor:
        """Apply the network with given weights to the bicubic enlargement of ``(n, 3, h, w)``; not clamped.

        The network is independent of the scale; the multi-scale model passes a scale and the size of the result.
        """
        enlarged = resize(lr, scale or self.config.scale, size).contiguous(memory_format=torch.channels_last)
        sr: Tensor = self.net(enlarged, params)
        return sr

    def son(self, lr: Tensor, kernel: Tensor, noise: Tensor | None = None) -> Tensor:
        """Degrade LR images ``(n, 3, h, w)``, sides divisible by the scale, in the same way as their HR images were.

        ``noise`` is ``(n, 3, h / s, w / s)`` in units of [0, 1].
        """
        each = kernel.to(lr).expand(len(lr), -1, -1)
        son = blur_and_downsample(lr, each, "symmetric", self.config.scale, self.config.down)
        return (son if noise is None else son + noise).clamp(0, 1)

    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> AdaptedWeights:
        """Algorithm 2, lines 1 to 6, on the whole image or the most detailed windows of a large one.

        A step that increases the loss is undone, and repeated with half its size.
        """
        check_image(lr)
        begin = time.monotonic()
        found = self._kernel(lr, hints)
        noise = noise_level(lr) if hints.noise is None else hints.noise
        steps = self.config.steps if hints.steps is None else hints.steps
        if noise < 0 or steps < 0:
            raise BlindSRError(f"expected a noise level and a number of steps of at least 0, got {noise} and {steps}")
        confidence = None if hints.kernel is not None else found.confidence
        projection = (
            BackProjection.of(found.kernel, self.config.scale, self.config.down, on=not noise)
            if self.config.back_projection
            else None
        )
        small = min(lr.shape[-2:]) < 4 * self.config.scale  # a son of under 4 pixels teaches nothing
        if steps == 0 or small or not _has_detail(fathers := self._parts(lr)):
            return AdaptedWeights(self.start, found.kernel, confidence, noise, (), 0, projection)
        shape = (*fathers.shape[:2], *(side // self.config.scale for side in fathers.shape[2:]))
        drawn = (
            torch.randn(shape, generator=generator, dtype=torch.float32, device=generator.device).to(lr) * (noise / 255)
            if noise
            else None
        )
        sons = self.son(fathers, found.kernel, drawn)

        def loss(params: Params) -> Tensor:
            return F.l1_loss(self.call(params, sons), fathers)

        deadline = None if hints.seconds is None else begin + hints.seconds
        params, losses, undone = self._descend(loss, steps, deadline)
        return AdaptedWeights(params, found.kernel, confidence, noise, losses, undone, projection)

    def restore(self, lr: Tensor, condition: AdaptedWeights) -> Tensor:
        """Algorithm 2, line 7."""
        check_image(lr)
        sr = self.call(condition.params, lr)
        return condition.projection.applied(sr, lr, self.config.back_projection) if condition.projection else sr

    def to_tensors(self, condition: AdaptedWeights) -> dict[str, Tensor]:
        if condition.projection is None:
            return dict(condition.params)
        return {**condition.params, "taps": condition.projection.taps, "gain": condition.projection.gain}

    def from_tensors(self, tensors: Mapping[str, Tensor]) -> AdaptedWeights:
        params = {name: tensors[name] for name in self.start}
        projection = (
            BackProjection(tensors["taps"], tensors["gain"], self.config.scale, self.config.down)
            if self.config.back_projection
            else None
        )
        return AdaptedWeights(params, tensors["convs.0.bias"].new_ones(1, 1), None, 0.0, (), 0, projection)

    def describe(self, condition: AdaptedWeights) -> dict[str, Any]:
        along, across, angle = kernels.widths(condition.kernel)
        return {
            "kernel": "given" if condition.confidence is None else "estimated",
            "kernel widths": [round(along, 3), round(across, 3)],
            "kernel angle": round(angle, 1),
            "kernel confidence": None if condition.confidence is None else round(condition.confidence, 3),
            "noise": round(condition.noise, 2),
            "steps": max(0, len(condition.losses) - 1),
            "steps undone": condition.undone,
            "losses": [round(value, 6) for value in condition.losses],
        }

    def estimate(self, condition: AdaptedWeights) -> Estimate:
        noise = torch.full((3,), condition.noise, dtype=torch.float32, device="cpu")
        return Estimate(condition.kernel, noise, condition.confidence, self.config.down)

    def _kernel(self, lr: Tensor, hints: Hints) -> KernelEstimate:
        if hints.kernel is not None:
            return KernelEstimate(kernels.check_kernel(hints.kernel).to(lr.device), 1.0)
        return self.estimator.estimate(lr, self.config.kernel)

    def _parts(self, lr: Tensor) -> Tensor:
        window, count = self.config.window, self.config.windows
        parts = lr if lr[0, 0].numel() <= count * window**2 else most_detailed(lr, window, count)
        return modcrop(parts, self.config.scale)

    def _descend(
        self, loss: Callable[[Params], Tensor], steps: int, deadline: float | None
    ) -> tuple[Params, tuple[float, ...], int]:
        """Run gradient steps until the deadline; 'careful' steps never increase the loss and may stop early."""
        careful = self.config.descent == "careful"
        move: _Move = Adam() if self.config.descent == "adam" else self._gradient_step
        params = following = self.start
        losses: list[float] = []
        factor, undone, failures = 1.0, 0, 0
        for step in range(steps):
            rate = factor * self.config.rates[min(step, len(self.config.rates) - 1)]
            # The loss of where a step led is known once the next one sets out from there.
            after, value = move(loss, following, rate, step)
            if not (losses and careful) or float(value) < losses[-1]:
                losses.append(float(value))
                params, following, failures = following, after, 0
            else:
                following = {name: torch.lerp(values, following[name], 0.5) for name, values in params.items()}
                factor, undone, failures = factor / 2, undone + 1, failures + 1
            if failures == _PATIENCE or (deadline is not None and time.monotonic() > deadline):
                break
        with torch.no_grad():
            last = float(loss(following))
        if not careful or last < losses[-1]:
            return following, (*losses, last), undone
        return params, tuple(losses), undone + 1

    def _gradient_step(
        self, loss: Callable[[Params], Tensor], params: Params, size: float, step: int
    ) -> tuple[Params, Tensor]:
        return next(adapt(loss, params, [self.rate(size, step)]))


def _has_detail(images: Tensor) -> bool:
    """Whether images ``(n, 3, h, w)`` have larger second differences than rounded gradients."""
    bends = (images.diff(2, dim=axis).abs().amax() for axis in (-2, -1) if images.shape[axis] > 2)
    return any(float(bend) > _ROUNDING for bend in bends)


class Adam:
    """Adam (Kingma and Ba, 2015), for the models of Figure 3 without meta-learning."""

    def __init__(self) -> None:
        self._count = 0
        self._first: Params = {}
        self._second: Params = {}

    def __call__(
        self, loss: Callable[[Params], Tensor], params: Params, rate: float, _step: int
    ) -> tuple[Params, Tensor]:
        """Return the parameters after a step, and the loss before it."""
        gradients, value = torch.func.grad_and_value(loss)(params)
        self._count += 1
        after: Params = {}
        for name, gradient in gradients.items():
            first = torch.lerp(gradient, self._first.get(name, torch.zeros_like(gradient)), 0.9)
            second = torch.lerp(gradient**2, self._second.get(name, torch.zeros_like(gradient)), 0.999)
            self._first[name], self._second[name] = first, second
            mean, square = first / (1 - 0.9**self._count), second / (1 - 0.999**self._count)
            after[name] = params[name] - rate * mean / (square.sqrt() + 1e-8)
        return after, value
