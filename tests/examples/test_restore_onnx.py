"""The script that restores by exported files alone gives what blindsr gives."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from blindsr import Picture, read, weights, write
from blindsr.contract import Method
from blindsr.inference.tiles import Box, restore_box
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig
from blindsr.methods.mrda.model import MRDA, MRDAConfig
from blindsr.pipeline.export import export

pytest.importorskip("onnxruntime", reason="needs the extra onnx")
SCRIPT = Path(__file__).parents[2] / "examples" / "restore_onnx.py"


@pytest.fixture(scope="module")
def script(load_script: Callable[[Path], Any]) -> Any:
    return load_script(SCRIPT)


def _exported(method: Method[Any], name: str, folder: Path) -> Path:
    config = method.config.model_dump(mode="json")
    card = weights.Card(name=name, method=name.split("_", maxsplit=1)[0], config=config, recipe={}, provenance={})
    weights.save_weights(folder / f"{name}.safetensors", method, card)
    return export(folder / f"{name}.safetensors", folder).paths[-1]


@torch.no_grad()
def test_windows_and_tiles(script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = MRDA(MRDAConfig(scale=2, channels=8, blocks=1, mln=4, window=32, windows=4))
    path = _exported(small, "mrda_x2.tiny", tmp_path)
    method = weights.load_weights(tmp_path / "mrda_x2.tiny.safetensors").method
    monkeypatch.setattr(script, "TILE", 40)
    for height, width in ((90, 75), (20, 300), (300, 20), (20, 20)):
        lr = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))
        condition = method.condition(lr, generator=torch.Generator())
        wanted = restore_box(method, lr, condition, Box(0, height, 0, width)).clamp(0, 1)
        made = script.restore(json.loads(path.read_text()), tmp_path, lr.numpy())
        assert np.abs(made - wanted.numpy()).max() < 1e-4


def test_patches(script: Any) -> None:
    image = np.random.default_rng(0).random((1, 3, 20, 30), np.float32)
    made = script.patches(image, [4, 5, 3, 8, 8])
    assert made.shape == (4, 5, 3, 8, 8)
    inside = np.lib.stride_tricks.sliding_window_view(image[0], (8, 8), (1, 2)).reshape(3, -1, 64)
    for patch in made.reshape(-1, 3, 64):
        assert (inside == patch[:, None]).all((0, 2)).any()
    assert script.patches(image[..., :3, :3], [1, 2, 3, 8, 8]).shape == (1, 2, 3, 8, 8)


def test_as_a_program(tmp_path: Path) -> None:
    method = CMDSR(CMDSRConfig(scale=2, blocks=1, channels=8, support=2, patch=8, features=6))
    path = _exported(method, "cmdsr_x2.tiny", tmp_path)
    write(Picture(torch.rand(3, 12, 17)), tmp_path / "a.png")
    subprocess.run([sys.executable, SCRIPT, path, tmp_path / "a.png", tmp_path / "b.png"], check=True)
    result = read(tmp_path / "b.png")
    assert (result.width, result.height) == (34, 24)
