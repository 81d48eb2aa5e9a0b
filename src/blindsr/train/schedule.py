"""Learning rates over the steps of a stage."""

import math

from blindsr.contract import StageRecipe


def factor(step: int, recipe: StageRecipe) -> float:
    """What the initial learning rate is multiplied by at a step, counted from 1."""
    if step <= recipe.warmup:
        return step / (recipe.warmup + 1)
    if recipe.schedule == "constant":
        return 1.0
    if recipe.schedule == "step":
        return float(recipe.gamma ** sum(step > milestone for milestone in recipe.milestones))
    done = (step - 1 - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.final + (1 - recipe.final) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
