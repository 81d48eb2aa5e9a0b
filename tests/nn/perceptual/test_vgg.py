from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.errors import BlindSRError, Code
from blindsr.nn.perceptual import VGG

Rand = Callable[..., Tensor]


def test_depths_are_torchvisions() -> None:
    for depth, parameters, numbers in (
        (16, 14_714_688, [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]),
        (19, 20_024_384, [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]),
    ):
        with torch.device("meta"):
            net = VGG(depth)  # type: ignore[arg-type]  # mypy sees an int
        assert sum(p.numel() for p in net.parameters()) == parameters
        assert [int(name) for name in net.layers] == numbers


def test_features_are_those_of_the_layers_by_hand(vgg: dict[str, Tensor], tmp_path: Path, rand: Rand) -> None:
    torch.save({**vgg, "classifier.0.weight": torch.zeros(2, 2)}, tmp_path / "vgg.pth")
    net = VGG.from_file(tmp_path / "vgg.pth", 16)
    weights = {name: value.float() for name, value in vgg.items()}
    x = rand(0, 1, 3, 24, 32)
    y = (x - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    first, second = net(x)[:2]
    y = F.conv2d(y, weights["features.0.weight"], weights["features.0.bias"], padding=1).relu()
    y = F.conv2d(y, weights["features.2.weight"], weights["features.2.bias"], padding=1)
    torch.testing.assert_close(first, y)
    torch.testing.assert_close(net.features(x)[0], y.relu())
    y = F.max_pool2d(y.relu(), 2)
    y = F.conv2d(y, weights["features.5.weight"], weights["features.5.bias"], padding=1).relu()
    torch.testing.assert_close(second, F.conv2d(y, weights["features.7.weight"], weights["features.7.bias"], padding=1))


def test_other_files_are_refused(vgg: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(vgg, tmp_path / "vgg.pth")
    with pytest.raises(BlindSRError, check=Code.INVALID_FILE.matches):
        VGG.from_file(tmp_path / "vgg.pth", 19)
