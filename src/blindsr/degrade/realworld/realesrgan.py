"""The distribution of Real-ESRGAN's degradations, with the parameters of its released configuration (x4)."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from blindsr.degrade import kernels, shapes
from blindsr.degrade.families import Draw, Family
from blindsr.degrade.realworld.second_order import RealisticDegradation, Round
from blindsr.degrade.resample import MODES

_SIZE = 21
_SIDES = range(7, _SIZE + 1, 2)
_KINDS = ("round", "oval", "round generalised", "oval generalised", "round plateau", "oval plateau")
_KIND_ODDS = (0.45, 0.25, 0.12, 0.03, 0.12, 0.03)
_SINC_ODDS, _LAST_SINC_ODDS, _SECOND_BLUR_ODDS = 0.1, 0.8, 0.8
_GENERALISED, _PLATEAU = (0.5, 4.0), (1.0, 2.0)
_GAUSSIAN_ODDS, _GRAY_ODDS = 0.5, 0.4
_JPEG = (30, 95)
_CARELESS = MODES[:3]


@dataclass(frozen=True)
class _Round:
    """Ranges of one of the two rounds."""

    std: tuple[float, float]
    resize: tuple[float, float, float]
    """Probabilities of enlarging, shrinking and no resizing."""
    factor: tuple[float, float]
    noise: tuple[float, float]
    poisson: tuple[float, float]


_FIRST = _Round((0.2, 3.0), (0.2, 0.7, 0.1), (0.15, 1.5), (1, 30), (0.05, 3.0))
_SECOND = _Round((0.2, 1.5), (0.3, 0.4, 0.3), (0.3, 1.2), (1, 25), (0.05, 2.5))


@dataclass(frozen=True)
class RealESRGAN(Family):
    """Second-order degradations: two rounds of blur, resizing, noise and JPEG, then a sinc filter (MRDA, IV-A).

    A fraction of them may have only the first round, since most photographs were compressed only once. A network
    trained only on the hardest cases is worse than bicubic interpolation on the others (Zhang et al., "A Closer Look at
    Blind Super-Resolution", CVPR Workshops 2022, where any step may be omitted).
    """

    once: float = 0.0
    """Probability of a single round; the published process always has two."""

    def sample(self, count: int = 1, generator: torch.Generator | int = 0) -> RealisticDegradation:
        """Draw ``count`` independent degradations from a generator (or a seed for a new one on the CPU)."""
        source = torch.Generator().manual_seed(generator) if isinstance(generator, int) else generator
        draw = _Draw(source, count)
        first, second = draw.round(_FIRST), draw.round(_SECOND)
        late = draw.bernoulli(0.5)
        quality = draw.whole(_JPEG)
        blurred = draw.bernoulli(_SECOND_BLUR_ODDS)
        second["kernels"] = draw.where(blurred, second["kernels"])
        drawn = RealisticDegradation(
            scale=self.scale,
            kernels=first["kernels"],
            noise=first["noise"],
            jpeg=draw.whole(_JPEG),
            seeds=torch.randint(2**62, (count,), generator=source, device=source.device),
            border="reflect",
            factor=first["factor"],
            mode=first["mode"],
            poisson=first["poisson"],
            gray=first["gray"],
            second=Round(**second, jpeg=torch.where(late, 0, quality)),
            last_mode=draw.modes(),
            sinc=draw.last_filters(),
            last_jpeg=torch.where(late, quality, 0),
        )
        return self._simplified(drawn, draw) if self.once else drawn

    def _simplified(self, drawn: RealisticDegradation, draw: "_Draw") -> RealisticDegradation:
        """Remove the second round and the last filter from some rows; these are resized once, in any mode."""
        chosen, ways = draw.bernoulli(self.once), draw.whole((0, len(MODES) - 1))
        second = drawn.second
        absent = {name: torch.where(chosen, 0, getattr(second, name)) for name in ("noise", "poisson", "jpeg")}
        factor = torch.where(chosen, 1.0, second.factor)
        return replace(
            drawn,
            factor=torch.where(chosen, 1 / self.scale, drawn.factor),
            mode=torch.where(chosen, ways, drawn.mode),
            second=replace(second, kernels=draw.where(~chosen, second.kernels), factor=factor, **absent),
            sinc=draw.where(~chosen, drawn.sinc),
            last_jpeg=torch.where(chosen, 0, drawn.last_jpeg),
        )

    def _kernels(self, count: int, generator: torch.Generator) -> Tensor:
        return self.sample(count, generator).kernels


@dataclass(frozen=True)
class _Draw(Draw):
    """Random numbers for a batch of samples."""

    def choice(self, odds: tuple[float, ...]) -> Tensor:
        weights = torch.tensor(odds, device=self.source.device)
        return torch.multinomial(weights, self.count, replacement=True, generator=self.source)

    def modes(self) -> Tensor:
        return self.whole((0, len(_CARELESS) - 1))

    def round(self, limits: _Round) -> dict[str, Tensor]:
        """Draw the kernels, resizing and noise of one round."""
        way = self.choice(limits.resize)
        low, high = limits.factor
        factor = torch.where(way == 0, self.uniform(1, high), torch.where(way == 1, self.uniform(low, 1), 1.0))
        gaussian = self.bernoulli(_GAUSSIAN_ODDS)
        return {
            "kernels": self.kernels(limits.std),
            "factor": factor,
            "mode": self.modes(),
            "noise": torch.where(gaussian, self.uniform(*limits.noise), 0.0),
            "poisson": torch.where(gaussian, 0.0, self.uniform(*limits.poisson)),
            "gray": self.bernoulli(_GRAY_ODDS).float(),
        }

    def kernels(self, std: tuple[float, float]) -> Tensor:
        """Draw blur kernels ``(count, 21, 21)`` of all kinds, including sinc filters."""
        sides, kinds, ringing = self.whole((0, len(_SIDES) - 1)), self.choice(_KIND_ODDS), self.bernoulli(_SINC_ODDS)
        first, second, angle = self.uniform(*std), self.uniform(*std), self.uniform(-math.pi, math.pi)
        second = torch.where(kinds % 2 == 0, first, second)
        covariances = shapes.covariance_from_stds(first, second, angle)
        betas = {"generalised": self._betas(_GENERALISED), "plateau": self._betas(_PLATEAU)}
        widths = torch.tensor(_SIDES, device=sides.device)[sides]
        beta = torch.where(self._contains(kinds, "generalised"), betas["generalised"], 1.0)
        smooth = shapes.generalised_gaussian(_SIZE, covariances, beta, widths)
        flat = shapes.plateau(_SIZE, covariances, betas["plateau"], widths)
        drawn = torch.where(self._contains(kinds, "plateau").view(-1, 1, 1), flat, smooth)
        return torch.where(ringing.view(-1, 1, 1), shapes.sinc(_SIZE, self._cutoffs(sides), widths), drawn)

    def _contains(self, kinds: Tensor, name: str) -> Tensor:
        """Return whether the name of each kind ``(count,)`` contains a word."""
        return torch.tensor([name in kind for kind in _KINDS], device=kinds.device)[kinds]

    def where(self, chosen: Tensor, filters: Tensor) -> Tensor:
        """Select filters ``(count, 21, 21)`` by a mask; elsewhere, the identity."""
        return torch.where(chosen.view(-1, 1, 1), filters, kernels.delta(_SIZE).to(filters))

    def last_filters(self) -> Tensor:
        """Draw sinc filters ``(count, 21, 21)``; the identity for some."""
        ringing, cutoffs = self.bernoulli(_LAST_SINC_ODDS), self.uniform(math.pi / 3, math.pi)
        return self.where(ringing, shapes.sinc(_SIZE, cutoffs))

    def _betas(self, limits: tuple[float, float]) -> Tensor:
        """Draw shape parameters, half of them below 1."""
        low, high = limits
        return torch.where(self.bernoulli(0.5), self.uniform(min(low, 1.0), 1.0), self.uniform(1.0, high))

    def _cutoffs(self, sides: Tensor) -> Tensor:
        """Draw cut-off frequencies; small filters require higher ones."""
        small = torch.tensor([side < 13 for side in _SIDES], device=sides.device)[sides]
        return torch.where(small, self.uniform(math.pi / 3, math.pi), self.uniform(math.pi / 5, math.pi))
