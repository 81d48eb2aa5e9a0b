"""What every stage of CMDSR's training shares: tasks, photographs degraded by them, support sets."""

import torch
from pydantic import Field
from torch import Tensor

from blindsr.contract import Stage, StageRecipe
from blindsr.degrade.families import Family, Pool, cmdsr
from blindsr.errors import BlindSRError
from blindsr.methods.cmdsr.model import CMDSR, crop_patches


class TaskRecipe(StageRecipe):
    """Section IV-A."""

    tasks: int = Field(8, gt=1, description="k, tasks a step")
    images: int = Field(20, gt=0, description="photographs a task; 20 is the paper's text, 1 its released code")
    crop: int = Field(192, gt=0, description="side of a clean crop, HR pixels")
    pool: int = Field(0, ge=0, description="tasks fixed before training (Figure 8); 0 draws new ones for ever")


class TaskStage(Stage):
    """Draws tasks from CMDSR's degradations, and support sets from photographs."""

    method: CMDSR
    recipe: TaskRecipe

    def __init__(self, model: CMDSR, recipe: TaskRecipe) -> None:
        super().__init__()
        least = model.config.patch * model.config.scale
        if recipe.steps and recipe.crop < least:
            raise BlindSRError(f"a crop of {recipe.crop} pixels holds no patch of {least} (model.patch, enlarged)")
        self.method = model
        self.recipe = recipe
        family = cmdsr(model.config.scale)
        self._family: Family = Pool.of(family, recipe.pool, seed=0) if recipe.pool else family

    @property
    def crops(self) -> tuple[int, int]:
        return self.recipe.tasks * self.recipe.images, self.recipe.crop

    @property
    def family(self) -> Family:
        return self._family

    def patches(self, lr: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A support set of each task, ``(k, n, 3, p, p)``, and where its patches lie, ``(k * images, n / images, 2)``.

        Where the images do not divide n, the last patches of the last image are dropped from the support set.
        """
        n, patch = self.method.config.support, self.method.config.patch
        found, corners = crop_patches(lr, -(-n // self.recipe.images), patch, generator)
        return found.reshape(self.recipe.tasks, -1, *found.shape[2:])[:, :n], corners
