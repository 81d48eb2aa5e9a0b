"""Filters, with scipy as the oracle."""

import numpy as np
import pytest
from scipy import ndimage

from blindsr.analysis import filters


@pytest.mark.parametrize("shape", [(9, 17), (40, 33), (5, 70)])
def test_mean(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    expected = ndimage.uniform_filter(image.astype(np.float64), (9, 17))
    assert np.allclose(filters.mean_filter(image, (9, 17)), expected, rtol=1e-12)


@pytest.mark.parametrize("length", [9, 10, 63, 500])
@pytest.mark.parametrize("size", [3, 9])
def test_median_and_maximum(length: int, size: int) -> None:
    signal = np.random.default_rng(length).normal(size=length)
    assert np.array_equal(filters.median_filter(signal, size), ndimage.median_filter(signal, size, mode="reflect"))
    assert np.array_equal(filters.maximum_filter(signal, size), ndimage.maximum_filter1d(signal, size))


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (2, 2), (2, 5), (5, 2), (3, 3), (12, 20)])
def test_sums_over_surrounding_blocks(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).uniform(0, 100, shape)
    window = np.minimum(np.array(shape), 3)
    expected = ndimage.uniform_filter(values, tuple(window), mode="nearest") * window.prod()
    assert np.allclose(filters.neighbour_sums(values), expected, rtol=1e-12)
