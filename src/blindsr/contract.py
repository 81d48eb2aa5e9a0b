"""What every method promises to its callers: ``Method`` to restore with, ``Stage`` to train with.

``restore``, ``evaluate`` and ``train`` know methods through this file and the registry alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, TypeVar

import pydantic
import torch
from torch import Tensor, nn

from blindsr.degrade.families import Family
from blindsr.errors import BlindSRError

Condition = TypeVar("Condition")
"""What a method knows of an image's degradation; the type is the method's own affair."""


class Strict(pydantic.BaseModel):
    """A frozen record whose unknown keys are errors; base of every configuration and recipe."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Traits:
    """What a caller must know about a method before it cuts an image into tiles."""

    scale: int
    """Factor from LR to SR, in pixels along each side."""
    margin: int
    """Context in LR pixels that a tile needs on each side to equal the whole: the receptive field's radius."""


class Method(nn.Module, ABC, Generic[Condition]):
    """Finds out once how an image was degraded, then restores it, or any tile of it, under that condition."""

    Config: ClassVar[type[Strict]]
    """Schema of everything that fixes the shape of the networks; written into the weights' file."""

    config: Strict
    """The values that this network was built with."""

    @property
    @abstractmethod
    def traits(self) -> Traits:
        """Scale and margin of this network."""

    @abstractmethod
    def condition(self, lr: Tensor, *, generator: torch.Generator, support: Sequence[Tensor] = ()) -> Condition:
        """Look at a whole image and return how it was degraded.

        Args:
            lr: the whole image, ``(1, 3, h, w)``, RGB in [0, 1].
            generator: source of every random choice, on the CPU.
            support: other images ``(1, 3, h', w')`` degraded in the same way, to be looked at instead of ``lr``;
                a method that can learn nothing from them raises `BlindSRError`.
        """

    @abstractmethod
    def restore(self, lr: Tensor, condition: Condition) -> Tensor:
        """Map ``(n, 3, h, w)`` to ``(n, 3, s*h, s*w)`` under a condition; the result is not clamped."""


@dataclass(frozen=True)
class Group:
    """Parameters that share one optimiser: alternating training gives each part of a network its own."""

    name: str
    parameters: list[nn.Parameter]
    lr: float
    every: int = 1
    """The optimiser steps when ``step % every == 0``; steps are counted from 1, as Algorithm 1 does."""


class StageRecipe(Strict):
    """What the loop itself needs to know of a stage; each method adds its own fields."""

    steps: int = pydantic.Field(gt=0, description="optimiser steps")
    schedule: Literal["constant", "cosine", "step"] = "cosine"
    warmup: int = pydantic.Field(0, ge=0, description="steps of linear warm-up")
    milestones: tuple[int, ...] = pydantic.Field((), description="steps at which the 'step' schedule decays")
    gamma: float = pydantic.Field(0.5, gt=0, le=1, description="factor of the 'step' schedule")
    final: float = pydantic.Field(0.0, ge=0, le=1, description="fraction of the rate left at the end of 'cosine'")
    betas: tuple[float, float] = pydantic.Field((0.9, 0.999), description="Adam's")
    clip: float | None = pydantic.Field(None, gt=0, description="largest norm of the gradient")
    ema: float = pydantic.Field(0.999, ge=0, lt=1, description="decay of the averaged weights; 0 for none")
    validate_every: int = pydantic.Field(1000, gt=0, description="steps between validations")


class Stage(nn.Module, ABC):
    """One training stage of a paper. ``forward`` is one whole training step, degradations included."""

    method: Method[Any]
    recipe: StageRecipe

    @property
    @abstractmethod
    def crops(self) -> tuple[int, int]:
        """How many clean crops one step needs, and their side in HR pixels."""

    @property
    @abstractmethod
    def family(self) -> Family:
        """The degradations that this stage trains on; validation draws from it too."""

    @abstractmethod
    def groups(self) -> list[Group]:
        """The parameters that this stage trains, by optimiser; everything else stays as it is."""

    @abstractmethod
    def forward(self, clean: Tensor, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        """Compute the losses of one step.

        Args:
            clean: clean HR crops, ``(count, 3, size, size)``, RGB in [0, 1].
            generator: source of degradations and noise, on the device of ``clean``.
            step: counted from 1.

        Returns:
            Named scalars for the log. ``"loss"`` is differentiated; one backward pass of it gives each group
            the gradient of its own objective.
        """


def check_image(lr: Tensor) -> None:
    """Refuse anything but a batch of RGB images; called at borders, never per layer."""
    if lr.ndim != 4 or lr.shape[1] != 3 or 0 in lr.shape:
        raise BlindSRError(f"expected a batch of RGB images (n, 3, height, width), got a tensor {tuple(lr.shape)}")
