"""Stages and crops of a recipe, before it runs."""

import torch

from blindsr.errors import BlindSRError
from blindsr.methods import registry
from blindsr.train.recipe import Recipe


def planned_stages(recipe: Recipe, first: int = 0) -> list[tuple[int, str]]:
    """Numbers and names of the stages that have steps, from number ``first`` on.

    Raises:
        BlindSRError: no stage has any.
    """
    planned = [(index, name) for index, (name, stage) in enumerate(recipe.stages.items()) if stage.steps]
    if not planned:
        raise BlindSRError(f"no stage of {recipe.header.name} has steps to train")
    return [(index, name) for index, name in planned if index >= first]


def crops(recipe: Recipe) -> dict[str, tuple[int, int]]:
    """Number of clean crops of a step, and their side in HR pixels, for each stage that has steps."""
    with torch.device("meta"):
        model = registry.method_class(recipe.header.method)(recipe.model)
        stages = registry.training(recipe.header.method).stages(model, recipe.stages)
    return {name: stages[index].crops for index, name in planned_stages(recipe)}


def smallest_photo(recipe: Recipe) -> int:
    """Least side in pixels of a photograph that every stage of a recipe that has steps can crop from."""
    return max(side for _, side in crops(recipe).values())
