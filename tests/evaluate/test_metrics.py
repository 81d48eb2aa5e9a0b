"""PSNR and SSIM against numbers worked out by hand and against scikit-image."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import structural_similarity
from torch import Tensor

from blindsr.errors import BlindSRError, Code
from blindsr.evaluate import metrics
from blindsr.evaluate.metrics import Convention, psnr, ssim


def _pair(seed: int, n: int = 2, height: int = 29, width: int = 34, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    hr = torch.rand(n, 3, height, width, generator=generator).mul(255).round() / 255
    sr = (hr + noise * torch.randn(hr.shape, generator=generator)).clamp(0, 1)
    return sr, hr


def _matlab_y(rgb: np.ndarray) -> np.ndarray:
    """``rgb2ycbcr`` of (h, w, 3) on 0..255, written out."""
    return 16 + (65.481 * rgb[..., 0] + 128.553 * rgb[..., 1] + 24.966 * rgb[..., 2]) / 255


def test_psnr_of_one_gray_level_on_rgb() -> None:
    hr = torch.full((1, 3, 4, 4), 100 / 255)
    sr = torch.full((1, 3, 4, 4), 101 / 255)
    expected = 20 * math.log10(255)  # 48.13 dB
    assert psnr(sr, hr, Convention("rgb", 0, "none")).item() == pytest.approx(expected, abs=1e-4)


def test_psnr_of_one_gray_level_on_luma_is_higher_by_the_studio_range() -> None:
    hr = torch.full((1, 3, 4, 4), 100 / 255)
    sr = torch.full((1, 3, 4, 4), 101 / 255)
    expected = 20 * math.log10(255) + 20 * math.log10(255 / 219)  # 219 of 255 levels: the 1.32 dB of full-range luma
    assert psnr(sr, hr, Convention("y", 0, "none")).item() == pytest.approx(expected, abs=1e-4)


def test_rounding_decides_what_half_a_level_costs() -> None:
    hr = torch.full((1, 3, 4, 4), 100 / 255)
    sr = torch.full((1, 3, 4, 4), 100.4 / 255)
    assert psnr(sr, hr, Convention("rgb", 0, "none")).item() == pytest.approx(20 * math.log10(255 / 0.4), abs=1e-3)
    assert psnr(sr, hr, Convention("rgb", 0, "sr")).item() == math.inf


def test_rounded_luma_is_that_of_8_bit_files() -> None:
    sr, hr = _pair(3)
    convention = Convention("y", 2, "sr+luma")
    rounded = [np.round(_matlab_y((x[0].permute(1, 2, 0).numpy() * 255).round())) for x in (sr, hr)]
    error = (rounded[0] - rounded[1])[2:-2, 2:-2]
    expected = 10 * math.log10(255**2 / np.mean(error**2))
    assert psnr(sr, hr, convention)[0].item() == pytest.approx(expected, abs=1e-6)


@given(st.integers(0, 2**32), st.integers(0, 8))
@settings(max_examples=20, deadline=None)
def test_psnr_equals_its_definition(seed: int, border: int) -> None:
    sr, hr = _pair(seed)
    actual = psnr(sr, hr, Convention("y", border, "sr"))
    for row in range(2):
        a, b = (_matlab_y((x[row].permute(1, 2, 0) * 255).round().double().numpy()) for x in (sr, hr))
        inside = (slice(border, a.shape[0] - border), slice(border, a.shape[1] - border))
        expected = 10 * math.log10(255**2 / np.mean((a[inside] - b[inside]) ** 2))
        assert actual[row].item() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("noise", [0.01, 0.1, 0.4])
def test_ssim_on_luma_equals_scikit_image(noise: float) -> None:
    sr, hr = _pair(1, noise=noise)
    border = 4
    actual = ssim(sr, hr, Convention("y", border, "none"))
    for row in range(2):
        planes = [_matlab_y(x[row].permute(1, 2, 0).double().numpy() * 255) for x in (sr, hr)]
        assert actual[row].item() == pytest.approx(_oracle(planes[0], planes[1], border), abs=1e-6)


def test_ssim_on_rgb_is_the_mean_over_the_channels() -> None:
    sr, hr = _pair(2, n=1)
    channels = [_oracle(sr[0, c].double().numpy() * 255, hr[0, c].double().numpy() * 255, 3) for c in range(3)]
    assert ssim(sr, hr, Convention("rgb", 3, "none")).item() == pytest.approx(np.mean(channels), abs=1e-6)


def _oracle(a: np.ndarray, b: np.ndarray, border: int) -> float:
    a, b = (x[border : x.shape[0] - border, border : x.shape[1] - border] for x in (a, b))
    _, values = structural_similarity(  # type: ignore[no-untyped-call]
        a, b, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    return float(values[5:-5, 5:-5].mean())


def test_equal_images() -> None:
    _, hr = _pair(5)
    assert psnr(hr, hr, metrics.luma_convention(4)).tolist() == [math.inf, math.inf]
    assert ssim(hr, hr, metrics.luma_convention(4)).tolist() == pytest.approx([1, 1])


def test_the_border_is_left_out() -> None:
    sr, hr = _pair(6)
    damaged = sr.clone()
    damaged[..., :4, :] = 0
    damaged[..., -4:] = 1
    for convention in (metrics.luma_convention(4), metrics.rgb_convention(4)):
        assert torch.equal(psnr(damaged, hr, convention), psnr(sr, hr, convention))
        assert torch.equal(ssim(damaged, hr, convention), ssim(sr, hr, convention))
    assert (psnr(damaged, hr, metrics.luma_convention(3)) < psnr(sr, hr, metrics.luma_convention(3))).all()


def test_rows_of_a_batch_do_not_mix() -> None:
    sr, hr = _pair(7, n=3)
    for measure in (psnr, ssim):
        alone = torch.cat([measure(sr[i : i + 1], hr[i : i + 1], metrics.luma_convention(2)) for i in range(3)])
        torch.testing.assert_close(measure(sr, hr, metrics.luma_convention(2)), alone)


def test_a_result_beyond_the_range_is_clamped_only_where_it_is_rounded() -> None:
    hr = torch.ones(1, 3, 4, 4)
    assert psnr(hr * 1.5, hr, Convention("rgb", 0, "sr")).item() == math.inf
    assert psnr(hr * 1.5, hr, Convention("rgb", 0, "none")).item() == pytest.approx(20 * math.log10(2))


def test_shapes_must_agree() -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        psnr(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 9), metrics.luma_convention(2))
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        psnr(torch.zeros(3, 8, 8), torch.zeros(3, 8, 8), metrics.luma_convention(2))


def test_an_image_without_an_inside_is_refused() -> None:
    x = torch.zeros(1, 3, 18, 30)
    assert psnr(x, x, metrics.luma_convention(4)).item() == math.inf
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        ssim(x, x, metrics.luma_convention(4))
    with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
        psnr(x, x, metrics.luma_convention(9))


@pytest.mark.parametrize("values", [("cb", 4, "sr"), ("y", -1, "sr"), ("y", 4, "8bit")])
def test_unknown_conventions_are_refused(values: tuple[str, int, str]) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        Convention(*values)  # type: ignore[arg-type]


def test_presets_differ_and_name_themselves() -> None:
    presets = [
        metrics.luma_convention(4),
        metrics.unrounded_luma_convention(4),
        metrics.rounded_luma_convention(4),
        metrics.rgb_convention(4),
    ]
    assert len({str(preset) for preset in presets}) == 4
    assert str(metrics.luma_convention(4)) == "Y of BT.601, studio range, border 4 px, SR rounded to 8 bit"
