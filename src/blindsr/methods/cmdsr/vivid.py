"""A stage after Algorithm 1 that the paper does not have: training for perceptual quality instead of squared errors.

The BaseNet and its modulation learn on by LPIPS, DISTS and a discriminator, while ConditionNet stays as it is, so that
these weights and those they began from can be interpolated. Where the result has structure that the photograph lacks,
it is drawn back to the photograph, after LDL (Liang et al., "Details or Artifacts", CVPR 2022).
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from blindsr.contract import ParameterGroup
from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr.model import CMDSR
from blindsr.methods.cmdsr.restored import RestoringRecipe, RestoringStage, Tasks
from blindsr.nn.blocks import frozen
from blindsr.nn.perceptual import DISTS, LPIPS
from blindsr.nn.perceptual.windows import positions_of, random_window, window_of_any_phase


class VividRecipe(RestoringRecipe):
    """Weights of the losses; all are of means over pixels in [0, 1]."""

    steps: int = Field(0, ge=0, description="optimiser steps; the paper has no such stage")
    lpips: Path | None = Field(None, description="file of the weights of LPIPS on AlexNet")
    pixels: float = Field(1.0, ge=0, description="weight of the mean absolute error")
    perceptual: float = Field(0.1, ge=0, description="weight of LPIPS")
    vgg: Path | None = Field(None, description="file of the weights of DISTS on VGG-16")
    dists: float = Field(0.0, ge=0, description="weight of DISTS")
    dists_side: int = Field(96, ge=32, description="side of the part of each patch that DISTS compares, HR pixels")
    adversarial: float = Field(0.0, ge=0, description="weight of the adversarial loss; needs model.discriminator")
    matching: float = Field(0.0, ge=0, description="weight of the distance of the discriminator's features")
    artefacts: float = Field(0.0, ge=0, description="weight of the error where structure is invented (LDL)")
    adversary: float = Field(1e-4, gt=0, description="learning rate of the discriminator")
    lr: float = Field(1e-4, gt=0, description="learning rate of the BaseNet and its modulation layers")


class Vivid(RestoringStage):
    """One pass of LPIPS, discriminator and BaseNet for one batch of tasks."""

    recipe: VividRecipe

    def __init__(self, model: CMDSR, recipe: VividRecipe) -> None:
        super().__init__(model, recipe)
        if recipe.steps:
            _check_file("LPIPS", "lpips", recipe.lpips, recipe.perceptual)
            _check_file("DISTS", "vgg", recipe.vgg, recipe.dists)
        if recipe.steps and (recipe.adversarial or recipe.matching) and model.discriminator is None:
            raise BlindSRError(
                "the adversarial loss needs a discriminator: --set model.discriminator=32", Code.MISSING_OPTION
            )
        self._loaded: tuple[LPIPS | None, DISTS | None] | None = None

    def groups(self) -> list[ParameterGroup]:
        groups = [ParameterGroup("base", list(self.method.base.parameters()), self.recipe.lr)]
        if self.method.discriminator is not None and (self.recipe.adversarial or self.recipe.matching):
            groups.append(
                ParameterGroup("adversary", list(self.method.discriminator.parameters()), self.recipe.adversary)
            )
        return groups

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> Tasks:
        return self.tasks(clean, generator)

    def losses(self, batch: Tasks, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        feature = batch.lr.new_zeros(self.recipe.tasks, 0)
        if self.method.condition_net is not None:
            with torch.no_grad():
                feature = self.method.with_denoise(self.method.condition_net(batch.support).float(), batch.share)
        sr, hr = self.restore_patches(batch.wanted, batch.lr, batch.corners, feature)
        losses = self._losses(sr, hr, generator)
        return {"loss": torch.stack(list(losses.values())).sum(), **{name: x.detach() for name, x in losses.items()}}

    def _losses(self, sr: Tensor, hr: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        recipe, losses = self.recipe, {}
        losses["pixels"] = recipe.pixels * F.l1_loss(sr, hr)
        losses |= self._perceptual(sr, hr, generator)
        if recipe.artefacts:
            losses["artefacts"] = recipe.artefacts * (artefact_map(sr.detach(), hr) * (sr - hr).abs()).mean()
        if self.method.discriminator is not None and (recipe.adversarial or recipe.matching):
            with frozen(self.method.discriminator):
                logits, features = self.method.discriminator(sr)
                _, wanted = self.method.discriminator(hr)
            distances = [F.l1_loss(a, b.detach()) for a, b in zip(features, wanted, strict=True)]
            losses["adversarial"] = recipe.adversarial * F.softplus(-logits).mean()
            losses["matching"] = recipe.matching * torch.stack(distances).mean()
            real, fake = (self.method.discriminator(x.detach())[0] for x in (hr, sr))
            losses["discriminator"] = F.softplus(-real).mean() + F.softplus(fake).mean()
        return losses

    def _perceptual(self, sr: Tensor, hr: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """LPIPS and DISTS, each by its weight, of windows of the patches at a random position."""
        recipe, losses, side = self.recipe, dict[str, Tensor](), sr.shape[-1]
        positions = positions_of(generator)
        lpips, dists = self._distances(sr.device)
        if lpips is not None:
            window = window_of_any_phase(side, positions)
            losses["perceptual"] = recipe.perceptual * lpips(sr[window], hr[window]).mean()
        if dists is not None:
            window = random_window(side, min(side, recipe.dists_side), positions)
            losses["dists"] = recipe.dists * dists(sr[window], hr[window]).mean()
        return losses

    def _distances(self, device: torch.device) -> tuple[LPIPS | None, DISTS | None]:
        """Load the perceptual distances that have a weight, once."""
        recipe = self.recipe
        if self._loaded is None:
            lpips = LPIPS.from_file(recipe.lpips).to(device) if recipe.perceptual and recipe.lpips else None
            dists = DISTS.from_file(recipe.vgg).to(device) if recipe.dists and recipe.vgg else None
            self._loaded = lpips, dists  # no submodules: they are neither trained nor stored
        return self._loaded


def _check_file(name: str, key: str, path: Path | None, weight: float) -> None:
    if weight and (path is None or not path.is_file()):
        raise BlindSRError(
            f"the vivid stage needs {name}: set the file of its weights with --set vivid.{key}=FILE",
            Code.MISSING_OPTION,
        )


def artefact_map(sr: Tensor, hr: Tensor, side: int = 7) -> Tensor:
    """Map of structure in a result that the photograph lacks, ``(n, 1, h, w)`` in [0, 1] (after LDL, Eq. 4).

    The standard deviation of the residual in windows of ``side`` pixels, divided by that of the photograph plus that of
    the residual: large where flat parts are not flat any more, small in textures.
    """
    residual, luma = (sr - hr).mean(1, keepdim=True), hr.mean(1, keepdim=True)
    wrong, true = (_local_std(x, side) for x in (residual, luma))
    return wrong / (wrong + true + 1e-3)


def _local_std(x: Tensor, side: int) -> Tensor:
    padded = F.pad(x, (side // 2,) * 4, mode="reflect")
    mean, square = F.avg_pool2d(padded, side, 1), F.avg_pool2d(padded.square(), side, 1)
    return (square - mean.square()).clamp(min=0).sqrt()
