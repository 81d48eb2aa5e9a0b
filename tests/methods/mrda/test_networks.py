from unittest.mock import patch

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.methods.mrda.networks import DEN, MLN, RDAN, DynamicConv, RDAConv
from blindsr.nn.subpixel import Upsampler


def rand(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_papers_numbers_of_parameters_and_multiply_adds() -> None:
    student, rdan = DEN(3, 64), RDAN(64, 27, 4, modulation="region", dynamic=True)
    count = sum(p.numel() for net in (student, rdan) for p in net.parameters())
    assert count == 5_838_737 - 24  # the released code counts its two mean shifts
    assert multiply_adds(student, rdan, 180, 320) == pytest.approx(172.13e9, rel=0.02)


def multiply_adds(student: DEN, rdan: RDAN, height: int, width: int) -> float:
    total = 0.0

    def note(module: torch.nn.Module, _: object, output: Tensor) -> None:
        nonlocal total
        if isinstance(module, torch.nn.Conv2d):
            taps = module.in_channels // module.groups * module.kernel_size[0] * module.kernel_size[1]
            total += taps * output.numel()
        elif isinstance(module, torch.nn.Linear):
            total += module.in_features * output.numel()
        elif isinstance(module, DynamicConv):
            total += 9 * output.numel()

    layers = [layer for net in (student, rdan) for layer in net.modules()]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    # As papers count: layer by layer, not folded into one.
    with torch.no_grad(), torch.device("meta"), patch.object(Upsampler, "forward", lambda net, x: net.layers(x)):
        student, rdan = student.to("meta"), rdan.to("meta")
        lr = torch.empty(1, 3, height, width)
        rdan(lr, student(lr))
    for hook in hooks:
        hook.remove()
    return total


def test_each_image_is_convolved_by_its_own_code() -> None:
    net, x, code = DynamicConv(6), rand(3, 6, 8, 9), rand(3, 6, seed=1)
    together = net(x, code)
    for i in range(3):
        weights = net.kernel(F.leaky_relu(net.hidden(code[i]), 0.1)).view(6, 3, 3)
        for channel in range(6):
            expected = F.conv2d(x[i : i + 1, channel : channel + 1], weights[None, None, channel], padding=1)
            torch.testing.assert_close(together[i : i + 1, channel : channel + 1], expected)
        torch.testing.assert_close(net(x[i : i + 1], code[i : i + 1]), together[i : i + 1])


def test_region_modulation_is_equations_8_to_10() -> None:
    net, x, code = RDAConv(6, modulation="region", dynamic=True), rand(2, 6, 8, 9), rand(2, 6, seed=1)
    assert net.dynamic is not None
    assert net.region is not None
    first = F.leaky_relu(net.dynamic(x, code), 0.1)
    region = torch.sigmoid(net.region(x))
    assert region.shape == (2, 1, 8, 9)
    torch.testing.assert_close(net(x, code), region * first + x)


def test_channel_modulation_is_dasrs() -> None:
    net, x, code = RDAConv(16, modulation="channel", dynamic=True), rand(2, 16, 8, 9), rand(2, 16, seed=1)
    weights = {name: value.detach() for name, value in net.state_dict().items()}
    assert weights["gains.down.weight"].shape == (2, 16)
    assert not any(name.startswith("gains") and name.endswith("bias") for name in weights)
    assert net.dynamic is not None
    first = F.leaky_relu(net.dynamic(x, code), 0.1)
    mixed = F.conv2d(first, weights["mix.weight"], weights["mix.bias"])
    hidden = F.leaky_relu(code @ weights["gains.down.weight"].T, 0.1)
    gains = torch.sigmoid(hidden @ weights["gains.up.weight"].T)
    torch.testing.assert_close(net(x, code), mixed + x * gains[:, :, None, None])


def test_the_plain_convolution_does_not_look_at_the_code() -> None:
    x = rand(2, 6, 8, 9)
    plain = RDAConv(6, modulation="region", dynamic=False)
    assert torch.equal(plain(x, rand(2, 6, seed=1)), plain(x, rand(2, 6, seed=2)))
    channel = RDAConv(6, modulation="channel", dynamic=False)
    assert not torch.equal(channel(x, rand(2, 6, seed=1)), channel(x, rand(2, 6, seed=2)))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_mln_adds_to_the_bicubic_enlargement(scale: int) -> None:
    net, lr = MLN(4, scale), rand(2, 3, 6, 7)
    for parameter in net.upscaler.parameters():
        parameter.data.zero_()
    enlarged = net.enlarge(lr)
    assert enlarged.shape == (2, 3, 6 * scale, 7 * scale)
    assert torch.equal(net(lr), enlarged)
    assert len(net.body) == 7
    assert net.features(lr).shape == (2, 4, 6, 7)


def test_mlns_parameters() -> None:
    assert sum(p.numel() for p in MLN(128, 4).parameters()) == pytest.approx(2.07e6, rel=0.01)


def test_the_gan_model_has_the_papers_numbers_too() -> None:
    student, rdan = DEN(3, 128), RDAN(128, 21, 4, modulation="region", dynamic=True)
    assert sum(p.numel() for net in (student, rdan) for p in net.parameters()) == pytest.approx(19.59e6, rel=0.001)
    assert multiply_adds(student, rdan, 180, 320) == pytest.approx(572.96e9, rel=0.01)
