"""Blur against scipy, and the short way against the long one."""

from importlib import import_module
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from blindsr.degrade import kernels
from blindsr.degrade.blur import Border, Downsampling, blur, blur_and_downsample, correlate, is_separable
from blindsr.degrade.resample import resize, subsample

module = import_module("blindsr.degrade.blur")  # the package exports the function of the same name
_SCIPY = {"reflect": "mirror", "symmetric": "reflect", "replicate": "nearest", "wrap": "wrap"}


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(get_args(Border)), st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3, 7, 15]))
def test_scipy_agrees_at_every_border(border: Border, height: int, width: int, size: int) -> None:
    source = torch.Generator().manual_seed(height * width + size)
    x = torch.rand(2, 3, height, width, generator=source, dtype=torch.float64)
    k = torch.rand(2, size, size, generator=source, dtype=torch.float64)
    ours = blur(x, k, border)
    for n in range(2):
        for c in range(3):
            theirs = ndimage.correlate(x[n, c].numpy(), k[n].numpy(), mode=_SCIPY[border])
            np.testing.assert_allclose(ours[n, c].numpy(), theirs, atol=1e-12)


@pytest.mark.parametrize("border", get_args(Border))
@pytest.mark.parametrize("down", ["bicubic", "direct"])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_separable_and_other_kernels_in_one_batch_equal_blur_then_subsampling(
    border: Border, down: str, scale: int
) -> None:
    x = torch.rand(4, 3, 36, 48, generator=torch.Generator().manual_seed(0))
    angles = torch.tensor([0.0, 0.7, 0.0, 2.0])
    k = kernels.gaussian(15, torch.tensor([2.6, 3.0, 0.5, 2.0]), torch.tensor([1.0, 1.0, 0.5, 0.4]), angles)
    assert is_separable(k).tolist() == [True, False, True, False]
    long = blur(x, k, border)
    expected = resize(long, 1 / scale) if down == "bicubic" else subsample(long, scale)
    short = blur_and_downsample(x, k, border, scale, "bicubic" if down == "bicubic" else "direct")
    torch.testing.assert_close(short, expected, atol=2e-6, rtol=0)


@pytest.mark.parametrize("angle", [0.02, 0.1])
def test_nearly_separable_kernels_take_the_exact_way(angle: float) -> None:
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    k = kernels.gaussian(15, torch.tensor([3.0]), 1.0, angle)
    expected = resize(blur(x, k, "reflect"), 0.25)
    torch.testing.assert_close(blur_and_downsample(x, k, "reflect", 4, "bicubic"), expected, atol=2e-6, rtol=0)


def test_large_images_take_the_long_way_to_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.rand(1, 3, 64, 64)
    k = kernels.gaussian(15, torch.tensor([1.7]))
    short = blur_and_downsample(x, k, "reflect", 4, "bicubic")
    monkeypatch.setattr(module, "_MATRIX_LIMIT", 32)
    torch.testing.assert_close(blur_and_downsample(x, k, "reflect", 4, "bicubic"), short, atol=2e-6, rtol=0)


def test_each_image_gets_its_own_kernel() -> None:
    x = torch.rand(1, 3, 24, 24).expand(2, -1, -1, -1)
    out = blur(x, kernels.gaussian(15, torch.tensor([0.2, 3.0])), "reflect")
    assert float(out[0].std()) > 2 * float(out[1].std())


def test_gradients_reach_image_and_kernel() -> None:
    x = torch.rand(2, 1, 6, 6, dtype=torch.float64, requires_grad=True)
    k = torch.rand(2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: blur_and_downsample(a, b, "reflect", 2, "bicubic"), (x, k))


@pytest.mark.parametrize("down", get_args(Downsampling))
def test_a_separable_kernel_gets_the_gradient_of_every_pixel(down: Downsampling) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(1, 3, 24, 20, generator=generator)
    kernel = kernels.gaussian(7, torch.tensor([1.2])).requires_grad_()
    assert bool(is_separable(kernel).all())
    weight = torch.rand(1, 3, 6, 5, generator=generator)
    found = torch.autograd.grad((blur_and_downsample(x, kernel, "reflect", 4, down) * weight).sum(), kernel)[0]
    whole = blur(x, kernel, "reflect")
    lr = resize(whole, 1 / 4) if down == "bicubic" else subsample(whole, 4)
    torch.testing.assert_close(found, torch.autograd.grad((lr * weight).sum(), kernel)[0])


@pytest.fixture(params=["fourier", "direct"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of both ways, whatever it costs."""
    for name in ("_fourier_is_cheaper", "_fourier_is_cheaper_for_kernels"):
        monkeypatch.setattr(module, name, lambda *_: request.param == "fourier")
    return str(request.param)


@settings(deadline=None, max_examples=25)
@given(st.sampled_from(get_args(Border)), st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 5, 15, 21]))
def test_fourier_transforms_equal_products_in_float32(border: Border, height: int, width: int, size: int) -> None:
    source = torch.Generator().manual_seed(height * width + size)
    x, k = torch.rand(3, 3, height, width, generator=source), torch.rand(3, size, size, generator=source)
    k = k / k.sum((1, 2), keepdim=True)
    out = []
    for chosen in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_fourier_is_cheaper", lambda *_, chosen=chosen: chosen)
            out.append(blur(x, k, border))
    torch.testing.assert_close(out[0], out[1], atol=3e-6, rtol=0)


def test_the_way_is_chosen_by_what_it_costs() -> None:
    for n, size, side, cheaper in ((1, 320, 21, True), (16, 320, 21, True), (1, 96, 15, True), (16, 24, 3, False)):
        assert module._fourier_is_cheaper(torch.empty(n, 3, size + side - 1, size + side - 1), side) == cheaper


@pytest.mark.usefixtures("way")
def test_both_ways_have_gradients_of_both_kinds() -> None:
    x = torch.rand(2, 2, 6, 7, dtype=torch.float64, requires_grad=True)
    k = torch.rand(2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(correlate, (x, k))
    assert torch.autograd.gradgradcheck(correlate, (x, k))


@pytest.mark.usefixtures("way")
def test_a_batch_larger_than_the_cache_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    x, k = torch.rand(5, 3, 20, 30), torch.rand(5, 7, 7)
    whole = correlate(x, k)
    monkeypatch.setattr(module, "_CACHED", 2 * x[0].numel())
    torch.testing.assert_close(correlate(x, k), whole, atol=1e-5, rtol=0)


@pytest.mark.usefixtures("way")
def test_one_image_among_many_and_under_vmap() -> None:
    x, k = torch.rand(4, 3, 9, 8), torch.rand(4, 5, 5)
    one = torch.func.vmap(lambda image, kernel: correlate(image[None], kernel[None])[0])
    torch.testing.assert_close(one(x, k), correlate(x, k))


def test_images_without_kernels_are_refused() -> None:
    with pytest.raises(ValueError, match="3 images cannot have 2 kernels"):
        correlate(torch.rand(3, 1, 5, 5), torch.rand(2, 3, 3))
