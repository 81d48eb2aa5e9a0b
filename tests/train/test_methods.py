"""Each method through the loop, as users train it: every stage, in float32 and in bf16."""

from pathlib import Path
from typing import Any

import pytest
import torch

from blindsr.methods import registry
from blindsr.photos import Photos
from blindsr.train import checkpoint
from blindsr.train.loop import Options, train
from blindsr.train.recipe import parse_recipe


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", registry.method_names())
def test_every_stage_takes_a_step(tmp_path: Path, photographs: Path, name: str, precision: Any) -> None:
    network, *_ = registry.method_class(name).small_configs().values()
    header = {"name": f"{name}_small", "method": name, "held_out": 2}
    small = parse_recipe({**header, "model": network.model_dump(), **registry.training(name).SMALL})
    assert any(stage.steps for stage in small.stages.values())
    assert train(small, Photos.read([photographs]), Options(tmp_path, device="cpu", precision=precision)) == "finished"
    state = checkpoint.load_checkpoint(tmp_path)
    assert state["stage"] == max(index for index, stage in enumerate(small.stages.values()) if stage.steps)
    assert all(bool(torch.isfinite(value).all()) for value in state["model"].values())
    assert state["validations"]
