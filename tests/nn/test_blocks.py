"""Windows, and copies that share parameters."""

import pytest
import torch
from torch import nn
from torch.func import functional_call

from blindsr.nn.blocks import frozen, windows, with_tensors


def test_large_images_are_judged_by_windows_spread_over_them() -> None:
    assert windows(torch.rand(1, 3, 32, 32), 16, 4).shape == (1, 3, 32, 32)  # as many pixels: seen whole
    image = torch.arange(60.0 * 70).view(1, 1, 60, 70)
    found = windows(image, 16, 4)
    assert found.shape == (4, 1, 16, 16)
    corners = [(11, 14), (11, 40), (33, 14), (33, 40)]
    for window, (top, left) in zip(found, corners, strict=True):
        assert torch.equal(window, image[0, :, top : top + 16, left : left + 16])


def test_a_strip_is_judged_by_windows_as_narrow_as_itself() -> None:
    strip = torch.arange(8.0 * 900).view(1, 1, 8, 900)
    lefts = [110, 332, 552, 774]
    for image, found in (
        (strip, windows(strip, 16, 4)),
        (strip.mT, windows(strip.mT, 16, 4)),
    ):
        across = image is strip
        assert found.shape == ((4, 1, 8, 16) if across else (4, 1, 16, 8))
        for window, left in zip(found, lefts, strict=True):
            assert torch.equal(window if across else window.mT, strip[0, :, :, left : left + 16])


def test_windows_fill_a_grid_and_no_more() -> None:
    assert [len(windows(torch.rand(1, 1, 90, 90), 16, count)) for count in (1, 4, 5, 6, 9)] == [1, 4, 4, 6, 9]


def test_an_adapted_copy_shares_all_but_what_was_given() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.Conv2d(4, 2, 1))).eval()
    x, before = torch.rand(1, 3, 8, 8), {name: values.clone() for name, values in net.state_dict().items()}
    own = {"0.weight": torch.rand(4, 3, 3, 3), "1.running_mean": torch.rand(4), "2.0.bias": torch.rand(2)}
    copy = with_tensors(net, own)
    torch.testing.assert_close(copy(x), functional_call(net, own, (x,)))
    assert all(torch.equal(values, before[name]) for name, values in net.state_dict().items())
    parameters = dict(net.named_parameters())
    shared = {name for name, values in copy.named_parameters() if values is parameters[name]}
    assert shared == {"0.bias", "1.weight", "1.bias", "2.0.weight"}


def test_gradients_of_an_adapted_copy_reach_what_is_shared_and_what_was_given() -> None:
    net, bias = nn.Sequential(nn.Linear(3, 2)), torch.zeros(2, requires_grad=True)
    with_tensors(net, {"0.bias": 2 * bias})(torch.ones(1, 3)).sum().backward()
    assert bias.grad is not None
    torch.testing.assert_close(bias.grad, torch.full((2,), 2.0))
    torch.testing.assert_close(net[0].weight.grad, torch.ones(2, 3))
    assert net[0].bias.grad is None


@pytest.mark.parametrize("name", ["0.strange", "weight", "training", "0"])
def test_what_a_network_does_not_have_is_not_adapted(name: str) -> None:
    with pytest.raises(KeyError):
        with_tensors(nn.Sequential(nn.Linear(3, 2)), {name: torch.zeros(2)})


def test_gradients_pass_a_frozen_network_and_leave_it_as_it_was() -> None:
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1))
    net[0].requires_grad_(requires_grad=False)
    x = torch.ones(1, 3, requires_grad=True)
    with frozen(net):
        net(x).sum().backward()
    assert x.grad is not None
    assert all(parameter.grad is None for parameter in net.parameters())
    assert [parameter.requires_grad for parameter in net.parameters()] == [False, False, True, True]
