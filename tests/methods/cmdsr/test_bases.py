"""BaseNets: published sizes, and margins that hold."""

import pytest
import torch

from blindsr.degrade.resample import resize
from blindsr.methods.cmdsr.bases import BASES, EDSR, IDN, SPAN, VDSR, BaseName, ResidualBlock, SPANBlock, SRResNet


@pytest.mark.parametrize(
    ("name", "blocks", "parameters"),
    [
        ("srresnet", 10, 1_037_507),  # Table IV: 1.04 M
        ("srresnet", 16, 1_480_643),  # Table IV: 1.48 M
        ("vdsr", 18, 668_227),  # Table X: 0.67 M
        ("idn", 4, 715_331),  # Table X says 0.80 M
        ("edsr", 32, 43_089_923),  # Table X: 43 M
        ("span", 6, 426_288),  # The published weights, branches folded
    ],
)
def test_parameter_counts(name: BaseName, blocks: int, parameters: int) -> None:
    with torch.device("meta"):
        net = BASES[name](4, blocks=blocks)
    assert sum(p.numel() for p in net.parameters()) == parameters


@pytest.mark.parametrize("base", [VDSR, IDN])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_without_a_last_layer_the_bicubic_enlargement_is_left(base: type[VDSR] | type[IDN], scale: int) -> None:
    net = base(scale, blocks=1, channels=8)
    for p in net.tail.parameters():
        p.data.zero_()
    x = torch.rand(1, 3, 7, 9)
    torch.testing.assert_close(net(x), resize(x, scale))


@pytest.mark.parametrize("base", [SRResNet, EDSR])
def test_features_skip_the_body(base: type[SRResNet] | type[EDSR]) -> None:
    net = base(4, blocks=1, channels=8)
    x = torch.rand(1, 3, 7, 9)
    with torch.no_grad():
        head = net.head(x)
        inner = net.close(net.body(head)) if isinstance(net, EDSR) else net.body(head)
        expected = net.upscaler(inner + head)
        torch.testing.assert_close(net(x), expected)
        assert float((net.upscaler(inner) - expected).abs().max()) > 1e-3


@pytest.mark.parametrize(("base", "factor"), [(SRResNet, 1.0), (EDSR, 0.1)])
def test_a_block_adds_its_branch(base: type[SRResNet] | type[EDSR], factor: float) -> None:
    block = next(iter(base(4, blocks=1, channels=8).body.children()))
    assert isinstance(block, ResidualBlock)
    x = torch.rand(1, 8, 7, 9)
    branch = block.second(block.first(x).clamp(min=0))
    torch.testing.assert_close(block(x), x + factor * branch)


def test_span_is_what_its_authors_describe() -> None:
    net = SPAN(2, blocks=3, channels=8)
    x = torch.rand(1, 3, 7, 9)
    with torch.no_grad():
        features = net.conv_1(255 * (x - net.get_buffer("mean").view(1, 3, 1, 1)))
        y, results, firsts = features, [], []
        for block in net.body.children():
            assert isinstance(block, SPANBlock)
            one = block.c1_r(y)
            firsts.append(one * one.sigmoid())
            two = block.c2_r(firsts[-1])
            out = block.c3_r(two * two.sigmoid())
            y = (out + y) * (out.sigmoid() - 0.5)
            results.append(y)
        joined = net.conv_cat(torch.cat((features, net.conv_2(y), results[0], firsts[-1]), 1))
        torch.testing.assert_close(net(x), torch.pixel_shuffle(net.upsampler[0](joined), 2))


@pytest.mark.parametrize("name", list(BASES))
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_no_pixel_beyond_the_margin_matters(name: BaseName, scale: int) -> None:
    source = torch.Generator().manual_seed(scale)
    net = BASES[name](scale, blocks=1, channels=8).double()
    side = 2 * net.margin + 5
    x = torch.rand(1, 3, side, side, generator=source, dtype=torch.float64)
    moved = x.clone()
    centre = side // 2
    moved[..., centre, centre] += 1
    with torch.no_grad():
        change = (net(moved) - net(x)).abs().amax((0, 1))
    assert change.shape == (side * scale, side * scale)
    reached = change.view(side, scale, side, scale).amax((1, 3)).nonzero() - centre
    assert int(reached.abs().max()) <= net.margin
    assert int(reached.abs().max()) >= net.margin // 3
