"""Weights of blindsr opened by spandrel, as other programs do."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file, save_file

import blindsr
from blindsr import weights
from blindsr.methods.cmdsr.model import CMDSR, CMDSRConfig

pytest.importorskip("spandrel", reason="needs the extra community")

from spandrel import MAIN_REGISTRY, ImageModelDescriptor, ModelLoader, ModelTiling, UnsupportedModelError
from spandrel.architectures.Compact import Compact

from blindsr.spandrel import Restorer, install

if TYPE_CHECKING:
    from torch import Tensor


def _open(path: Path) -> "ImageModelDescriptor[Restorer]":
    registry = MAIN_REGISTRY.copy()
    install(registry)
    install(registry)
    model = ModelLoader(registry=registry).load_from_file(path)
    assert isinstance(model, ImageModelDescriptor)
    return model


def _image(side: int) -> "Tensor":
    waves = torch.linspace(0, 6, side).sin()
    return (0.5 + 0.3 * waves[:, None] * waves[None]).expand(1, 3, side, side).contiguous()


@pytest.mark.parametrize("name", weights.available())
def test_weights_of_the_package(name: str) -> None:
    model = _open(weights.find_weights(name))
    upscaler = blindsr.load(name, device="cpu", precision="fp32")
    assert (model.architecture.id, model.scale, model.purpose) == ("blindsr", upscaler.scale, "SR")
    assert model.tags == [name.split("_", maxsplit=1)[0], name]
    assert model.tiling is ModelTiling.INTERNAL
    assert torch.equal(model(_image(24)), upscaler(_image(24)))


def test_weights_of_a_user(tmp_path: Path) -> None:
    method = CMDSR(CMDSRConfig(scale=2, blocks=1, channels=8, support=2, patch=7, features=4, end="leaky"))
    card = weights.Card(
        name="cmdsr_x2.mine", method="cmdsr", config=method.config.model_dump(mode="json"), recipe={}, provenance={}
    )
    path = tmp_path / "mine.safetensors"
    weights.save_weights(path, method, card)
    model = _open(path)
    assert model.model.method.config == method.config
    assert torch.equal(model(_image(16)), blindsr.load(path, device="cpu", precision="fp32")(_image(16)))
    damaged = load_file(path)
    damaged[weights.store.CARD] = damaged[weights.store.CARD][:-9]
    save_file(damaged, path)
    with pytest.raises(UnsupportedModelError):
        _open(path)


def test_networks_of_others_stay_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "compact.safetensors"
    save_file(Compact(num_feat=8, num_conv=2).state_dict(), path)
    assert _open(path).architecture.id == "Compact"
