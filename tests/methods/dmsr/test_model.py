from typing import Any

import pytest
import torch
from torch import Tensor

from blindsr import weights
from blindsr.contract import Hints
from blindsr.degrade import kernels, resize
from blindsr.errors import BlindSRError, Code
from blindsr.inference import Upscaler
from blindsr.inference.tiles import restore_tiled
from blindsr.methods.dmsr import model
from blindsr.methods.dmsr.extractor import fit_kernel, noise_level
from blindsr.methods.dmsr.model import DMSR, DMSRCondition, DMSRConfig


def tiny(**config: Any) -> DMSR:
    values = {"scale": 2, "groups": 2, "blocks": 2, "channels": 8, "reduction": 4, "extractor": 6, **config}
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return DMSR(DMSRConfig(**values)).eval()


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    small = torch.rand(1, 3, -(-height // 4), -(-width // 4), generator=torch.Generator().manual_seed(seed))
    return resize(small, 4)[..., :height, :width].clamp(0, 1)


def found(net: DMSR, lr: Tensor, **hints: Any) -> DMSRCondition:
    with torch.no_grad():
        return net.condition(lr, generator=torch.Generator().manual_seed(0), hints=Hints(**hints))


def restore(net: DMSR, lr: Tensor, condition: DMSRCondition) -> Tensor:
    with torch.no_grad():
        return net.restore(lr, condition)


@pytest.mark.parametrize(("scale", "expected"), [(2, 7_892_136)])
def test_the_papers_number_of_parameters(scale: Any, expected: int) -> None:
    assert sum(p.numel() for p in DMSR(DMSRConfig(scale=scale)).net.parameters()) == expected


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (5, 5), (3, 40), (17, 23)])
def test_any_size_and_scale(scale: int, size: tuple[int, int]) -> None:
    net, lr = tiny(scale=scale), picture(*size)
    sr = restore(net, lr, found(net, lr))
    assert sr.shape == (1, 3, scale * size[0], scale * size[1])
    assert bool(torch.isfinite(sr).all())


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
def test_one_colour_is_no_trouble(value: float) -> None:
    net, lr = tiny(), torch.full((1, 3, 20, 20), value)
    assert bool(torch.isfinite(restore(net, lr, found(net, lr, noise=10.0))).all())


@pytest.fixture(scope="module")
def shipped() -> DMSR:
    method = weights.load_weights("dmsr_x4.light").method
    assert isinstance(method, DMSR)
    return method.eval()


@pytest.mark.parametrize("name", ["gray", "black", "page"])
def test_a_level_given_for_an_image_without_noise_does_no_harm(shipped: DMSR, name: str) -> None:
    lr = torch.full((1, 3, 24, 24), {"gray": 0.5, "black": 0.0, "page": 1.0}[name])
    if name == "page":
        lr[..., 5::9, :] = 0
        lr[..., :, 13] = 0
    for level in (5.0, 50.0):
        sr = restore(shipped, lr, found(shipped, lr, noise=level))
        assert float((sr - 0.5).abs().max()) < 1.25, level


def guide(kind: str, noise: Tensor) -> Tensor | None:
    """Table 3's, written out."""
    if kind == "sigma":
        return noise.mean((2, 3), keepdim=True).expand_as(noise)
    return noise if kind == "map" else None


@pytest.mark.parametrize("kind", ["map", "sigma", "none"])
def test_handed_in_means_are_what_the_attention_would_see_itself(kind: Any) -> None:
    net, lr = tiny(noise=kind), picture(20, 24)
    condition = found(net, lr)
    with torch.no_grad():
        noise, kernel = net.extractor(lr)
        torch.testing.assert_close(restore(net, lr, condition), net.net(lr, guide(kind, noise), kernel))
    assert len(condition.attention) == 4


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("noise", ["map", "sigma", "none"])
def test_tiles_equal_the_whole(scale: int, noise: Any) -> None:
    net, lr = tiny(scale=scale, noise=noise), picture(90, 70)
    condition = found(net, lr)
    whole = restore(net, lr, condition)
    with torch.no_grad():
        tiled = restore_tiled(net, lr, condition, tile=30, out=torch.empty_like(whole))
    torch.testing.assert_close(tiled, whole, atol=1e-5, rtol=0)
    assert net.traits.margin < 40


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("band", [1, 500])
def test_bands_make_no_difference(monkeypatch: pytest.MonkeyPatch, scale: int, band: int) -> None:
    net, features = tiny(scale=scale).net, torch.randn(2, 8, 11, 7, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = net._enlarged(features)
        monkeypatch.setattr(model, "_BAND", band)
        torch.testing.assert_close(net._enlarged(features), whole)
    assert net._enlarged(features).requires_grad


def test_a_block_adds_what_its_attention_scales() -> None:
    block = next(module for module in tiny().modules() if isinstance(module, model.RCAB))
    x = torch.randn(2, 8, 9, 7, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        y = block.second(block.first(x).relu())
        hidden = block.attention.down(y.mean((2, 3), keepdim=True)).relu()
        torch.testing.assert_close(block(x), x + y * block.attention.up(hidden).sigmoid())


def test_large_images_are_judged_by_windows_spread_over_them() -> None:
    net = tiny(window=16, windows=4)
    lr = picture(40, 60)
    assert 0 < (found(net, lr).confidence or 0) <= 1


def test_what_the_user_knows_overrules_what_is_estimated() -> None:
    net, lr = tiny(), picture(30, 30)
    kernel = kernels.gaussian(15, 1.5)
    condition = found(net, lr, kernel=kernel, noise=10.0)
    torch.testing.assert_close(condition.kernel[0], kernel)
    told = net.describe(condition)
    assert told["kernel"] == "given"
    assert told["kernel widths"] == pytest.approx([1.5, 1.5], abs=0.01)
    assert told["noise"] == [10.0, 10.0, 10.0]
    with torch.no_grad():
        level = condition.factor * noise_level(lr, net.extractor.noise_map(lr)).mean()
    assert float(level) == pytest.approx(10, rel=1e-3)


def test_a_network_that_is_told_a_number_is_told_the_users() -> None:
    net, lr = tiny(noise="sigma"), picture(20, 24)
    condition = found(net, lr, noise=10.0)
    told = torch.full_like(lr, 10 / 255)
    with torch.no_grad():
        torch.testing.assert_close(restore(net, lr, condition), net.net(lr, told, condition.kernel))


def test_a_share_of_noise_to_remove_is_refused() -> None:
    """It was never trained: trained weights keep no more grain at 0 than at 1."""
    with pytest.raises(BlindSRError, check=Code.UNSUPPORTED_OPTION.matches):
        Upscaler(tiny(), device="cpu").condition(picture(30, 30), Hints(denoise=0.5))


def test_kernels_of_other_sizes_are_fitted_or_refused() -> None:
    torch.testing.assert_close(fit_kernel(kernels.gaussian(7, 1.0)).sum(), torch.tensor(1.0))
    torch.testing.assert_close(fit_kernel(kernels.gaussian(31, 1.5)), kernels.gaussian(15, 1.5), atol=1e-5, rtol=0)
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        fit_kernel(kernels.gaussian(61, 12.0))
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        fit_kernel(torch.ones(4, 4))


def test_a_condition_survives_packing() -> None:
    net, lr = tiny(), picture(30, 30)
    for condition in (found(net, lr), found(net, lr, kernel=kernels.gaussian(15, 2.0))):
        again = net.unpack(net.pack(condition))
        assert torch.equal(restore(net, lr, again), restore(net, lr, condition))
        assert net.describe(again) == net.describe(condition)
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):
        net.unpack({"feature": lr})
    with pytest.raises(BlindSRError, check=Code.INCOMPATIBLE.matches):  # of a network of other channels
        tiny(channels=16).unpack(net.pack(found(net, lr)))
