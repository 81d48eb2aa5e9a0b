"""Parts that all stages of CMDSR's training share: tasks, photographs degraded by them, support sets."""

import dataclasses
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor

from blindsr.contract import RangesRecipe, Stage
from blindsr.degrade.families import Family, Isotropic, Pool
from blindsr.degrade.process import Degradation
from blindsr.degrade.realworld.photo import PhotoFamily
from blindsr.errors import BlindSRError, Code
from blindsr.methods.cmdsr.model import CMDSR
from blindsr.methods.cmdsr.support import crop_patches


def paper_family(scale: int, size: int = 15) -> Isotropic:
    """Section IV-A: 15x15 kernels, widths 0.2 to s in steps of 0.1, noise up to 75."""
    return Isotropic(scale, size, noise=(0, 75), std=(0.2, float(scale)), step=0.1)


class TaskRecipe(RangesRecipe):
    """Section IV-A."""

    tasks: int = Field(8, gt=1, description="k, tasks per step")
    images: int = Field(20, gt=0, description="photographs per task; 20 is the paper's text, 1 its released code")
    crop: int = Field(192, gt=0, description="side of a clean crop, HR pixels")
    pool: int = Field(0, ge=0, description="tasks fixed before training (Figure 8); 0 always draws new ones")
    family: Literal["cmdsr", "photo"] = Field("cmdsr", description="Section IV-A, or degradations of real photographs")
    kernel: int = Field(15, gt=0, description="side of the kernels of the family 'cmdsr', odd, HR pixels")
    clean: float = Field(0.15, ge=0, le=1, description="share of clean images in the family 'photo'")
    mild: float = Field(0.3, ge=0, le=1, description="share of mildly degraded images in the family 'photo'")
    skew: float = Field(2.0, gt=0, description="how rare strong noise is in the family 'photo'; 1 for uniform levels")
    alike: bool = Field(False, description="whether pairs of tasks share their noise or their blur (hard negatives)")

    @model_validator(mode="after")
    def _photographs_have_their_own_ranges(self) -> Self:
        if self.family == "photo" and (self.noise_range or self.width_range):
            raise ValueError("noise_range and width_range need the family 'cmdsr', got 'photo'")
        return self


class TaskStage(Stage):
    """Draws tasks from CMDSR's degradations, and support sets from photographs."""

    method: CMDSR
    recipe: TaskRecipe

    def __init__(self, model: CMDSR, recipe: TaskRecipe) -> None:
        super().__init__()
        least = model.config.patch * model.config.scale
        if recipe.steps and recipe.crop < least:
            raise BlindSRError(
                f"a crop of {recipe.crop} pixels is smaller than a patch of {least} (model.patch, enlarged)",
                Code.TOO_SMALL,
            )
        self.method = model
        self.recipe = recipe
        scale = model.config.scale
        photo = PhotoFamily(scale, clean=recipe.clean, mild=recipe.mild, skew=recipe.skew)
        family: Family = photo if recipe.family == "photo" else recipe.with_ranges(paper_family(scale, recipe.kernel))
        self._validated = family
        self._family = Pool.of(family, recipe.pool, seed=0) if recipe.pool else family

    @property
    def crops(self) -> tuple[int, int]:
        return self.recipe.tasks * self.recipe.images, self.recipe.crop

    @property
    def family(self) -> Family:
        return self._family

    @property
    def validation_family(self) -> Family:
        return self._validated  # not the pool, whose tasks are known by heart

    def draw(self, generator: torch.Generator) -> Degradation:
        """Draw the k tasks of a step."""
        tasks = self.family.sample(self.recipe.tasks, generator)
        return _with_shared_parts(tasks) if self.recipe.alike else tasks

    def patches(self, lr: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A support set of each task, ``(k, n, 3, p, p)``, and where its patches lie, ``(k * images, n / images, 2)``.

        Where the images do not divide n, some of them have a patch more in the support set than the others.
        """
        n, patch = self.method.config.support, self.method.config.patch
        found, corners = crop_patches(lr, -(-n // self.recipe.images), patch, generator)
        by_task = found.unflatten(0, (self.recipe.tasks, -1)).transpose(1, 2)  # all first patches, all second ones, ...
        return by_task.flatten(1, 2)[:, :n], corners


def _with_shared_parts(tasks: Degradation) -> Degradation:
    """Give every second task the blur of its neighbour in the first half of a batch, and all but the blur in the other.

    Tasks that differ in everything are separated by their strongest sign, noise; these need the weaker ones too.
    """
    count = len(tasks)
    rows = torch.arange(count, device=tasks.kernels.device)
    neighbour = rows - rows % 2
    same_blur = rows < count // 2

    def shared(name: str, values: torch.Tensor) -> torch.Tensor:
        return values[torch.where(same_blur if name == "kernels" else ~same_blur, neighbour, rows)]

    parts = {field.name: getattr(tasks, field.name) for field in dataclasses.fields(tasks)}
    changed = {name: shared(name, v) for name, v in parts.items() if isinstance(v, torch.Tensor) and name != "seeds"}
    return dataclasses.replace(tasks, **changed)  # type: ignore[arg-type]  # fields of whichever kind it is
