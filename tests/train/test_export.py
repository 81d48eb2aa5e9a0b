"""A run becomes weights that load, with a card that says how they were made."""

from pathlib import Path

import pytest
import torch

from blindsr import weights
from blindsr.errors import BlindSRError
from blindsr.photos import Photos
from blindsr.train import checkpoint, recipe
from blindsr.train.export import export
from blindsr.train.loop import Options, train


def test_the_averaged_weights_are_published(tmp_path: Path, settings: list[str], photographs: Path) -> None:
    small = recipe.load("cmdsr_x4.classic", [*settings, "stage.steps=10"])
    train(small, Photos.read([photographs]), Options(tmp_path / "run", device="cpu"))
    path = export(tmp_path / "run", tmp_path)
    loaded = weights.load(path)
    average = checkpoint.load(tmp_path / "run")["average"]
    for name, value in loaded.method.state_dict().items():
        torch.testing.assert_close(value, average[name], atol=1e-3, rtol=1e-3)
    assert loaded.name == "cmdsr_x4.classic"
    assert loaded.card.recipe == small.to_dict()
    assert loaded.card.provenance["steps"] == 10
    assert loaded.card.provenance["data"]["folders"] == [photographs.name]
    text = path.with_suffix(".md").read_text()
    assert "10 steps" in text
    assert "| stage | 10 |" in text


def test_without_a_run_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(BlindSRError, match="no checkpoint"):
        export(tmp_path, tmp_path)
