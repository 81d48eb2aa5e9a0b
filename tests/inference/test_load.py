"""From names to upscalers."""

from pathlib import Path

import pytest
import torch

from blindsr import weights
from blindsr.errors import BlindSRError
from blindsr.inference import Bicubic
from blindsr.inference.load import load
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig


def test_weights_by_path(tmp_path: Path) -> None:
    method = CMDSR(CMDSRConfig(scale=2, blocks=1, channels=8, support=2, patch=8, features=8))
    card = weights.Card(name="a", method="cmdsr", config=method.config.model_dump(), recipe={}, provenance={})
    path = tmp_path / "a.safetensors"
    weights.save_weights(path, method, card)
    upscaler = load(str(path), device="cpu", precision="fp32", tile=16, seed=5)
    assert (upscaler.scale, upscaler.tile, upscaler.seed, upscaler.precision) == (2, 16, 5, "fp32")
    assert upscaler(torch.rand(1, 3, 5, 6)).shape == (1, 3, 10, 12)


@pytest.mark.parametrize(("name", "scale"), [("bicubic", 4), ("bicubic_x2", 2), ("bicubic_x3", 3)])
def test_bicubic_by_name(name: str, scale: int) -> None:
    upscaler = load(name, device="cpu")
    assert isinstance(upscaler.method, Bicubic)
    assert upscaler.scale == scale


@pytest.mark.parametrize("name", ["nonsense", "bicubic_x0", "bicubic_x"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(BlindSRError, match=name):
        load(name)
