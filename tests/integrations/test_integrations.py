"""Integrations with stand-ins for their hosts, which are not installed here."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from blindsr import Picture, read, weights, write
from blindsr.methods.mrda.model import MRDA, MRDAConfig

FOLDER = Path(__file__).parents[2] / "integrations"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a small network that makes little but the image of an image."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        method = MRDA(MRDAConfig(scale=2, channels=8, blocks=1, mln=4))
    config = method.config.model_dump(mode="json")
    card = weights.Card(name="mrda_x2.tiny", method="mrda", config=config, recipe={}, provenance={})
    weights.save_weights(tmp_path / "models" / "mrda_x2.tiny.safetensors", method, card)
    monkeypatch.setenv("BLINDSR_MODELS", str(tmp_path / "models"))
    return "mrda_x2.tiny"


def test_integrations_are_small() -> None:
    for path in FOLDER.rglob("*.py"):
        assert len(path.read_text().splitlines()) < 150


def test_comfyui(model: str, tmp_path: Path, load_script: Callable[[Path], Any]) -> None:
    nodes = load_script(FOLDER / "comfyui" / "__init__.py").NODE_CLASS_MAPPINGS
    for node in nodes.values():
        assert callable(getattr(node(), node.FUNCTION))
        assert model in node.INPUT_TYPES()["required"]["model"][0]
    (made,) = nodes["BlindSR"]().restore(torch.rand(2, 9, 12, 3), model, 0.5)
    assert made.shape == (2, 18, 24, 3)
    write(Picture(torch.rand(3, 9, 12)), tmp_path / "a.png")
    (target,) = nodes["BlindSRFile"]().restore(str(tmp_path / "a.png"), str(tmp_path / "b.png"), model)
    assert read(Path(target)).width == 24


class _Error(Exception):
    """Of the stand-in."""


class _Part:
    """Any part of a page."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.calls: list[Any] = []

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_: object) -> None:
        return

    def click(self, *arguments: Any) -> None:
        assert callable(arguments[0])


def test_gradio(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_script: Callable[[Path], Any]
) -> None:
    host: Any = ModuleType("gradio")
    host.Error = _Error
    for name in ("Blocks", "Markdown", "Row", "Image", "Dropdown", "Slider", "Code", "Button"):
        setattr(host, name, _Part)
    monkeypatch.setitem(sys.modules, "gradio", host)
    app = load_script(FOLDER / "gradio" / "app.py")
    assert isinstance(app.page(), _Part)
    write(Picture(torch.rand(3, 9, 12)), tmp_path / "a.png")
    target, found = app.restore(str(tmp_path / "a.png"), model, 1.0)
    assert read(Path(target)).width == 24
    assert json.loads(found)["seconds"] >= 0
    with pytest.raises(_Error, match="choose a photograph"):
        app.restore(None, model, 1.0)
    with pytest.raises(_Error, match="none"):
        app.restore(str(tmp_path / "none.png"), model, 1.0)
    monkeypatch.setattr(app, "LARGEST", 50)
    with pytest.raises(_Error, match="at most"):
        app.restore(str(tmp_path / "a.png"), model, 1.0)
