"""Families of degradations: the distributions that the papers train on, sampled with a generator."""

import dataclasses
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from blindsr.degrade import kernels
from blindsr.degrade.blur import Border, Downsampling
from blindsr.degrade.process import Degradation
from blindsr.errors import BlindSRError, Code

Range = tuple[float, float]
"""Least and largest value."""

_SEEDS = 2**62


@dataclass(frozen=True)
class Draw:
    """Random numbers ``(count,)``, one per sample."""

    source: torch.Generator
    count: int

    def uniform(self, low: float, high: float) -> Tensor:
        """Draw uniform numbers from ``low`` to ``high``."""
        return low + (high - low) * torch.rand(self.count, generator=self.source, device=self.source.device)

    def bernoulli(self, odds: float) -> Tensor:
        """Draw Bernoulli samples of a probability."""
        return self.uniform(0, 1) < odds

    def whole(self, limits: tuple[int, int]) -> Tensor:
        """Draw integers, both limits included."""
        low, high = limits
        return torch.randint(low, high + 1, (self.count,), generator=self.source, device=self.source.device)


@dataclass(frozen=True)
class Family(ABC):
    """A distribution over degradations."""

    scale: int
    """HR pixels per LR pixel."""
    size: int
    """Side of the kernels, HR pixels."""
    noise: tuple[float, float] = (0.0, 0.0)
    """Range of the uniform noise level, on the 0..255 scale."""
    border: Border = "reflect"
    down: Downsampling = "bicubic"

    def sample(self, count: int = 1, generator: torch.Generator | int = 0) -> Degradation:
        """Draw ``count`` independent degradations from a generator (or a seed for a new one on the CPU)."""
        if isinstance(generator, int):
            generator = torch.Generator().manual_seed(generator)
        blur = self._kernels(count, generator)
        level = Draw(generator, count).uniform(*self.noise)
        seeds = torch.randint(_SEEDS, (count,), generator=generator, device=generator.device)
        return Degradation(
            scale=self.scale,
            kernels=blur,
            noise=level,
            jpeg=torch.zeros_like(seeds),
            seeds=seeds,
            border=self.border,
            down=self.down,
        )

    @abstractmethod
    def _kernels(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw kernels ``(count, size, size)``."""


@dataclass(frozen=True)
class Isotropic(Family):
    """Round Gaussians whose standard deviation is uniform in a range, or on a grid within it."""

    std: tuple[float, float] = (0.2, 4.0)
    """Range of the standard deviation, HR pixels."""
    step: float | None = None
    """Distance of the grid; None for a continuous range."""

    def _kernels(self, count: int, generator: torch.Generator) -> Tensor:
        draw = Draw(generator, count)
        if self.step is None:
            return kernels.gaussian(self.size, draw.uniform(*self.std))
        low, high = self.std
        at = draw.whole((0, round((high - low) / self.step)))
        return kernels.gaussian(self.size, low + self.step * at)


@dataclass(frozen=True)
class Anisotropic(Family):
    """Gaussians with two independent standard deviations and any angle."""

    std: tuple[float, float] = (0.2, 4.0)
    """Range of both standard deviations, HR pixels."""

    def _kernels(self, count: int, generator: torch.Generator) -> Tensor:
        draw = Draw(generator, count)
        first, second = draw.uniform(*self.std), draw.uniform(*self.std)
        return kernels.gaussian(self.size, first, second, draw.uniform(0, math.pi))


@dataclass(frozen=True)
class Pool(Family):
    """A fixed number of tasks drawn once from another family (CMDSR, Section IV-E.5)."""

    tasks: Degradation | None = None

    @classmethod
    def of(cls, family: Family, count: int, seed: int) -> "Pool":
        """Fix ``count`` tasks of a family."""
        return cls(family.scale, family.size, family.noise, family.border, family.down, family.sample(count, seed))

    def sample(self, count: int = 1, generator: torch.Generator | int = 0) -> Degradation:
        """Draw tasks from the pool, without repetition until all were drawn; the noise is new each time."""
        assert self.tasks is not None
        if isinstance(generator, int):
            generator = torch.Generator().manual_seed(generator)
        rounds = range(-(-count // len(self.tasks)))
        orders = [torch.randperm(len(self.tasks), generator=generator, device=generator.device) for _ in rounds]
        rows = torch.cat(orders)[:count]
        seeds = torch.randint(_SEEDS, (count,), generator=generator, device=generator.device)
        return dataclasses.replace(self.tasks.to(generator.device).take(rows), seeds=seeds)

    def _kernels(self, count: int, generator: torch.Generator) -> Tensor:
        return self.sample(count, generator).kernels


def with_ranges(family: Family, noise: Range | None, width: Range | None) -> Family:
    """Return a family of Gaussian blurs with other ranges.

    Args:
        family: the original family.
        noise: range of the noise level, 0..255; unchanged if None.
        width: range of the standard deviation, HR pixels; unchanged if None.

    Raises:
        BlindSRError: the family has no range of widths.
    """
    if noise is not None:
        family = dataclasses.replace(family, noise=noise)
    if width is None:
        return family
    if not isinstance(family, Isotropic | Anisotropic):
        raise BlindSRError("only families of Gaussian kernels have a range of widths", Code.UNSUPPORTED_OPTION)
    return dataclasses.replace(family, std=width)
