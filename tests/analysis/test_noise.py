from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from blindsr.analysis.noise import Blur, Noise, measure_noise_and_blur

Photo = NDArray[np.uint8]


def measured(image: NDArray[Any]) -> tuple[Noise, Blur]:
    planes = np.clip(np.round(image), 0, 255).transpose(2, 0, 1).astype(np.float32) / 255
    found = measure_noise_and_blur(planes)
    assert found is not None
    return found


def noise(shape: tuple[int, ...], level: float, width: float = 0.0, seed: int = 0) -> NDArray[np.float64]:
    drawn = np.random.default_rng(seed).standard_normal(shape)
    if width:
        drawn = ndimage.gaussian_filter(drawn, (width, width, 0))
    scaled: NDArray[np.float64] = level * drawn / drawn.std()
    return scaled


@pytest.mark.parametrize(("width", "tolerance"), [(0.0, 0.25), (1.0, 0.4)])  # photographs of 0.05 megapixels
@pytest.mark.parametrize("level", [6.0, 15.0, 25.0])
def test_white_and_blurred_noise_have_their_level(
    photos: list[Photo], level: float, width: float, tolerance: float
) -> None:
    for photo in photos[:2]:
        found, _ = measured(photo + noise(photo.shape, level, width))
        assert found.channels == pytest.approx((level,) * 3, rel=tolerance, abs=4)
        assert found.luma < found.level  # independent noise of three channels averages out


def test_clean_photographs_have_next_to_none(photos: list[Photo]) -> None:
    assert max(measured(photo)[0].level for photo in photos) < 5


def test_grain_is_told_from_white_noise(photos: list[Photo]) -> None:
    photo = photos[0]
    white, grain = (measured(photo + noise(photo.shape, 12, width))[0].grain for width in (0.0, 1.5))
    assert white < 0.25
    assert grain > 0.6


def test_noise_that_grows_with_brightness_is_noticed() -> None:
    x = np.indices((192, 256))[1]
    flat = np.repeat((40 + 160 * (x > 128))[..., None], 3, 2).astype(float)
    even, _ = measured(flat + noise(flat.shape, 8))
    growing, _ = measured(flat + noise(flat.shape, 1) * np.sqrt(flat))
    assert even.bright == pytest.approx(even.dark, rel=0.15)
    assert growing.bright > 1.6 * growing.dark


def test_noise_in_chroma_is_told_from_noise_in_luma() -> None:
    gray = np.full((160, 160, 3), 128.0)
    single = np.repeat(noise((160, 160, 1), 12), 3, 2)
    in_luma, in_both = measured(gray + single)[0], measured(gray + noise(gray.shape, 12))[0]
    assert in_luma.chroma < 2
    assert in_both.chroma > 5


def test_blur_grows_with_blur(photos: list[Photo]) -> None:
    for photo in photos[:2]:
        widths = [measured(ndimage.gaussian_filter(photo.astype(float), (w, w, 0)))[1].width for w in (0.01, 1.2, 2.5)]
        assert widths[0] < widths[1] < widths[2]


@pytest.mark.parametrize("shape", [(1, 1), (31, 200), (200, 20)])
def test_images_below_two_blocks_are_not_measured(shape: tuple[int, int]) -> None:
    assert measure_noise_and_blur(np.zeros((3, *shape), np.float32)) is None


def test_no_blur_is_certain_without_an_edge(photos: list[Photo]) -> None:
    flat, slope = np.full((96, 128, 3), 128.0), np.linspace(100, 150, 128)[None, :, None].repeat(96, 0).repeat(3, 2)
    for image in (flat, slope, flat + noise(flat.shape, 1.0)):
        assert measured(image)[1].confidence == 0
    assert measured(ndimage.gaussian_filter(photos[0], (3, 3, 0)))[1].confidence > 0
