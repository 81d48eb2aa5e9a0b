"""One convolution against the layers that it stands for."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.methods.mrda.networks import RDAN
from blindsr.methods.mrda.upscaler import BORDER, Upscaler, interior


def upscaler(scale: int) -> Upscaler:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return Upscaler(6, scale).double()


def features(height: int = 9, width: int = 11) -> Tensor:
    return torch.randn(2, 6, height, width, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_one_convolution_is_all_layers(scale: int) -> None:
    net, x = upscaler(scale), features()
    torch.testing.assert_close(net.inner(x), interior(net(x), scale))
    weight, bias = net.folded()
    assert weight.shape == (3 * scale**2, 6, 5, 5)
    assert bias.shape == (3 * scale**2,)


@torch.no_grad()
def test_nearer_to_the_edge_it_would_not_be() -> None:
    net, x = upscaler(4), features()
    weight, bias = net.folded()
    padded = F.pixel_shuffle(F.conv2d(x, weight, bias, padding=BORDER), 4)
    difference = (padded - net(x)).abs().amax((0, 1))
    assert float(difference[8:-8, 8:-8].max()) < 1e-12
    assert float(difference[4:8].max()) > 1e-3


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_layers_learn_the_same_through_it(scale: int) -> None:
    net, x = upscaler(scale), features().requires_grad_()
    target = torch.rand_like(net.inner(x))
    wanted = [x, *net.parameters()]
    long = torch.autograd.grad(F.mse_loss(interior(net(x), scale), target), wanted)
    short = torch.autograd.grad(F.mse_loss(net.inner(x), target), wanted)
    for mine, theirs in zip(short, long, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_the_network_inside_is_the_network() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        net = RDAN(6, 2, 4, modulation="region", dynamic=True)
    source = torch.Generator().manual_seed(1)
    lr, representation = torch.rand(2, 3, 10, 8, generator=source), torch.rand(2, 24, generator=source)
    torch.testing.assert_close(net.inner(lr, representation), interior(net(lr, representation), 4))
