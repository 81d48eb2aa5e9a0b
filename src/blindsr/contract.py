"""What every method promises to its callers: ``Method`` to restore with, ``Stage`` to train with.

``restore``, ``evaluate`` and ``train`` know methods through this file and the registry alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

import pydantic
import torch
from torch import Tensor, nn

from blindsr.degrade.blur import Downsampling
from blindsr.degrade.families import Family, Range, with_ranges
from blindsr.degrade.process import Degradation
from blindsr.errors import BlindSRError, Code

Condition = TypeVar("Condition")
"""What a method knows of an image's degradation; the type is the method's own affair."""


class StrictModel(pydantic.BaseModel):
    """A frozen record whose unknown keys are errors; base of every configuration and recipe."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Traits:
    """What a caller must know about a method before it cuts an image into tiles."""

    scale: int
    """Factor from LR to SR, in pixels along each side."""
    margin: int
    """Context in LR pixels that a tile needs on each side to equal the whole: the receptive field's radius."""
    floats_per_pixel: int = 0
    """Numbers of up to four bytes that are held at once for each LR pixel of a tile and its context, at most."""

    def features(self, width: int, height: int) -> int:
        """Bytes that are held at once while so many LR pixels, context included, are restored."""
        return 4 * self.floats_per_pixel * width * height


@dataclass(frozen=True)
class Hints:
    """What a user knows of an image's degradation, or wishes; a method finds out whatever is not given."""

    support: Sequence[Tensor] | None = None
    """Other images ``(1, 3, h, w)`` that were degraded alike, to be looked at instead."""
    kernel: Tensor | None = None
    """Blur kernel ``(k, k)`` in HR pixels; sums to 1."""
    noise: float | None = None
    """Standard deviation of the noise on the 0..255 scale."""
    denoise: float | None = None
    """Factor of the estimated noise: 0 leaves it in, 1 removes what was found."""
    steps: int | None = None
    """Gradient steps on the image itself."""
    seconds: float | None = None
    """Time that looking at the image may take; the best found so far is used."""

    def given(self) -> list[str]:
        """Names of the hints that there are."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]


@dataclass(frozen=True)
class Estimate:
    """What a condition says of an image in the terms of Eq. 1."""

    kernel: Tensor
    """Blur kernel ``(k, k)`` in HR pixels; sums to 1."""
    noise: Tensor
    """Noise level of each channel ``(3,)``, 0..255."""
    confidence: float | None
    """Of the kernel: 1 where all parts of the image agree; None if the user gave it."""
    down: Downsampling
    """How the method takes the image to have been subsampled."""


class Method(nn.Module, ABC, Generic[Condition]):
    """Finds out once how an image was degraded, then restores it, or any tile of it, under that condition."""

    Config: ClassVar[type[StrictModel]]
    """Schema of everything that fixes the shape of the networks; written into the weights' file."""

    supported_hints: frozenset[str] = frozenset()
    """Names of the `Hints` that ``condition`` makes use of; callers refuse the others."""

    training_only: ClassVar[tuple[str, ...]] = ()
    """Names of submodules that restoring does not need; published weights leave them out."""

    config: StrictModel
    """The values that this network was built with."""

    @property
    @abstractmethod
    def traits(self) -> Traits:
        """Scale and margin of this network."""

    @property
    def symmetric(self) -> bool:
        """Whether a mirrored image leads to a mirrored result; not if pixels are kept from one corner of a block."""
        return True

    @abstractmethod
    def condition(self, lr: Tensor, *, generator: torch.Generator, hints: Hints = Hints()) -> Condition:
        """Look at a whole image and return how it was degraded.

        Args:
            lr: the whole image, ``(1, 3, h, w)``, RGB in [0, 1].
            generator: source of every random choice, on the CPU.
            hints: what is known already; holds nothing outside ``supported_hints``.
        """

    @abstractmethod
    def restore(self, lr: Tensor, condition: Condition) -> Tensor:
        """Map ``(n, 3, h, w)`` to ``(n, 3, s*h, s*w)`` under a condition; the result is not clamped."""

    def describe(self, condition: Condition) -> dict[str, Any]:
        """What a user can read off a condition, as values for JSON; nothing unless a method says more."""
        return {}

    def estimate(self, condition: Condition) -> Estimate | None:
        """Kernel and noise, where a method estimates them; None where a condition has no such names."""
        return None

    def check_packable(self) -> None:
        """Refuse where there is no `pack`; meant to be asked before images are looked at.

        Raises:
            BlindSRError: the method's conditions mean nothing for another image.
        """
        if type(self).pack is Method.pack:
            raise BlindSRError(
                f"what {type(self).__name__} finds out about one image cannot be kept for others",
                Code.UNSUPPORTED_OPTION,
            )

    def pack(self, condition: Condition) -> dict[str, Tensor]:
        """A condition as named tensors, to be stored or averaged.

        Raises:
            BlindSRError: the method's conditions mean nothing for another image.
        """
        self.check_packable()
        raise NotImplementedError

    def unpack(self, tensors: Mapping[str, Tensor]) -> Condition:
        """The condition that `pack` took apart.

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
        """The tensors of a condition that `restore` needs: inputs of the exported network beside the image."""
        return self.pack(condition)

    def from_tensors(self, tensors: Mapping[str, Tensor]) -> Condition:
        """A condition for `restore` from the tensors of `to_tensors`; no Python code depends on values."""
        return self.unpack(tensors)

    def remap_key(self, name: str) -> str:
        """Where this network keeps the tensor that another of the same method, in other settings, has as ``name``."""
        return name


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that share one optimiser: alternating training gives each part of a network its own."""

    name: str
    parameters: list[nn.Parameter]
    lr: float
    every: int = 1
    """The optimiser steps when ``step % every == 0``; steps are counted from 1, as Algorithm 1 does."""
    after: int = 0
    """How many steps the optimiser lets pass before it begins."""
    muon: float | None = None
    """Learning rate of the weights of convolutions and linear layers under Muon; None leaves them to Adam."""


_Decay = Annotated[float, pydantic.Field(ge=0, lt=1)]


class StageRecipe(StrictModel):
    """What the loop itself needs to know of a stage; each method adds its own fields."""

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
            raise ValueError(f"milestones are those of the schedule 'step', and nobody heeds them in {self.schedule!r}")
        return self


class MuonRecipe(StageRecipe):
    """Of a stage that hands the rate on to its groups; in others the key would be heeded by nobody."""

    muon: float | None = pydantic.Field(None, gt=0, description="rate of convolutions and linear layers under Muon")


@dataclass(frozen=True)
class Batch:
    """What a stage's ``prepare`` makes of clean crops; each stage has fields of its own."""


@dataclass(frozen=True)
class Pairs(Batch):
    """Clean crops, each with a degradation of its own and what that makes of it."""

    hr: Tensor
    """``(n, 3, s*h, s*w)``."""
    lr: Tensor
    """``(n, 3, h, w)``, in the memory format that convolutions are fast in."""
    truth: Degradation

    @classmethod
    def draw(cls, family: Family, hr: Tensor, generator: torch.Generator) -> Self:
        """Draw a degradation for each crop, and apply it."""
        truth = family.sample(len(hr), generator)
        lr = truth.apply(hr, generator)
        return cls(hr, lr.contiguous(memory_format=torch.channels_last), truth)


class RangesRecipe(StageRecipe):
    """Of a stage whose degradations may be narrowed or widened, as for a paper's noise-free tables."""

    noise_range: Range | None = pydantic.Field(None, description="noise levels, 0..255; the paper's by default")
    width_range: Range | None = pydantic.Field(None, description="widths of blur, HR pixels; the paper's by default")

    @pydantic.model_validator(mode="after")
    def _ranges_rise_from_what_is_possible(self) -> Self:
        for name, least, value in (("noise_range", 0.0, self.noise_range), ("width_range", 0.05, self.width_range)):
            if value is not None and not least <= value[0] <= value[1]:
                raise ValueError(f"{name} needs a least value of at least {least:g} and then a largest, not {value}")
        return self

    def with_ranges(self, family: Family) -> Family:
        """A family with the recipe's ranges."""
        return with_ranges(family, self.noise_range, self.width_range)


class Stage(nn.Module, ABC):
    """One training stage of a paper. ``forward`` is one whole training step, degradations included.

    A step has two parts: ``prepare`` draws degradations and makes the images, without any weights, so that the loop can
    have it done for the next step while this one trains; ``losses`` is what the weights take part in.
    """

    method: Method[Any]
    recipe: StageRecipe
    validates: ClassVar[bool] = True
    """Whether the method can restore anything yet while this stage trains."""
    oracle_hints: ClassVar[frozenset[str]] = frozenset()
    """What validation tells the method of each degradation, as its paper does: ``kernel``, ``noise``."""

    @property
    @abstractmethod
    def crops(self) -> tuple[int, int]:
        """How many clean crops one step needs, and their side in HR pixels."""

    @property
    @abstractmethod
    def family(self) -> Family:
        """The degradations that this stage trains on; validation draws from it too."""

    @abstractmethod
    def groups(self) -> list[ParameterGroup]:
        """The parameters that this stage trains, by optimiser; everything else stays as it is."""

    @abstractmethod
    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> Batch:
        """Make what `losses` takes of clean crops, without gradients and without reading any weight.

        Another thread may call it, for a step that is not yet due.

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
        """Take one step: `losses` of a batch that is prepared already, or of clean crops."""
        if isinstance(clean, Batch):
            return self.losses(clean, generator, step)
        with torch.no_grad():
            batch = self.prepare(clean, generator, step)
        return self.losses(batch, generator, step)


def check_image(lr: Tensor) -> None:
    """Refuse anything but a batch of RGB images; called at borders, never per layer."""
    if lr.ndim != 4 or lr.shape[1] != 3 or 0 in lr.shape:
        raise BlindSRError(f"expected a batch of RGB images (n, 3, height, width), got a tensor {tuple(lr.shape)}")
