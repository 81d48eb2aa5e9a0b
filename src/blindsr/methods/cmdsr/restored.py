"""Base of the stages that train the BaseNet: patches to restore, and noise to keep."""

from dataclasses import dataclass

import torch
from pydantic import Field
from torch import Tensor

from blindsr.contract import Batch
from blindsr.degrade.process import Degradation
from blindsr.degrade.resample import resize
from blindsr.methods.cmdsr.support import take_patches
from blindsr.methods.cmdsr.tasks import TaskRecipe, TaskStage

# Bicubic interpolation by 4 leaves 0.79 of the level of white noise; grain that stays must not be weaker than it was.
_KEPT_GRAIN = 1.2


class RestoringRecipe(TaskRecipe):
    """Recipe of a stage that trains the BaseNet."""

    restored: int = Field(20, gt=0, description="patches per task that the BaseNet restores; the paper restores all n")
    whole: float = Field(0.5, ge=0, le=1, description="share of tasks that ask for all noise to be removed")


@dataclass(frozen=True)
class Tasks(Batch):
    """Photographs degraded by k tasks, and targets of the BaseNet."""

    drawn: Degradation
    """The tasks, k rows."""
    wanted: Tensor
    """``(k * images, 3, s*h, s*w)``: the photographs, with the noise that is not to be removed."""
    lr: Tensor
    """``(k * images, 3, h, w)``."""
    noise: Tensor
    """What noise added to ``lr``."""
    support: Tensor
    """A support set of each task, ``(k, n, 3, p, p)``."""
    corners: Tensor
    """Where the patches of the support sets lie, ``(k * images, n / images, 2)``."""
    share: Tensor
    """Share of the noise that each task asks to be removed, ``(k,)``."""
    again: Tensor | None = None
    """Support sets of the same tasks from other photographs, where the stage compares them."""


class RestoringStage(TaskStage):
    """Restores some patches of each task's support set."""

    recipe: RestoringRecipe

    def tasks(self, clean: Tensor, generator: torch.Generator) -> Tasks:
        """Draw tasks, and degrade photographs ``(k * images, 3, s*h, s*w)`` by them."""
        drawn = self.draw(generator)
        lr, noise = drawn.repeat_interleave(self.recipe.images).apply_with_noise(clean, generator)
        support, corners = self.patches(lr, generator)
        share = self.denoise(generator)
        return Tasks(drawn, self.with_grain(clean, noise, share), lr, noise, support, corners, share)

    def denoise(self, generator: torch.Generator) -> Tensor:
        """Draw the share of the noise to remove in each task, ``(k,)``: all of it in ``whole`` of the tasks."""
        share = torch.ones(self.recipe.tasks, device=generator.device)
        if self.method.config.denoise:
            drawn = torch.rand(self.recipe.tasks, generator=generator, device=generator.device)
            share = (drawn / max(1 - self.recipe.whole, 1e-6)).clamp(max=1)
        return share

    def with_grain(self, hr: Tensor, noise: Tensor, share: Tensor) -> Tensor:
        """Add the noise that is to be kept, enlarged, to the targets ``(k * images, 3, h, w)``."""
        if not self.method.config.denoise:
            return hr
        kept = (1 - share).repeat_interleave(self.recipe.images).view(-1, 1, 1, 1)
        return hr + _KEPT_GRAIN * kept * resize(noise, self.method.config.scale)

    def restore_patches(self, hr: Tensor, lr: Tensor, corners: Tensor, feature: Tensor | None) -> tuple[Tensor, Tensor]:
        """Restore ``restored`` patches of each task.

        Args:
            hr: photographs, ``(k * images, 3, s * h, s * w)``.
            lr: the same degraded.
            corners: of the patches of the support sets, ``(k * images, count, 2)``.
            feature: what modulates the BaseNet, ``(k, features)``; None for nothing.

        Returns:
            Results and photographs, both ``(k * restored, 3, s * p, s * p)``.
        """
        scale, patch, count = self.method.config.scale, self.method.config.patch, self.recipe.restored
        images = min(self.recipe.images, count)
        each = min(-(-count // images), corners.shape[1])
        count = min(count, images * each)
        rows = torch.arange(len(lr), device=lr.device).view(self.recipe.tasks, -1)[:, :images].flatten()
        chosen = corners[rows, :each]

        def taken(source: Tensor, factor: int) -> Tensor:
            patches = take_patches(source[rows], chosen * factor, patch * factor)
            return patches.view(self.recipe.tasks, -1, *patches.shape[2:])[:, :count].flatten(0, 1)

        inputs, targets = taken(lr, 1).contiguous(memory_format=torch.channels_last), taken(hr, scale)
        per_image = lr.new_zeros(len(inputs), 0) if feature is None else feature.repeat_interleave(count, 0)
        return self.method.restore_tasks(inputs, per_image), targets
