"""Interfaces of methods: ``Method`` for restoration, ``Stage`` for training.

``inference``, ``evaluate`` and ``train`` use methods only through this file and the registry.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

import pydantic
import torch
from torch import Tensor, nn

from blindsr import hooks
from blindsr.degrade.blur import Downsampling
from blindsr.degrade.families import Family, Range, with_ranges
from blindsr.degrade.process import Degradation
from blindsr.errors import BlindSRError, Code

Condition = TypeVar("Condition")
"""Degradation of an image as a method represents it; each method has its own type."""


class StrictModel(pydantic.BaseModel):
    """Frozen pydantic model that forbids unknown keys; base of configurations and recipes."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def first_error(error: pydantic.ValidationError) -> str:
    """Describe the first error of a validation in one line: its key, if any, and the reason."""
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    return f"{key}: {first['msg']}" if key else str(first["msg"])


@dataclass(frozen=True)
class Traits:
    """Properties of a method that tiling needs."""

    scale: int
    """Factor from LR to SR, in pixels along each side."""
    margin: int
    """Radius of the receptive field in LR pixels: context of a tile on each side."""
    floats_per_pixel: int = 0
    """Peak activation memory per LR pixel of a tile and its context, in floats of four bytes."""
    smallest: int = 1
    """Smallest side that the network itself takes, LR pixels; ``restore`` pads smaller images."""
    consistent: bool = False
    """Whether results, blurred and subsampled, equal their images, so that their local means need no correction."""

    def features(self, width: int, height: int) -> int:
        """Peak activation memory in bytes for a tile of ``width`` by ``height`` LR pixels, context included."""
        return 4 * self.floats_per_pixel * width * height


@dataclass(frozen=True)
class Hints:
    """Known properties of an image's degradation, and preferences; a method estimates what is not given.

    Examples:
        >>> import blindsr
        >>> hints = blindsr.Hints(noise=15.0, denoise=0.5)
        >>> hints.given()
        ['noise', 'denoise']
        >>> sr = blindsr.load("cmdsr_x4.photo").upscale("photo.jpg", blindsr.Hints(denoise=0.5))
    """

    support: Sequence[Tensor] | None = None
    """Images ``(1, 3, h, w)`` with the same degradation, to estimate the condition from."""
    kernel: Tensor | None = None
    """Blur kernel ``(k, k)`` in HR pixels; sums to 1."""
    noise: float | None = None
    """Standard deviation of the noise on the 0..255 scale."""
    denoise: float | None = None
    """Factor of the estimated noise: 0 keeps the noise, 1 removes it."""
    steps: int | None = None
    """Gradient steps on the image itself."""
    seconds: float | None = None
    """Time limit for estimating the condition; the best result so far is used."""

    def given(self) -> list[str]:
        """Names of the hints that are set."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]


@dataclass(frozen=True)
class Estimate:
    """Estimated degradation in the terms of Eq. 1."""

    kernel: Tensor
    """Blur kernel ``(k, k)`` in HR pixels; sums to 1."""
    noise: Tensor
    """Noise level of each channel ``(3,)``, 0..255."""
    confidence: float | None
    """Confidence of the kernel: 1 if all parts of the image agree; None if the kernel was given."""
    down: Downsampling
    """Subsampling that the method assumes."""


class Method(nn.Module, ABC, Generic[Condition]):
    """Network that estimates the degradation of a whole image once, then restores any tile under that condition."""

    Config: ClassVar[type[StrictModel]]
    """Schema of the network's configuration, stored in the weights file."""

    supported_hints: frozenset[str] = frozenset()
    """Names of the `Hints` that ``condition`` supports; others are refused."""

    training_only: ClassVar[tuple[str, ...]] = ()
    """Names of submodules that only training needs; published weights omit them."""

    config: StrictModel
    """Configuration of this network."""

    @classmethod
    def from_pretrained(cls, name: str | Path, *, revision: str | None = None) -> Self:
        """Load a network from the Hugging Face Hub, a folder, or by name.

        Args:
            name: ``user/model`` on the Hub, a folder with its files, or a name or path as for `blindsr.load`.
            revision: branch, tag or commit on the Hub.

        Returns:
            The network in evaluation mode, float32, on the CPU; `blindsr.Upscaler` restores pictures with it.

        Raises:
            BlindSRError: unknown weights, or weights of another method than this class.

        Examples:
            >>> from blindsr.contract import Method
            >>> Method.from_pretrained("cmdsr_x4.photo").traits.scale
            4
        """
        method = hooks.load_pretrained(name, revision)
        if not isinstance(method, cls):
            raise BlindSRError(
                f"{name} has weights of {type(method).__name__}, not of {cls.__name__}", Code.INCOMPATIBLE
            )
        return method

    @classmethod
    def small_configs(cls) -> Mapping[str, StrictModel]:
        """Configurations of small networks, one for each kind of network, by a short name.

        The tests of all methods build them. By default, only the default configuration.
        """
        return {"default": cls.Config()}

    @property
    @abstractmethod
    def traits(self) -> Traits:
        """Scale and margin of this network."""

    @property
    def symmetric(self) -> bool:
        """Whether a mirrored image gives a mirrored result; false for direct subsampling."""
        return True

    @abstractmethod
    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> Condition:
        """Estimate the condition of a whole image.

        Args:
            lr: the whole image, ``(1, 3, h, w)``, RGB in [0, 1].
            generator: source of every random choice, on the CPU.
            hints: known properties; only ``supported_hints`` may be set.
        """

    @abstractmethod
    def restore(self, lr: Tensor, condition: Condition) -> Tensor:
        """Map ``(n, 3, h, w)`` to ``(n, 3, s*h, s*w)`` under a condition; the result is not clamped."""

    def describe(self, condition: Condition) -> dict[str, Any]:
        """Interpretable values of a condition for JSON; empty by default."""
        return {}

    def estimate(self, condition: Condition) -> Estimate | None:
        """Blur kernel and noise level of a condition; None if the method does not estimate them."""
        return None

    def check_packable(self) -> None:
        """Check that conditions can be stored.

        Raises:
            BlindSRError: the method does not support stored conditions.
        """
        if type(self).pack is Method.pack:
            raise BlindSRError(f"{type(self).__name__} does not support stored conditions", Code.UNSUPPORTED_OPTION)

    def pack(self, condition: Condition) -> dict[str, Tensor]:
        """Convert a condition to named tensors, to be stored or averaged.

        Raises:
            BlindSRError: the method does not support stored conditions.
        """
        self.check_packable()
        raise NotImplementedError

    def unpack(self, tensors: Mapping[str, Tensor]) -> Condition:
        """Inverse of `pack`.

        Raises:
            BlindSRError: the tensors are not those of a condition of this network.
        """
        self.check_packable()
        raise NotImplementedError

    def encoder_input(self, lr: Tensor, generator: torch.Generator) -> Tensor | None:
        """Input of the network that estimates conditions, from an image ``(1, 3, h, w)``; None if there is none."""
        return None

    def encode(self, encoder_input: Tensor) -> dict[str, Tensor]:
        """Estimate a condition as tensors by the network alone; no Python code depends on values."""
        raise NotImplementedError

    def to_tensors(self, condition: Condition) -> dict[str, Tensor]:
        """Tensors of a condition that `restore` needs: inputs of the exported network in addition to the image."""
        return self.pack(condition)

    def from_tensors(self, tensors: Mapping[str, Tensor]) -> Condition:
        """Convert the tensors of `to_tensors` to a condition for `restore`; no Python code depends on values."""
        return self.unpack(tensors)

    def remap_key(self, name: str) -> str:
        """Key of this network for a key of a network of the same method with other settings."""
        return name

    def convert_tensor(self, name: str, value: Tensor) -> Tensor:
        """Tensor of this network for one of a network with other settings; by default that tensor.

        Args:
            name: key of this network, as `remap_key` gives it.
            value: tensor of the other network.
        """
        return value


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share one optimiser."""

    name: str
    parameters: list[nn.Parameter]
    lr: float
    every: int = 1
    """The optimiser steps when ``step % every == 0``; steps are counted from 1, as Algorithm 1 does."""
    after: int = 0
    """Steps before the optimiser starts."""
    muon: float | None = None
    """Learning rate of the weights of convolutions and linear layers under Muon; None leaves them to Adam."""


_Decay = Annotated[float, pydantic.Field(ge=0, lt=1)]


class StageRecipe(StrictModel):
    """Settings of a stage that the training loop uses; each method adds fields."""

    steps: int = pydantic.Field(ge=0, description="optimiser steps; 0 leaves the stage out")
    schedule: Literal["constant", "cosine", "step"] = "cosine"
    warmup: int = pydantic.Field(0, ge=0, description="steps of linear warm-up")
    milestones: tuple[int, ...] = pydantic.Field((), description="steps at which the 'step' schedule decays")
    gamma: float = pydantic.Field(0.5, gt=0, le=1, description="factor of the 'step' schedule")
    final: float = pydantic.Field(0.0, ge=0, le=1, description="fraction of the rate left at the end of 'cosine'")
    betas: tuple[_Decay, _Decay] = pydantic.Field((0.9, 0.999), description="Adam's")
    eps: float = pydantic.Field(1e-8, gt=0, description="Adam's")
    clip: float | None = pydantic.Field(None, gt=0, description="largest norm of the gradient")
    ema: float = pydantic.Field(0.999, ge=0, lt=1, description="decay of the averaged weights; 0 for none")
    validate_every: int = pydantic.Field(1000, gt=0, description="steps between validations")

    @pydantic.model_validator(mode="after")
    def _milestones_are_of_steps(self) -> Self:
        if self.milestones and self.schedule != "step":
            raise ValueError(f"milestones need the schedule 'step', got {self.schedule!r}")
        return self


class MuonRecipe(StageRecipe):
    """Recipe of a stage that supports Muon."""

    muon: float | None = pydantic.Field(None, gt=0, description="rate of convolutions and linear layers under Muon")


@dataclass(frozen=True)
class Batch:
    """Output of a stage's ``prepare``; each stage has its own fields."""


@dataclass(frozen=True)
class Pairs(Batch):
    """HR crops, their degradations and LR images."""

    hr: Tensor
    """``(n, 3, s*h, s*w)``."""
    lr: Tensor
    """``(n, 3, h, w)``, channels last."""
    truth: Degradation

    @classmethod
    def draw(cls, family: Family, hr: Tensor, generator: torch.Generator) -> Self:
        """Sample a degradation for each crop and apply it."""
        truth = family.sample(len(hr), generator)
        lr = truth.apply(hr, generator)
        return cls(hr, lr.contiguous(memory_format=torch.channels_last), truth)


class RangesRecipe(StageRecipe):
    """Recipe of a stage with adjustable ranges of noise and blur."""

    noise_range: Range | None = pydantic.Field(None, description="noise levels, 0..255; the paper's by default")
    width_range: Range | None = pydantic.Field(None, description="widths of blur, HR pixels; the paper's by default")

    @pydantic.model_validator(mode="after")
    def _ranges_rise_from_what_is_possible(self) -> Self:
        for name, least, value in (("noise_range", 0.0, self.noise_range), ("width_range", 0.05, self.width_range)):
            if value is not None and not least <= value[0] <= value[1]:
                raise ValueError(f"expected {name} to be a range from at least {least:g}, got {value}")
        return self

    def with_ranges(self, family: Family) -> Family:
        """Return a family with the recipe's ranges."""
        return with_ranges(family, self.noise_range, self.width_range)


class Stage(nn.Module, ABC):
    """One training stage of a paper. ``forward`` is a whole training step, including degradations.

    A step has two parts: ``prepare`` draws degradations and creates the images, without using weights, so that the loop
    can prepare the next step during the current one; ``losses`` computes everything that depends on the weights.
    """

    method: Method[Any]
    recipe: StageRecipe
    validates: ClassVar[bool] = True
    """Whether the method can restore images during this stage."""
    oracle_hints: ClassVar[frozenset[str]] = frozenset()
    """Ground truth that validation passes as hints: ``kernel``, ``noise``."""

    @property
    @abstractmethod
    def crops(self) -> tuple[int, int]:
        """Number of clean crops per step, and their side in HR pixels."""

    @property
    @abstractmethod
    def family(self) -> Family:
        """Distribution of degradations for training."""

    @property
    def validation_family(self) -> Family:
        """Distribution of degradations for validation; that of training by default."""
        return self.family

    @abstractmethod
    def groups(self) -> list[ParameterGroup]:
        """Parameters that this stage trains, by optimiser; all others are frozen."""

    @abstractmethod
    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> Batch:
        """Prepare a batch for `losses` from clean crops, without gradients and without weights.

        Another thread may call it in advance.

        Args:
            clean: clean HR crops, ``(count, 3, size, size)``, RGB in [0, 1].
            generator: source of degradations and noise, on the device of ``clean``.
            step: counted from 1.
        """

    @abstractmethod
    def losses(self, batch: Any, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        """Compute the losses of one step.

        Args:
            batch: what `prepare` returned.
            generator: the one that `prepare` drew from.
            step: counted from 1.

        Returns:
            Named scalars for the log. ``"loss"`` is differentiated; one backward pass of it gives each group
            the gradient of its own objective.
        """

    def forward(self, clean: Tensor | Batch, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        """Compute `losses` of a prepared batch, or of clean crops."""
        if isinstance(clean, Batch):
            return self.losses(clean, generator, step)
        with torch.no_grad():
            batch = self.prepare(clean, generator, step)
        return self.losses(batch, generator, step)


def check_image(lr: Tensor) -> None:
    """Check that a tensor is a batch of RGB images."""
    if lr.ndim != 4 or lr.shape[1] != 3 or 0 in lr.shape:
        raise BlindSRError(f"expected a batch of RGB images (n, 3, height, width), got a tensor {tuple(lr.shape)}")
