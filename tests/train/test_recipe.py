"""Recipes: every key is known, every mistake is one sentence."""

from pathlib import Path

import pytest
import yaml

from blindsr.errors import BlindSRError, Code
from blindsr.methods import registry
from blindsr.train import recipe


@pytest.mark.parametrize("name", list(registry.recipe_files()))
def test_every_packaged_recipe_is_valid_and_named_as_its_file(name: str) -> None:
    loaded = recipe.load_recipe(name)
    assert loaded.header.name == name
    assert recipe.parse_recipe(loaded.to_dict()).to_dict() == loaded.to_dict()


def test_the_paper_recipe_is_section_iv_a_with_the_rate_of_its_code() -> None:
    stage = recipe.load_recipe("cmdsr_x4.paper").to_dict()["stage"]
    values = {"tasks": 8, "images": 20, "restored": 20, "update": 10, "weight": 0.1, "lr": 1e-4, "condition_lr": 1e-4}
    values["ema"] = 0.0
    assert {key: stage[key] for key in values} == values


_OURS = {"cmdsr": {"regression", "vivid"}, "dmsr": {"extraction"}, "mzsr": {"estimate"}}
"""Stages that no paper has."""


@pytest.mark.parametrize("name", [name for name in registry.recipe_files() if name.endswith("paper")])
def test_weights_are_averaged_in_no_paper_but_after_real_esrgan(name: str) -> None:
    loaded = recipe.load_recipe(name)
    papers = {key: stage.ema for key, stage in loaded.stages.items() if key not in _OURS.get(loaded.header.method, ())}
    expected = dict.fromkeys(papers, 0.0)
    if name == "mrda_x4.gan_paper":
        expected |= {"teacher": 0.999, "student": 0.999}
    assert papers == expected


def test_the_plain_recipe_differs_from_classic_in_the_condition_alone() -> None:
    classic, plain = recipe.load_recipe("cmdsr_x4.classic").to_dict(), recipe.load_recipe("cmdsr_x4.plain").to_dict()
    conditioning = {"update", "weight", "condition_lr", "loss"}
    assert classic["model"].pop("modulation") == "scale"
    assert plain["model"].pop("modulation") == "none"
    assert classic["model"] == plain["model"]
    for values in (classic, plain):
        values["stage"] = {key: value for key, value in values["stage"].items() if key not in conditioning}
    assert classic["stage"] == plain["stage"]
    assert classic["seed"] == plain["seed"]


def test_settings_change_values_and_keep_their_types() -> None:
    loaded = recipe.load_recipe("cmdsr_x4.classic", ["stage.steps=7", "model.base=vdsr", "stage.clip=null", "seed=3"])
    stage = loaded.to_dict()["stage"]
    assert (stage["steps"], stage["clip"]) == (7, None)
    assert loaded.header.seed == 3


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("stage.stepz=1", "stage.steps"),
        ("stages.steps=1", "'stage'"),
        ("model.blokcs=1", "model.blocks"),
        ("sed=1", "seed"),
        ("stage.steps=many", "stage.steps"),
        ("stage.steps=-1", "stage.steps"),
        ("seed.x=1", "not a section"),
        ("stage.steps", "key=value"),
        ("stage.steps=[", "cannot read"),
        ("method=swinir", "unknown method"),
        ("stage.steps=2020-13-01", "cannot read"),
        ("stage.betas=[0.9,1.5]", "stage.betas.1"),
        ("seed=99999999999999999999", "seed"),
        ("stage=", "stage in the recipe"),
        ("model.scale=2", "the scale 4, but model.scale is 2"),
        ("stage.milestones=[1]", "milestones"),
    ],
)
def test_a_wrong_setting_is_named(setting: str, words: str) -> None:
    with pytest.raises(BlindSRError) as caught:
        recipe.load_recipe("cmdsr_x4.classic", [setting])
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_keys_that_do_not_go_together_are_named() -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        recipe.load_recipe("mrda_x4.iso", ["student.once=0.5"])


def test_recipes_are_found_by_path_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(recipe.load_recipe("cmdsr_x4.plain").to_dict()))
    assert recipe.load_recipe(str(path)).to_dict() == recipe.load_recipe("cmdsr_x4.plain").to_dict()
    for text in ("[", "- 1", "name: x", "name: 2020-13-01", "method: cmdsr\nno: 1"):
        path.write_text(text)
        with pytest.raises(BlindSRError):
            recipe.load_recipe(str(path))
    with pytest.raises(BlindSRError, check=Code.UNKNOWN_NAME.matches):
        recipe.load_recipe("cmdsr_x4.clasic")
