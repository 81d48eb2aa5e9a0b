import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from blindsr.degrade import kernels
from blindsr.methods.dmsr import deblur
from blindsr.methods.dmsr.deblur import MetaDeblur, principal_components
from blindsr.methods.dmsr.extractor import paper_family


def module(code: int = 4) -> MetaDeblur:
    generator = torch.Generator().manual_seed(0)
    built = MetaDeblur(torch.randn(code, 225, generator=generator))
    for parameter in built.parameters():
        parameter.data.normal_(std=0.2, generator=generator)
    return built.double()


def literally(net: MetaDeblur, x: Tensor, kernel: Tensor) -> Tensor:
    """Table B.7 as it is written: 225 weights for every pixel, then the dynamic convolution by unfolding."""
    n, _, height, width = x.shape
    code = net.reduce(kernel.flatten(1))[:, :, None, None].expand(-1, -1, height + 2, width + 2)
    weights = F.conv2d(torch.cat((F.pad(x, (1,) * 4), code), 1), net.weights.weight, net.weights.bias)
    windows = F.unfold(x, 15, padding=7).view(n, 3, 225, height, width)
    return (windows * weights[:, None]).sum(2)


def example(height: int = 12, width: int = 20) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(2, 3, height, width, generator=generator, dtype=torch.float64)
    return x, torch.stack([kernels.gaussian(15, 1.3), kernels.gaussian(15, 2.6)]).double()


def test_it_equals_the_literal_form_and_so_do_its_gradients() -> None:
    net = module()
    x, kernel = example()
    inputs = [x.requires_grad_(), kernel.requires_grad_(), *net.parameters()]
    ours, expected = net(x, kernel), literally(net, x, kernel)
    torch.testing.assert_close(ours, expected)
    upstream = torch.rand(ours.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    for mine, theirs in zip(
        torch.autograd.grad(ours, inputs, upstream), torch.autograd.grad(expected, inputs, upstream), strict=True
    ):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("limit", [1, 60, 100, 10_000])
def test_strips_make_no_difference(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    net = module()
    x, kernel = example()
    whole = net(x, kernel)
    monkeypatch.setattr(deblur, "_STRIP", limit)
    with torch.no_grad():
        torch.testing.assert_close(net(x, kernel), whole)


def test_it_starts_close_to_leaving_the_image_alone() -> None:
    x, kernel = example()
    net = MetaDeblur(principal_components(paper_family(4).sample(64, 0).kernels, 15))
    with torch.no_grad():
        difference = (net(x.float(), kernel.float()) - x).abs().mean()
    assert float(difference) < 0.5 * float(x.abs().mean())


def test_principal_components_explain_the_kernels() -> None:
    sampled = paper_family(4).sample(256, 0).kernels
    directions = principal_components(sampled, 15)
    torch.testing.assert_close(directions @ directions.T, torch.eye(15), atol=1e-5, rtol=0)
    centred = sampled.flatten(1) - sampled.flatten(1).mean(0)
    left = centred - centred @ directions.T @ directions
    assert float(left.square().sum()) < 1e-4 * float(centred.square().sum())
