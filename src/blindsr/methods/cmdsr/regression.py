"""Pre-training of ConditionNet by regression, before Algorithm 1; not in the paper.

Losses that only state which tasks are alike (Eq. 8) are satisfied by the strongest sign of a task, noise. Here
ConditionNet learns to predict noise and blur; Algorithm 1 then begins with a feature of both.
"""

import dataclasses
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from pydantic import Field, field_validator
from torch import Tensor

from blindsr.contract import Batch, ParameterGroup
from blindsr.degrade import kernels
from blindsr.degrade.process import Degradation
from blindsr.errors import BlindSRError
from blindsr.methods.cmdsr.model import CMDSR
from blindsr.methods.cmdsr.tasks import TaskRecipe, TaskStage


class LabelRecipe(TaskRecipe):
    """Levels of noise, widths of blur and JPEG qualities, each a label of a part of the feature."""

    noise: tuple[float, ...] = Field((0, 10, 30, 75), min_length=2, description="noise levels, 0..255, increasing")
    width: tuple[float, ...] = Field((0.2, 1.4, 2.4, 3.4), min_length=2, description="widths, HR pixels, increasing")
    jpeg: tuple[float, ...] = Field((), description="JPEG qualities, increasing, 100 for none; empty leaves them out")

    @field_validator("noise", "width", "jpeg")
    @classmethod
    def _rise(cls, points: tuple[float, ...]) -> tuple[float, ...]:
        if list(points) != sorted(set(points)) or len(points) == 1:
            raise ValueError(f"expected increasing numbers, got {points}")
        return points

    @property
    def points(self) -> int:
        """Number of labelled parts of the feature."""
        return len(self.noise) + len(self.width) + len(self.jpeg)


class RegressionRecipe(LabelRecipe):
    """Recipe of the stage before Algorithm 1."""

    steps: int = Field(0, ge=0, description="optimiser steps; the paper has no such stage")
    quiet: float = Field(1.0, ge=1, description="exponent of the noise levels; blur is visible only with little noise")
    lr: float = Field(2e-3, gt=0, description="learning rate of the ConditionNet")


class Regression(TaskStage):
    """Regression of the distance of a task to the point of each part of the feature.

    The nearness is that of linear interpolation, so modulation layers, which are linear, can make any function of
    noise plus any of width from it that is linear between the points. No layer is needed that the paper does not have.
    """

    recipe: RegressionRecipe
    validates = False

    def __init__(self, model: CMDSR, recipe: RegressionRecipe) -> None:
        super().__init__(model, recipe)
        points = recipe.points
        if recipe.steps and model.condition_net is None:
            raise BlindSRError("the regression stage needs a ConditionNet, which this recipe disables")
        if recipe.steps and points > model.config.features:
            raise BlindSRError(f"a feature of {model.config.features} numbers cannot represent {points} labels")

    def groups(self) -> list[ParameterGroup]:
        assert self.method.condition_net is not None
        return [ParameterGroup("condition", list(self.method.condition_net.parameters()), self.recipe.lr)]

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> "_Labelled":
        tasks = self._quieter(self.draw(generator))
        lr, noise = tasks.repeat_interleave(self.recipe.images).apply_with_noise(clean, generator)
        return _Labelled(self.patches(lr, generator)[0], labels(tasks, noise, self.recipe))

    def losses(self, batch: "_Labelled", generator: torch.Generator, step: int) -> dict[str, Tensor]:
        assert self.method.condition_net is not None
        feature = self.method.condition_net(batch.support).float()
        return {"loss": regression_loss(feature, batch.wanted)}

    def _quieter(self, tasks: Degradation) -> Degradation:
        most = self.family.noise[1]
        if most == 0:
            return tasks
        return dataclasses.replace(tasks, noise=most * (tasks.noise / most) ** self.recipe.quiet)


@dataclass(frozen=True)
class _Labelled(Batch):
    """A support set of each task, ``(k, n, 3, p, p)``, and what the feature shall be, ``(k, points)``."""

    support: Tensor
    wanted: Tensor


def labels(tasks: Degradation, noise: Tensor, recipe: LabelRecipe) -> Tensor:
    """Interpolation weights of each task's noise level, width and JPEG quality, ``(k, points)``; each part sums to 1.

    Args:
        tasks: k degradations.
        noise: what noise added to the images of each task, ``(k * images, 3, h, w)`` in units of [0, 1].
        recipe: the points.
    """
    level = 255 * noise.reshape(len(tasks), -1).std(1)
    variances = kernels.kernel_covariance(tasks.kernels).diagonal(dim1=1, dim2=2)
    parts = [
        interpolation_weights(level, recipe.noise),
        interpolation_weights(variances.mean(1).clamp(min=0).sqrt(), recipe.width),
    ]
    if recipe.jpeg:
        parts.append(interpolation_weights(torch.where(tasks.jpeg == 0, 100, tasks.jpeg).to(level), recipe.jpeg))
    return torch.cat(parts, 1)


def regression_loss(feature: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared error between the means of equal parts of ``feature (k, features)`` and ``wanted (k, points)``."""
    found = torch.stack([part.mean(1) for part in feature.tensor_split(wanted.shape[1], 1)], 1)
    return F.mse_loss(found, wanted)


def interpolation_weights(values: Tensor, points: tuple[float, ...]) -> Tensor:
    """Weights ``(n, points)`` of linear interpolation between rising points; values beyond them are at the last."""
    at = values.new_tensor(points)
    climbed = ((values[:, None] - at[:-1]) / at.diff()).clamp(0, 1)
    before = F.pad(climbed, (1, 0), value=1.0)
    after = F.pad(climbed, (0, 1))
    return before - after
