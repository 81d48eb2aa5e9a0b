"""One convolution against the layers that it stands for."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from blindsr.nn.subpixel import REACH, PixelShuffle, Upsampler, initialise_icnr


def test_it_is_pixel_shuffle_up_to_the_order_of_channels() -> None:
    x = torch.rand(2, 5 * 9, 4, 6)
    textbook = x.view(2, 9, 5, 4, 6).transpose(1, 2).reshape(2, 45, 4, 6)
    assert torch.equal(PixelShuffle(3)(x), nn.PixelShuffle(3)(textbook))


def upscaler(scale: int) -> Upsampler:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return Upsampler(6, scale).double()


def features(height: int = 9, width: int = 11) -> Tensor:
    return torch.randn(2, 6, height, width, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def inside(image: Tensor, scale: int) -> Tensor:
    edge = REACH * scale
    return image[..., edge:-edge, edge:-edge]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_one_convolution_is_all_layers(scale: int) -> None:
    net, x = upscaler(scale), features()
    torch.testing.assert_close(inside(net(x), scale), inside(net.layers(x), scale))
    assert net(x).shape == (2, 3, 9 * scale, 11 * scale)
    weight, bias = net.folded()
    assert weight.shape == (3 * scale**2, 6, 2 * REACH + 1, 2 * REACH + 1)
    assert bias.shape == (3 * scale**2,)


@torch.no_grad()
def test_it_is_the_layers_at_the_border_of_features_that_go_on() -> None:
    """With zeros for features outside, and the layers' own padding out of the way."""
    net, x = upscaler(4), features()
    around = F.pad(x, (4, 4, 4, 4))
    torch.testing.assert_close(net(x), net.layers(around)[..., 16:-16, 16:-16])


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_layers_learn_the_same_through_it(scale: int) -> None:
    net, x = upscaler(scale), features().requires_grad_()
    target = torch.rand(2, 3, 5 * scale, 7 * scale, dtype=torch.float64)
    wanted = [x, *net.parameters()]
    long, short = (
        torch.autograd.grad(F.mse_loss(inside(made, scale), target), wanted) for made in (net.layers(x), net(x))
    )
    for mine, theirs in zip(short, long, strict=True):
        torch.testing.assert_close(mine, theirs)


@torch.no_grad()
def test_it_is_folded_in_full_precision_under_autocast() -> None:
    net = upscaler(4).float()
    with torch.autocast("cpu", torch.bfloat16):
        weight, _ = net.folded()
    assert torch.equal(weight, net.folded()[0])


@torch.no_grad()
def test_it_starts_as_a_copy_of_the_nearest_pixel() -> None:
    net = upscaler(4).float()
    initialise_icnr(net.layers)
    enlarged = net.layers[:-1](x := features().float())
    mean = F.avg_pool2d(enlarged, 4)[..., 2:-2, 2:-2]
    spread = (enlarged - F.interpolate(F.avg_pool2d(enlarged, 4), scale_factor=4))[..., 8:-8, 8:-8]
    assert float(spread.std()) < 0.3 * float(mean.std())
    assert float((mean - x[..., 2:-2, 2:-2]).abs().mean()) < float(x.abs().mean())
