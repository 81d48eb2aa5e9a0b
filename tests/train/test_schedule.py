"""Learning rates against closed forms."""

import math

import pytest

from blindsr.contract import StageRecipe
from blindsr.train.schedule import factor


def test_warm_up_rises_in_even_steps_to_one() -> None:
    recipe = StageRecipe(steps=100, schedule="constant", warmup=4)
    assert [factor(step, recipe) for step in (1, 2, 3, 4, 5, 99)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1])


def test_cosine_falls_from_one_to_final() -> None:
    recipe = StageRecipe(steps=1000, final=0.1)
    assert factor(1, recipe) == pytest.approx(1)
    assert factor(501, recipe) == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi / 2)))
    assert factor(1000, recipe) == pytest.approx(0.1, abs=1e-4)


def test_steps_decay_after_each_milestone() -> None:
    recipe = StageRecipe(steps=100, schedule="step", milestones=(10, 20), gamma=0.1)
    assert [factor(step, recipe) for step in (10, 11, 20, 21)] == pytest.approx([1, 0.1, 0.1, 0.01])
