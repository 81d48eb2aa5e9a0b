"""Training of CMDSR: Algorithm 1 with its three losses (Eq. 5, 8 and 9) and the ablations of Section IV-E."""

from collections.abc import Sequence
from typing import Literal, cast

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from blindsr.contract import Group, Method, MuonRecipe, Stage, StageRecipe
from blindsr.methods.cmdsr.model import CMDSR, take_patches
from blindsr.methods.cmdsr.regression import Regression, RegressionRecipe
from blindsr.methods.cmdsr.tasks import TaskRecipe, TaskStage

# The paper's losses are measured on 0..255 images, ours on [0, 1]; the balance of Eq. 9 needs the paper's scale.
_LEVELS = 255


class AlternatingRecipe(MuonRecipe, TaskRecipe):
    """Section IV-A."""

    restored: int = Field(20, gt=0, description="patches a task that the BaseNet restores; the paper restores all n")
    update: int = Field(10, ge=0, description="t0, steps from one ConditionNet update to the next; 0 trains jointly")
    weight: float = Field(0.1, ge=0, description="lambda of Eq. 9, for losses on the 0..255 scale")
    loss: Literal["combined", "contrastive", "reconstruction"] = Field("combined", description="Table VI")
    lr: float = Field(1e-3, gt=0, description="alpha, of the BaseNet and its modulation layers")
    condition_lr: float = Field(1e-4, gt=0, description="beta, of the ConditionNet")


STAGES: dict[str, type[StageRecipe]] = {"regression": RegressionRecipe, "stage": AlternatingRecipe}


def stages(model: Method[Tensor], recipe: dict[str, StageRecipe]) -> Sequence[Stage]:
    """The one stage of the paper, and one that may come before it."""
    method = cast("CMDSR", model)
    return [
        Regression(method, cast("RegressionRecipe", recipe["regression"])),
        Alternating(method, cast("AlternatingRecipe", recipe["stage"])),
    ]


class Alternating(TaskStage):
    """Algorithm 1: BaseNet at every step, ConditionNet at every t0-th."""

    recipe: AlternatingRecipe

    @property
    def crops(self) -> tuple[int, int]:
        # The second half makes the other support set of each task, from other photographs.
        count, side = super().crops
        return 2 * count, side

    def groups(self) -> list[Group]:
        condition_net, recipe = self.method.condition_net, self.recipe
        if condition_net is None:
            return [Group("base", list(self.method.base.parameters()), recipe.lr, muon=recipe.muon)]
        if recipe.update == 0:
            return [Group("joint", list(self.method.parameters()), recipe.lr, muon=recipe.muon)]
        return [
            Group("base", list(self.method.base.parameters()), recipe.lr, muon=recipe.muon),
            Group("condition", list(condition_net.parameters()), recipe.condition_lr, recipe.update),
        ]

    def forward(self, clean: Tensor, generator: torch.Generator, step: int) -> dict[str, Tensor]:
        """One pass of Algorithm 1's loop.

        The BaseNet minimises L_res and the ConditionNet L_con + lambda L_res. L_con does not depend on the BaseNet,
        so both gradients come from one backward pass in which what flows from L_res into the feature is scaled
        by lambda.
        """
        hr, others = clean.chunk(2)
        tasks = self.family.sample(self.recipe.tasks, generator).repeat_interleave(self.recipe.images)
        lr = tasks.apply(hr, generator)
        support, corners = self.patches(lr, generator)
        if self.method.condition_net is None:
            reconstruction = self._reconstruction(hr, lr, corners, None)
            return {"loss": reconstruction, "reconstruction": reconstruction.detach()}
        due = self.recipe.update == 0 or step % self.recipe.update == 0
        with torch.set_grad_enabled(due and torch.is_grad_enabled()):
            feature = self.method.condition_net(support).float()
        if not due:
            reconstruction = self._reconstruction(hr, lr, corners, feature)
            return {"loss": reconstruction, "reconstruction": reconstruction.detach()}
        weight = 0.0 if self.recipe.loss == "contrastive" else self.recipe.weight * _LEVELS
        reconstruction = self._reconstruction(hr, lr, corners, _scale_gradient(feature, weight))
        again = self.method.condition_net(self.patches(tasks.apply(others, generator), generator)[0]).float()
        contrast = contrastive_loss(feature, again)
        loss = reconstruction if self.recipe.loss == "reconstruction" else reconstruction + contrast
        return {"loss": loss, "reconstruction": reconstruction.detach(), "contrast": contrast.detach()}

    def _reconstruction(self, hr: Tensor, lr: Tensor, corners: Tensor, feature: Tensor | None) -> Tensor:
        """Eq. 5 over ``restored`` patches of each task, the mean instead of the sum."""
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
        return F.l1_loss(self.method.restore_tasks(inputs, per_image), targets)


def contrastive_loss(feature: Tensor, again: Tensor) -> Tensor:
    """Task contrastive loss, Eq. 6 to 8, averaged over the tasks; its minimum is ln 2.

    Args:
        feature: conditional features of k tasks, ``(k, features)``.
        again: features of other support sets of the same tasks, in the same order.

    Tasks are drawn independently, so every other task of the batch serves as "another task": the same expectation as
    with one of them, from k - 1 times as many pairs.
    """
    inner = (feature - again).square().sum(1)
    pairs = (feature[:, None] - again[None]).square().sum(2)
    others = ~torch.eye(len(feature), dtype=torch.bool, device=feature.device)
    return F.softplus(inner).mean() + F.softplus(-pairs[others]).mean()


def _scale_gradient(x: Tensor, factor: float) -> Tensor:
    """The same values; gradients are multiplied by a factor on the way back."""
    return x.detach() + factor * (x - x.detach())
