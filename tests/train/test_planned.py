import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.train import recipe
from blindsr.train.planned import crops, planned_stages, smallest_photo


def test_the_smallest_photograph_is_the_largest_crop(settings: list[str]) -> None:
    assert smallest_photo(recipe.load_recipe("cmdsr_x4.plain", settings)) == 40
    first = ["regression.steps=1", "regression.crop=60"]
    assert smallest_photo(recipe.load_recipe("cmdsr_x4.classic", [*settings, *first])) == 60
    assert crops(recipe.load_recipe("cmdsr_x4.classic", [*settings, *first]))["regression"][1] == 60


def test_stages_without_steps_are_left_out(settings: list[str]) -> None:
    chosen = recipe.load_recipe("mrda_x4.iso", ["pretrain.steps=0", "teacher.steps=0"])
    assert planned_stages(chosen) == [(1, "meta"), (3, "student")]
    assert planned_stages(chosen, 2) == [(3, "student")]
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        planned_stages(recipe.load_recipe("cmdsr_x4.classic", ["stage.steps=0"]))
