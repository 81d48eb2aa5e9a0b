"""LPIPS against its formula, written out with the weights under the authors' own names."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.errors import BlindSRError
from blindsr.evaluate.lpips import LPIPS

_SLICES = (("1.0", 3, 64, 11), ("2.3", 64, 192, 5), ("3.6", 192, 384, 3), ("4.8", 384, 256, 3), ("5.10", 256, 256, 3))


def random_weights() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    found = {
        "scaling_layer.shift": torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1),
        "scaling_layer.scale": torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1),
    }
    for number, (name, inputs, outputs, side) in enumerate(_SLICES):
        shape = (outputs, inputs, side, side)
        found[f"net.slice{name}.weight"] = torch.randn(shape, generator=generator) / (inputs * side**2) ** 0.5
        found[f"net.slice{name}.bias"] = torch.randn(outputs, generator=generator) * 0.1
        found[f"lin{number}.model.1.weight"] = torch.rand(1, outputs, 1, 1, generator=generator)
        found[f"lins.{number}.model.1.weight"] = found[f"lin{number}.model.1.weight"]  # they save them twice
    return found


@pytest.fixture(name="weights")
def _weights() -> dict[str, Tensor]:
    return random_weights()


def _rand(seed: int, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)).mul(255).round() / 255


def test_it_is_the_formula(weights: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(weights, tmp_path / "lpips.pth")
    a, b = _rand(0, 2, 3, 40, 48), _rand(1, 2, 3, 40, 48)
    expected = torch.zeros(2)
    x, y = ((2 * one - 1 - weights["scaling_layer.shift"]) / weights["scaling_layer.scale"] for one in (a, b))
    options = ({"stride": 4, "padding": 2}, {"padding": 2}, {"padding": 1}, {"padding": 1}, {"padding": 1})
    for number, (name, *_) in enumerate(_SLICES):
        if number in (1, 2):
            x, y = F.max_pool2d(x, 3, 2), F.max_pool2d(y, 3, 2)
        kernel, bias = weights[f"net.slice{name}.weight"], weights[f"net.slice{name}.bias"]
        x, y = (F.conv2d(one, kernel, bias, **options[number]).relu() for one in (x, y))
        difference = (F.normalize(x, dim=1) - F.normalize(y, dim=1)).square()
        expected += (difference * weights[f"lin{number}.model.1.weight"]).sum(1).mean((1, 2))
    torch.testing.assert_close(LPIPS.read(tmp_path / "lpips.pth")(a, b), expected)


def test_equal_images_and_small_ones(weights: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(weights, tmp_path / "lpips.pth")
    net = LPIPS.read(tmp_path / "lpips.pth")
    assert net(_rand(0, 1, 3, 40, 40), _rand(0, 1, 3, 40, 40)) == 0
    with pytest.raises(BlindSRError, match="32x32"):
        net(_rand(0, 1, 3, 31, 40), _rand(0, 1, 3, 31, 40))


def test_other_files_are_refused(weights: dict[str, Tensor], tmp_path: Path) -> None:
    del weights["lin3.model.1.weight"]
    torch.save(weights, tmp_path / "lpips.pth")
    with pytest.raises(BlindSRError, match="LPIPS"):
        LPIPS.read(tmp_path / "lpips.pth")
