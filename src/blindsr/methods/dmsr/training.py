"""Training of DMSR: Eq. 5 to 8 in one stage, and its fine-tuning without noise (DMSR-nf)."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor

from blindsr.contract import Method, MuonRecipe, Pairs, ParameterGroup, RangesRecipe, Stage, StageRecipe
from blindsr.degrade.families import Family
from blindsr.degrade.process import degrade
from blindsr.methods.dmsr.extractor import paper_family
from blindsr.methods.dmsr.model import DMSR, DMSRCondition
from blindsr.pixels import quantise

_LEAST = 1e-6
"""Smallest squared error that is distinguished, 60 dB."""


class PatchesRecipe(MuonRecipe, RangesRecipe):
    """Training data of both stages (Section 4.1)."""

    batch: int = Field(32, gt=0)
    patch: int = Field(48, gt=0, description="side of a patch, LR pixels")
    noise: bool = Field(True, description="add noise; without it, the -nf model is trained")

    @model_validator(mode="after")
    def _noise_has_one_answer(self) -> Self:
        if not self.noise and self.noise_range:
            raise ValueError("noise_range needs noise: true; remove one of them")
        return self


class ExtractionRecipe(PatchesRecipe):
    """Stage that trains only the extractor, which short trainings need; not in the paper (see the README)."""

    steps: int = Field(0, ge=0, description="optimiser steps; 0 leaves the stage out, as in the paper")
    lr: float = Field(1e-3, gt=0)


class RestorationRecipe(PatchesRecipe):
    """Section 4.1."""

    reconstruction: float = Field(1.0, ge=0, description="lambda_RE of Eq. 5")
    measure: Literal["l1", "l2", "log"] = Field("l1", description="L_RE: Eq. 6, its square, or `log_error`")
    degradation: float = Field(10.0, ge=0, description="lambda_DR of Eq. 5; 0 for Table 2")
    consistency: float = Field(1.0, ge=0, description="lambda_DC of Eq. 5; 0 for Table 2")
    true_kernels: float = Field(0.0, ge=0, le=1, description="fraction of the patches restored with the true kernel")
    consistency_on: tuple[Literal["lr", "kn"], ...] = Field(
        ("lr", "kn"), min_length=1, description="terms of Eq. 8: LR image; kernel and noise"
    )
    lr: float = Field(1e-4, gt=0)


STAGES: dict[str, type[StageRecipe]] = {"extraction": ExtractionRecipe, "stage": RestorationRecipe}
SMALL: dict[str, dict[str, Any]] = {
    "extraction": {"steps": 1, "batch": 2, "patch": 16},
    "stage": {"steps": 1, "batch": 2, "patch": 16},
}
"""Settings of the stages for quick steps, for the tests of all methods."""


def stages(model: Method[DMSRCondition], recipe: dict[str, StageRecipe]) -> Sequence[Stage]:
    """Build the optional stage of the extractor alone, and the stage of DMSR."""
    method = cast("DMSR", model)
    return [
        Extraction(method, cast("ExtractionRecipe", recipe["extraction"])),
        Restoration(method, cast("RestorationRecipe", recipe["stage"])),
    ]


class Patches(Stage):
    """Base of both stages."""

    method: DMSR
    recipe: PatchesRecipe

    def __init__(self, model: DMSR, recipe: PatchesRecipe) -> None:
        super().__init__()
        self.method, self.recipe = model, recipe

    @property
    def crops(self) -> tuple[int, int]:
        return self.recipe.batch, self.recipe.patch * self.method.config.scale

    @property
    def family(self) -> Family:
        return self.recipe.with_ranges(paper_family(self.method.config.scale, noise=self.recipe.noise))

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> "_Noisy":
        return _Noisy.draw(self.family, clean, generator)

    def estimated(self, noise_map: Tensor) -> Tensor:
        """Return the noise output of the extractor: its map, or the mean of it as the level ``(n, 3)`` (Table 3)."""
        return noise_map.mean((2, 3)) if self.method.config.noise == "sigma" else noise_map

    def wanted(self, batch: "_Noisy") -> Tensor:
        """Return the target of the noise output."""
        if self.method.config.noise == "sigma":
            return (batch.truth.noise / 255)[:, None].expand(-1, 3).to(batch.noise)
        return batch.noise


class Extraction(Patches):
    """Stage that trains only the extractor, to predict noise and kernel."""

    recipe: ExtractionRecipe
    validates = False

    def groups(self) -> list[ParameterGroup]:
        extractor = list(self.method.extractor.parameters())
        return [ParameterGroup("extractor", extractor, self.recipe.lr, muon=self.recipe.muon)]

    def losses(self, batch: "_Noisy", generator: torch.Generator, step: int) -> dict[str, Tensor]:
        """Compute the divergence of the kernel, whose gradient does not vanish for small values as that of Eq. 7."""
        extractor, kernels = self.method.extractor, batch.truth.kernels
        features = extractor.features(batch.lr)
        scores = F.log_softmax(extractor.scores(features), 1)
        losses = {
            "noise": F.mse_loss(self.estimated(extractor.noise(features).float()), self.wanted(batch)),
            "kernel": F.kl_div(scores, kernels.flatten(1), reduction="batchmean"),
        }
        return {"loss": losses["noise"] + losses["kernel"], **{key: value.detach() for key, value in losses.items()}}


@dataclass(frozen=True)
class _Noisy(Pairs):
    """LR images rounded to 8 bits, and the noise added to them, ``(n, 3, h, w)`` in units of [0, 1]."""

    noise: Tensor

    @classmethod
    def draw(cls, family: Family, hr: Tensor, generator: torch.Generator) -> Self:
        truth = family.sample(len(hr), generator)
        size = (side // truth.scale for side in hr.shape[2:])
        noise = truth.draw_noise((*hr.shape[:2], *size), hr, generator)
        lr = quantise(degrade(hr, truth, noise))
        return cls(hr, lr.contiguous(memory_format=torch.channels_last), truth, noise)


class Restoration(Patches):
    """Stage that trains the extractor and the SR network together."""

    recipe: RestorationRecipe

    def groups(self) -> list[ParameterGroup]:
        net, extractor = (list(part.parameters()) for part in (self.method.net, self.method.extractor))
        return [
            ParameterGroup("net", net, self.recipe.lr, muon=self.recipe.muon),
            ParameterGroup("extractor", extractor, self.recipe.lr),
        ]

    def losses(self, batch: _Noisy, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        """Estimate, restore, compare (Eq. 5)."""
        recipe, method = self.recipe, self.method
        clean, lr, truth = batch.hr, batch.lr, batch.truth
        noise_map, kernel = method.extractor(lr)
        given = kernel
        if recipe.true_kernels:  # so that it also learns kernels that the extractor does not estimate
            given = (
                torch.rand(len(lr), generator=generator, device=generator.device).to(lr.device) < recipe.true_kernels
            )
            given = torch.where(given[:, None, None], truth.kernels, kernel)
        found = self.estimated(noise_map)
        guide = method.noise_input(lr, 255 * noise_map.mean((2, 3)), noise_map=noise_map)
        losses = {"reconstruction": _MEASURES[recipe.measure](method.net(lr, guide, given), clean)}
        total = recipe.reconstruction * losses["reconstruction"]
        if recipe.degradation:
            losses["degradation"] = _distance(found, self.wanted(batch), kernel, truth.kernels)
            total = total + recipe.degradation * losses["degradation"]
        if recipe.consistency:
            losses["consistency"] = self._consistency(batch, (found, kernel), generator)
            total = total + recipe.consistency * losses["consistency"]
        return {"loss": total, **{name: value.detach() for name, value in losses.items()}}

    def _consistency(self, batch: _Noisy, found: tuple[Tensor, Tensor], generator: torch.Generator) -> Tensor:
        """Eq. 8: the estimate must reproduce the LR image, and the estimate for that image must be the same.

        If the estimate is a noise level, noise of this level is drawn.
        """
        noise, kernel = found
        noise_map = noise
        if noise.ndim == 2:
            drawn = torch.randn(batch.lr.shape, generator=generator, device=generator.device).to(batch.lr)
            noise_map = noise[:, :, None, None] * drawn
        simulated = degrade(batch.hr, dataclasses.replace(batch.truth, kernels=kernel), noise_map)
        terms = []
        if "lr" in self.recipe.consistency_on:
            terms.append(F.mse_loss(simulated, batch.lr))
        if "kn" in self.recipe.consistency_on:
            again_noise, again_kernel = self.method.extractor(simulated)
            terms.append(_distance(self.estimated(again_noise), noise, again_kernel, kernel))
        return torch.stack(terms).sum()


def log_error(sr: Tensor, hr: Tensor) -> Tensor:
    """Compute the mean over images ``(n, 3, h, w)`` of the logarithm of their squared error (Chen et al., 2021).

    Like PSNR, it weights images with weak noise as much as those with strong noise, whose errors are larger.
    """
    return ((sr - hr).square().mean((1, 2, 3)) + _LEAST).log().mean()


_MEASURES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"l1": F.l1_loss, "l2": F.mse_loss, "log": log_error}


def _distance(noise: Tensor, other_noise: Tensor, kernel: Tensor, other_kernel: Tensor) -> Tensor:
    """Compute squared distances of Eq. 7 and 8: mean over noise maps, but sum over kernels, whose values are small."""
    return F.mse_loss(noise, other_noise) + (kernel - other_kernel).square().sum((1, 2)).mean()
