"""Steps of a degradation as a suite stores them; each is an operation in integer arithmetic."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, field_validator
from torch import Tensor

from blindsr.benchmark import exact
from blindsr.benchmark.exact import Mode
from blindsr.contract import StrictModel
from blindsr.degrade.blur import Border
from blindsr.errors import BlindSRError, Code

Kernels = Mapping[str, Tensor]
"""Integer kernels ``(k, k)`` by name."""


class _Step(StrictModel, ABC):
    @abstractmethod
    def apply(self, x: Tensor, kernels: Kernels, seed: str) -> Tensor:
        """Apply the step to an image; noise is drawn from the seed."""


class Blur(_Step):
    """Correlation with a kernel of the suite."""

    step: Literal["blur"] = "blur"
    kernel: str
    """Name of the kernel."""
    border: Border

    def apply(self, x: Tensor, kernels: Kernels, seed: str) -> Tensor:
        """Apply the step to an image."""
        if self.kernel not in kernels:
            raise BlindSRError(f"the suite has no kernel {self.kernel!r}", Code.INVALID_FILE)
        return exact.blur(x, kernels[self.kernel], self.border)


class Reduce(_Step):
    """Reduction by an integer factor: MATLAB's bicubic, or pixels 0, s, 2s, ... (``direct``)."""

    step: Literal["reduce"] = "reduce"
    scale: int = Field(ge=1, le=16)
    mode: Literal["antialiased", "direct"] = "antialiased"

    def apply(self, x: Tensor, kernels: Kernels, seed: str) -> Tensor:
        """Apply the step to an image."""
        if self.mode == "direct":
            return x[:, :: self.scale, :: self.scale]
        height, width = (side // self.scale for side in x.shape[1:])
        return exact.resize(x, (height, width), "antialiased")


class Resize(_Step):
    """Resizing to a height and width."""

    step: Literal["resize"] = "resize"
    size: tuple[int, int]
    mode: Mode

    def apply(self, x: Tensor, kernels: Kernels, seed: str) -> Tensor:
        """Apply the step to an image."""
        return exact.resize(x, self.size, self.mode)


class Noise(_Step):
    """White normal noise."""

    step: Literal["noise"] = "noise"
    std: float = Field(ge=0, le=255)
    """Standard deviation in 8-bit levels, a multiple of 1/256."""
    gray: bool = False
    """Whether all channels get the same noise."""

    @field_validator("std")
    @classmethod
    def _exact(cls, value: float) -> float:
        return _multiple(value)

    def apply(self, x: Tensor, kernels: Kernels, seed: str) -> Tensor:
        """Apply the step to an image."""
        return exact.add_noise(x, self.std, seed, gray=self.gray)


class Shot(_Step):
    """Normal noise whose variance is proportional to the level."""

    step: Literal["shot"] = "shot"
    strength: float = Field(ge=0, le=16)
    """Standard deviation at level 1, a multiple of 1/256."""
    gray: bool = False

    @field_validator("strength")
    @classmethod
    def _exact(cls, value: float) -> float:
        return _multiple(value)

    def apply(self, x: Tensor, kernels: Kernels, seed: str) -> Tensor:
        """Apply the step to an image."""
        return exact.add_shot_noise(x, self.strength, seed, gray=self.gray)


class Quantise(_Step):
    """Rounding to 8 bits."""

    step: Literal["quantise"] = "quantise"
    how: Literal["round", "floor"] = "round"

    def apply(self, x: Tensor, kernels: Kernels, seed: str) -> Tensor:
        """Apply the step to an image."""
        return exact.round_levels(x, self.how)


class Jpeg(_Step):
    """JPEG compression and decompression."""

    step: Literal["jpeg"] = "jpeg"
    quality: int = Field(ge=1, le=100)
    full_chroma: bool = False
    """4:4:4 instead of 4:2:0."""
    offset: tuple[int, int] = (0, 0)
    """Number of rows and columns by which the block grid starts before the image."""

    def apply(self, x: Tensor, kernels: Kernels, seed: str) -> Tensor:
        """Apply the step to an image."""
        return exact.compress_jpeg(x, self.quality, full_chroma=self.full_chroma, offset=self.offset)


Step = Annotated[Blur | Reduce | Resize | Noise | Shot | Quantise | Jpeg, Field(discriminator="step")]


def apply_steps(steps: Sequence[Step], levels: Tensor, kernels: Kernels, seed: str) -> Tensor:
    """Degrade an image.

    Args:
        steps: in their order; the last one must round to 8 bits.
        levels: 8-bit values ``(3, h, w)`` of the HR image.
        kernels: integer kernels by name.
        seed: seed of the noise, to which the number of the step is added.

    Returns:
        8-bit values ``(3, h', w')``, uint8.

    Raises:
        BlindSRError: a kernel is missing, or the last step does not round.
    """
    if not steps or not isinstance(steps[-1], Quantise | Jpeg):
        raise BlindSRError("the last step of a degradation must be quantise or jpeg", Code.INVALID_FILE)
    x = exact.from_levels(levels)
    for number, step in enumerate(steps):
        x = step.apply(x, kernels, f"{seed}/{number}")
    return exact.to_levels(x)


def _multiple(value: float) -> float:
    if value * exact.FRACTION != round(value * exact.FRACTION):
        raise ValueError(f"{value} is not a multiple of 1/{exact.FRACTION}")
    return value
