"""Random weights under the names that published files have."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

_ALEX = (("1.0", 3, 64, 11), ("2.3", 64, 192, 5), ("3.6", 192, 384, 3), ("4.8", 384, 256, 3), ("5.10", 256, 256, 3))
_VGG = {
    1: ((0, 3, 64), (2, 64, 64)),
    2: ((5, 64, 128), (7, 128, 128)),
    3: ((10, 128, 256), (12, 256, 256), (14, 256, 256)),
    4: ((17, 256, 512), (19, 512, 512), (21, 512, 512)),
    5: ((24, 512, 512), (26, 512, 512), (28, 512, 512)),
}


@pytest.fixture
def rand() -> Callable[..., Tensor]:
    """8-bit values in [0, 1] of a shape, by seed."""

    def of(seed: int, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)).mul(255).round() / 255

    return of


def _convolution(name: str, inputs: int, outputs: int, side: int, generator: torch.Generator) -> dict[str, Tensor]:
    weight = torch.randn(outputs, inputs, side, side, generator=generator) * (2 / (inputs * side**2)) ** 0.5
    return {f"{name}.weight": weight, f"{name}.bias": torch.randn(outputs, generator=generator) * 0.1}


@pytest.fixture(scope="session")
def alex() -> dict[str, Tensor]:
    """LPIPS on AlexNet as its authors save it."""
    generator = torch.Generator().manual_seed(0)
    found = {
        "scaling_layer.shift": torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1),
        "scaling_layer.scale": torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1),
    }
    for number, (name, inputs, outputs, side) in enumerate(_ALEX):
        found |= _convolution(f"net.slice{name}", inputs, outputs, side, generator)
        found[f"lin{number}.model.1.weight"] = torch.rand(1, outputs, 1, 1, generator=generator)
        found[f"lins.{number}.model.1.weight"] = found[f"lin{number}.model.1.weight"]  # they save them twice
    return found


@pytest.fixture(scope="session")
def vgg() -> dict[str, Tensor]:
    """VGG-16 as torchvision names it, the heads of LPIPS and the weights of DISTS, trunk in float16."""
    generator = torch.Generator().manual_seed(0)
    found: dict[str, Tensor] = {}
    for number, layers in enumerate(_VGG.values()):
        for place, inputs, outputs in layers:
            trunk = _convolution(f"features.{place}", inputs, outputs, 3, generator)
            found |= {key: value.half() for key, value in trunk.items()}
        found[f"lin{number}.model.1.weight"] = torch.rand(1, layers[-1][2], 1, 1, generator=generator)
    for name in ("alpha", "beta"):
        found[f"dists.{name}"] = torch.rand(1, 1475, 1, 1, generator=generator)
    return found


@pytest.fixture(scope="session")
def authors_vgg(vgg: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights under the names of LPIPS's authors."""
    places = {f"features.{name}": f"net.slice{piece}.{name}" for piece, layers in _VGG.items() for name, *_ in layers}
    return {
        f"{places.get(key.rsplit('.', 1)[0], key.rsplit('.', 1)[0])}.{key.rsplit('.', 1)[1]}": value
        for key, value in vgg.items()
    }
