import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from blindsr.analysis.jpeg_history import Grid, comb_score, find_grid, steps

Photo = NDArray[np.uint8]
Change = Callable[[Photo, float], Photo]


def grid_of(image: Photo) -> Grid | None:
    return find_grid(image.transpose(2, 0, 1).astype(np.float32) / 255)


@pytest.mark.parametrize("quality", [1, 10, 30, 49, 50, 75, 92, 100])
def test_the_steps_are_libjpegs(quality: int) -> None:
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        assert list(image.quantization[0]) == steps(quality).ravel().tolist()  # type: ignore[attr-defined]


@pytest.mark.parametrize("quality", [30, 50, 70, 85, 92])
def test_quality_and_phase_of_a_crop_are_found(photos: list[Photo], compressed: Change, quality: int) -> None:
    for index, photo in enumerate(photos):
        down, right = 3 + index, 7 - index
        found = grid_of(compressed(photo, quality)[down:, right:])
        assert found is not None
        assert found.quality is not None
        assert abs(found.quality - quality) <= 2
        assert found.period == 8
        assert found.confidence > 0.95
        assert found.phase == ((-down) % 8, (-right) % 8)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.8, 2.0]), st.sampled_from([2.0, 10.0, 40.0]))
def test_noise_of_any_kind_has_no_grid(seed: int, width: float, level: float) -> None:
    from scipy import ndimage

    noise = np.random.default_rng(seed).normal(0, level, (120, 160, 3))
    if width:
        noise = ndimage.gaussian_filter(noise, (width, width, 0))
    assert grid_of(np.clip(128 + noise, 0, 255).astype(np.uint8)) is None


def test_clean_photographs_have_no_grid(photos: list[Photo]) -> None:
    assert [grid_of(photo) for photo in photos] == [None] * len(photos)


def test_synthetic_images_have_no_grid() -> None:
    y, x = np.indices((128, 160))
    ramp = np.stack([x, y, x + y], 2).astype(np.uint8)
    stripes = np.repeat((255 * (x // 8 % 2))[..., None], 3, 2).astype(np.uint8)
    flat = np.full((128, 160, 3), 77, np.uint8)
    tiny = np.zeros((5, 9, 3), np.uint8)
    assert [grid_of(image) for image in (ramp, stripes, flat, tiny)] == [None] * 4


@pytest.mark.parametrize("fraction", [0.9, 1.2, 1.5])
def test_a_resized_grid_is_found_with_its_period(
    photos: list[Photo], compressed: Change, resized: Change, fraction: float
) -> None:
    for photo in photos[:2]:
        found = grid_of(resized(compressed(photo, 40), fraction))
        assert found is not None
        assert found.period == pytest.approx(8 * fraction, rel=0.01)
        assert found.quality is None or abs(found.quality - 40) <= 12


def test_stripes_along_one_axis_are_no_grid() -> None:
    x = np.indices((200, 240))[1]
    fence = 90 + 40 * ((x % 9) < 2) + np.random.default_rng(0).normal(0, 3, x.shape)
    comb = comb_score(fence.astype(np.float32))
    assert comb is not None
    assert not comb.found
