"""Each method through the loop, as users train it: every stage, in float32 and in bf16."""

from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr.photos import Photos
from blindsr.train import checkpoint, recipe
from blindsr.train.loop import Options, train

ONE = ("held_out=2",)
CASES = {
    "cmdsr_x4.classic": (
        *("model.blocks=1", "model.channels=8", "model.support=4", "model.patch=8", "model.features=8"),
        *(f"{stage}.{setting}" for stage in ("regression", "stage") for setting in ("steps=1", "tasks=2", "crop=40")),
    ),
    "mzsr_x2.direct": (
        *("model.channels=8", "pretrain.steps=1", "pretrain.batch=2", "pretrain.crop=40"),
        *("meta.steps=1", "meta.tasks=2", "meta.support=1", "meta.query=1", "meta.crop=40"),
        *("estimate.steps=1", "estimate.batch=2", "estimate.window=16"),
    ),
    "dmsr_x2.light": (
        *("model.groups=1", "model.blocks=1", "model.channels=8", "model.reduction=4", "model.extractor=6"),
        *("extraction.steps=1", "extraction.batch=2", "extraction.patch=16"),
        *("stage.steps=1", "stage.batch=2", "stage.patch=16"),
    ),
    "mrda_x4.iso": (
        *("model.channels=6", "model.blocks=1", "model.mln=4"),
        *(f"{stage}.{setting}" for stage in ("pretrain", "teacher", "student") for setting in ("batch=2", "patch=12")),
        *("meta.patch=12", "meta.tasks=2", "meta.support=1", "meta.query=1"),
        *(f"{stage}.steps=1" for stage in ("pretrain", "meta", "teacher", "student")),
    ),
}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", CASES)
def test_every_stage_takes_a_step(tmp_path: Path, photographs: Path, name: str, precision: Any) -> None:
    small = recipe.load_recipe(name, [*ONE, *CASES[name]])
    assert train(small, Photos.read([photographs]), Options(tmp_path, device="cpu", precision=precision)) == "finished"
    state = checkpoint.load_checkpoint(tmp_path)
    assert state["stage"] == max(index for index, stage in enumerate(small.stages.values()) if stage.steps)
    assert all(bool(torch.isfinite(value).all()) for value in state["model"].values())
    assert state["validations"]
