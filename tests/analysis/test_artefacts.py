import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from torch import Tensor

from blindsr.analysis.artefacts import fine_structure, flat_parts, smoothed
from blindsr.degrade.resample import resize
from blindsr.errors import BlindSRError, Code


def scene(seed: int = 0) -> Tensor:
    """An image ``(1, 3, 64, 96)`` that is a gentle slope, with strong colours at its right."""
    generator = torch.Generator().manual_seed(seed)
    image = torch.linspace(0.4, 0.41, 96).expand(1, 3, 64, 96).clone()
    image[..., 56:] = resize(torch.rand(1, 3, 16, 10, generator=generator), 4).clamp(0, 1)
    return image


def noisy(level: float, seed: int = 1) -> Tensor:
    clean = scene()
    return (clean + level / 255 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))).clamp(0, 1)


@given(st.floats(0.1, 8), st.integers(1, 40), st.integers(1, 40))
def test_the_gaussian_filter_equals_that_of_scipy(sigma: float, height: int, width: int) -> None:
    image = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(height))
    radius = max(1, math.ceil(3 * sigma))
    expected = ndimage.gaussian_filter(image, (0, 0, sigma, sigma), mode="nearest", radius=(0, 0, radius, radius))
    assert torch.allclose(smoothed(image, sigma), torch.from_numpy(expected), atol=1e-5)


def test_bicubic_is_the_unit() -> None:
    lr = noisy(8)
    assert fine_structure(lr, resize(lr, 4).clamp(0, 1)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_sharpened_noise_is_more_and_removed_noise_less(scale: int) -> None:
    lr = noisy(8)
    cubic = resize(lr, scale)
    sharp = cubic + 1.5 * (cubic - smoothed(cubic, 0.75 * scale))
    assert fine_structure(lr, sharp.clamp(0, 1)) > 1.5
    assert fine_structure(lr, resize(scene(), scale).clamp(0, 1)) < 0.6


def test_detail_where_the_photograph_has_some_does_not_count() -> None:
    lr = scene()
    cubic = resize(lr, 4).clamp(0, 1)
    sharp = cubic.clone()
    sharp[..., 4 * 64 :] += 0.1 * torch.randn(sharp[..., 4 * 64 :].shape, generator=torch.Generator().manual_seed(0))
    assert fine_structure(lr, sharp) < 1.05


def test_the_flat_half_is_the_smooth_one() -> None:
    flat = flat_parts(scene())
    assert flat.shape == (1, 1, 64, 96)
    assert flat[..., :44].float().mean() > 0.9
    assert flat[..., 60:].float().mean() < 0.1


@pytest.mark.parametrize("side", [1, 2, 5])
def test_constant_and_tiny_images_have_a_finite_ratio(side: int) -> None:
    lr = torch.full((1, 3, side, side), 0.5)
    assert fine_structure(lr, torch.full((1, 3, 4 * side, 4 * side), 0.5)) == pytest.approx(1)


def test_what_is_no_pair_is_refused() -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        fine_structure(torch.rand(1, 3, 8, 8), torch.rand(1, 3, 4, 4))
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        fine_structure(torch.rand(2, 3, 8, 8), torch.rand(2, 3, 16, 16))
