"""Stages and crop sizes of a recipe, without training it."""

import torch

from blindsr.errors import BlindSRError
from blindsr.methods import registry
from blindsr.train.recipe import Recipe


def planned_stages(recipe: Recipe, first: int = 0) -> list[tuple[int, str]]:
    """Return the indices and names of the stages that have steps, starting at index ``first``.

    Raises:
        BlindSRError: no stage has steps.
    """
    planned = [(index, name) for index, (name, stage) in enumerate(recipe.stages.items()) if stage.steps]
    if not planned:
        raise BlindSRError(f"no stage of {recipe.header.name} has steps to train")
    return [(index, name) for index, name in planned if index >= first]


def crops(recipe: Recipe) -> dict[str, tuple[int, int]]:
    """Return the number of clean crops per step and their side in HR pixels, for each stage that has steps."""
    with torch.device("meta"):
        model = registry.method_class(recipe.header.method)(recipe.model)
        stages = registry.training(recipe.header.method).stages(model, recipe.stages)
    return {name: stages[index].crops for index, name in planned_stages(recipe)}


def smallest_photo(recipe: Recipe) -> int:
    """Return the smallest side in pixels of photographs that all stages with steps can be trained on."""
    return max(side for _, side in crops(recipe).values())
