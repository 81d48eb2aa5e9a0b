from pathlib import Path

import pytest

from blindsr.errors import BlindSRError, Code
from blindsr.photos import Photos
from blindsr.reproduce.budget import Budget, fitted, scaled
from blindsr.train.loop import Options
from blindsr.train.recipe import load_recipe


@pytest.mark.parametrize(
    ("text", "time", "steps"), [("paper", None, None), ("30m", 1800.0, None), ("45s", 45.0, None), ("2000", None, 2000)]
)
def test_three_ways_to_name_one(text: str, time: float | None, steps: int | None) -> None:
    budget = Budget.parse(text)
    assert (budget.time, budget.steps, budget.full) == (time, steps, text == "paper")


@pytest.mark.parametrize("text", ["", "0", "-3", "half", "30 minutes"])
def test_others_get_one_sentence(text: str) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Budget.parse(text)


def test_the_whole_schedule_is_scaled() -> None:
    recipe = load_recipe("cmdsr_x4.paper")
    stage = scaled(recipe, 0.01).stages["stage"]
    assert (stage.steps, stage.milestones, stage.validate_every) == (10_000, (5_000, 9_000), 1_000)
    stage = scaled(recipe, 2.0).stages["stage"]
    assert (stage.steps, stage.milestones, stage.validate_every) == (2_000_000, (1_000_000, 1_800_000), 200_000)
    untrained = scaled(load_recipe("mzsr_x2.pretrained", ["pretrain.steps=0", "estimate.steps=1"]), 50.0).stages
    assert [one.steps for one in untrained.values()] == [0, 0, 1]
    parts = scaled(load_recipe("mrda_x4.iso"), 1e-6).stages
    assert [one.steps for one in parts.values()] == [1, 1, 1, 1]
    assert parts["teacher"].warmup == 0
    meta = scaled(load_recipe("mzsr_x2.direct", ["meta.anneal=1000"]), 0.1).stages["meta"]
    assert getattr(meta, "anneal") == 100  # noqa: B009  # of this method's schema alone


def test_a_fast_machine_trains_as_long_as_another(
    tmp_path: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, options = Photos.read([photographs]), Options(tmp_path / "run")
    monkeypatch.setattr("blindsr.reproduce.budget._seconds", lambda *_: {"stage": 0.01})
    assert fitted(load_recipe("cmdsr_x4.classic"), Budget.parse("1h"), photos, options).stages["stage"].steps == 360_000


def test_steps_are_shared_as_in_the_recipe(tmp_path: Path, photographs: Path) -> None:
    photos, options = Photos.read([photographs]), Options(tmp_path / "run")
    found = fitted(load_recipe("mzsr_x3.direct"), Budget.parse("900"), photos, options)
    assert {name: stage.steps for name, stage in found.stages.items()} == {
        "pretrain": 300,
        "meta": 400,
        "estimate": 200,
    }
    assert fitted(load_recipe("mzsr_x3.direct"), Budget.parse("paper"), photos, options) == load_recipe(
        "mzsr_x3.direct"
    )


def test_time_is_measured_stage_by_stage(tmp_path: Path, photographs: Path, small: dict[str, tuple[str, ...]]) -> None:
    recipe = load_recipe("mzsr_x2.direct", [*small["mzsr"], "pretrain.steps=100000000", "estimate.steps=0"])
    photos, options = Photos.read([photographs]), Options(tmp_path / "run", device="cpu", precision="fp32")
    found = fitted(recipe, Budget.parse("2s"), photos, options).stages
    assert 1 < found["pretrain"].steps < 100_000
    assert found["meta"].steps == 1  # its share of the recipe is small
    assert found["estimate"].steps == 0
    assert not (tmp_path / "run").exists()
