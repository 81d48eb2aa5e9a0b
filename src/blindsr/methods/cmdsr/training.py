"""Training of CMDSR: Algorithm 1 with its three losses (Eq. 5, 8 and 9) and the ablations of Section IV-E."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from blindsr.contract import Method, MuonRecipe, ParameterGroup, Stage, StageRecipe
from blindsr.methods.cmdsr.model import CMDSR
from blindsr.methods.cmdsr.regression import LabelRecipe, Regression, RegressionRecipe, labels, regression_loss
from blindsr.methods.cmdsr.restored import RestoringRecipe, RestoringStage, Tasks
from blindsr.methods.cmdsr.vivid import Vivid, VividRecipe

# The paper's losses are measured on 0..255 images, ours on [0, 1]; the balance of Eq. 9 needs the paper's scale.
_LEVELS = 255


class AlternatingRecipe(MuonRecipe, LabelRecipe, RestoringRecipe):
    """Section IV-A."""

    update: int = Field(10, ge=0, description="t0, steps from one ConditionNet update to the next; 0 trains jointly")
    weight: float = Field(0.1, ge=0, description="lambda of Eq. 9, for losses on the 0..255 scale")
    loss: Literal["combined", "contrastive", "reconstruction"] = Field("combined", description="Table VI")
    lr: float = Field(1e-3, gt=0, description="alpha, of the BaseNet and its modulation layers")
    normalised: bool = Field(False, description="whether distances of Eq. 8 are those of features of unit length")
    regression: float = Field(0.0, ge=0, description="weight of the regression of named degradations; 0 for none")
    measure: Literal["l1", "l2"] = Field("l1", description="measure of L_res; l2 is the mean squared error times 10")
    condition_lr: float = Field(1e-4, gt=0, description="beta, of the ConditionNet")


STAGES: dict[str, type[StageRecipe]] = {
    "regression": RegressionRecipe,
    "stage": AlternatingRecipe,
    "vivid": VividRecipe,
}
SMALL: dict[str, dict[str, Any]] = {
    "regression": {"steps": 1, "tasks": 2, "crop": 40},
    "stage": {"steps": 1, "tasks": 2, "crop": 40},
}
"""Settings of the stages for quick steps, for the tests of all methods."""


def stages(model: Method[Tensor], recipe: dict[str, StageRecipe]) -> Sequence[Stage]:
    """Build the stage of the paper, an optional one before it and an optional one after it."""
    method = cast("CMDSR", model)
    return [
        Regression(method, cast("RegressionRecipe", recipe["regression"])),
        Alternating(method, cast("AlternatingRecipe", recipe["stage"])),
        Vivid(method, cast("VividRecipe", recipe["vivid"])),
    ]


class Alternating(RestoringStage):
    """Algorithm 1: BaseNet at every step, ConditionNet at every t0-th."""

    recipe: AlternatingRecipe

    @property
    def crops(self) -> tuple[int, int]:
        # The second half makes the other support set of each task, from other photographs.
        count, side = super().crops
        return 2 * count, side

    def groups(self) -> list[ParameterGroup]:
        condition_net, recipe = self.method.condition_net, self.recipe
        if condition_net is None:
            return [ParameterGroup("base", list(self.method.base.parameters()), recipe.lr, muon=recipe.muon)]
        if recipe.update == 0:
            joint = [*self.method.base.parameters(), *condition_net.parameters()]
            return [ParameterGroup("joint", joint, recipe.lr, muon=recipe.muon)]
        return [
            ParameterGroup("base", list(self.method.base.parameters()), recipe.lr, muon=recipe.muon),
            ParameterGroup("condition", list(condition_net.parameters()), recipe.condition_lr, recipe.update),
        ]

    def prepare(self, clean: Tensor, generator: torch.Generator, step: int) -> Tasks:
        hr, others = clean.chunk(2)
        tasks = self.tasks(hr, generator)
        if self.method.condition_net is None or not self._due(step) or self.recipe.loss == "reconstruction":
            return tasks
        lr = tasks.drawn.repeat_interleave(self.recipe.images).apply(others, generator)
        return replace(tasks, again=self.patches(lr, generator)[0])

    def _due(self, step: int) -> bool:
        return self.recipe.update == 0 or step % self.recipe.update == 0

    def losses(self, batch: Tasks, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        """One pass of Algorithm 1's loop.

        The BaseNet minimises L_res and the ConditionNet L_con + lambda L_res. L_con does not depend on the BaseNet,
        so both gradients come from one backward pass in which what flows from L_res into the feature is scaled
        by lambda.
        """
        pairs = (batch.wanted, batch.lr, batch.corners)
        if self.method.condition_net is None:
            reconstruction = self._reconstruction(*pairs, None)
            return {"loss": reconstruction, "reconstruction": reconstruction.detach()}
        due = self._due(step)
        with torch.set_grad_enabled(due and torch.is_grad_enabled()):
            feature = self.method.condition_net(batch.support).float()
        if not due:
            reconstruction = self._reconstruction(*pairs, self.method.with_denoise(feature, batch.share))
            return {"loss": reconstruction, "reconstruction": reconstruction.detach()}
        weight = 0.0 if self.recipe.loss == "contrastive" else self.recipe.weight * _LEVELS
        scaled = self.method.with_denoise(_scale_gradient(feature, weight), batch.share)
        reconstruction = self._reconstruction(*pairs, scaled)
        losses = {"reconstruction": reconstruction, **self._condition_losses(batch, feature)}
        return {"loss": self._weighted(losses), **{name: loss.detach() for name, loss in losses.items()}}

    def _condition_losses(self, batch: Tasks, feature: Tensor) -> dict[str, Tensor]:
        """Losses of the ConditionNet alone, and two measures of its health, which are not differentiated."""
        assert self.method.condition_net is not None
        losses = {"dead": dead_outputs(feature), "principal": principal_share(feature)}
        if batch.again is not None:
            again = self.method.condition_net(batch.again).float()
            losses["contrast"] = contrastive_loss(feature, again, normalised=self.recipe.normalised)
        if self.recipe.regression:
            losses["regression"] = regression_loss(feature, labels(batch.drawn, batch.noise, self.recipe))
        return losses

    def _weighted(self, losses: dict[str, Tensor]) -> Tensor:
        weights = {"reconstruction": 1.0, "contrast": 1.0, "regression": self.recipe.regression}
        return torch.stack([weights[name] * loss for name, loss in losses.items() if name in weights]).sum()

    def _reconstruction(self, hr: Tensor, lr: Tensor, corners: Tensor, feature: Tensor | None) -> Tensor:
        """Eq. 5 over ``restored`` patches of each task, the mean instead of the sum."""
        sr, targets = self.restore_patches(hr, lr, corners, feature)
        return F.l1_loss(sr, targets) if self.recipe.measure == "l1" else 10 * F.mse_loss(sr, targets)


def contrastive_loss(feature: Tensor, again: Tensor, *, normalised: bool = False) -> Tensor:
    """Task contrastive loss, Eq. 6 to 8, averaged over the tasks; its minimum is ln 2.

    Args:
        feature: conditional features of k tasks, ``(k, features)``.
        again: features of other support sets of the same tasks, in the same order.
        normalised: whether to compare directions alone, so that distances lie between 0 and 4 whatever the features.

    Tasks are drawn independently, so every other task of the batch serves as "another task": the same expectation as
    with one of them, from k - 1 times as many pairs.
    """
    if normalised:
        feature, again = F.normalize(feature, dim=1), F.normalize(again, dim=1)
    inner = (feature - again).square().sum(1)
    pairs = (feature[:, None] - again[None]).square().sum(2)
    # No mask of the others, whose number a device would have to be asked for
    outer, count = F.softplus(-pairs), len(feature)
    return F.softplus(inner).mean() + (outer.sum() - outer.diagonal().sum()) / (count * (count - 1))


@torch.no_grad()
def dead_outputs(feature: Tensor) -> Tensor:
    """Share of the columns of ``feature (k, features)`` that are the same for all tasks."""
    return (feature.std(0) < 1e-4 * feature.abs().mean()).float().mean()


@torch.no_grad()
def principal_share(feature: Tensor) -> Tensor:
    """Share of the variance of ``feature (k, features)`` that lies along its first principal component."""
    energy = torch.linalg.svdvals(feature - feature.mean(0)).square()
    share: Tensor = energy[0] / energy.sum().clamp(min=1e-12)
    return share


def _scale_gradient(x: Tensor, factor: float) -> Tensor:
    """The same values; gradients are multiplied by a factor on the way back."""
    return x.detach() + factor * (x - x.detach())
