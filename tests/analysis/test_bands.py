import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from blindsr.analysis.bands import BLOCK, LENGTH, block_energies, coarse_share, features


def noise(level: float, seed: int = 0, side: int = 160) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, level, (side, side)).astype(np.float32)


@pytest.mark.parametrize("level", [1.0, 7.0, 30.0])
def test_white_noise_has_its_power_in_every_band(level: float) -> None:
    energies = block_energies(noise(level, side=320))
    assert energies.shape == (6, 320 // BLOCK, 320 // BLOCK)
    assert np.sqrt(energies.mean((1, 2))) == pytest.approx(np.full(6, level), rel=0.1)


def test_smoothed_noise_lacks_fine_power() -> None:
    energies = block_energies(ndimage.gaussian_filter(noise(20, side=320), 1.5)).mean((1, 2))
    assert energies[0] < 0.1 * energies[2] < 0.1 * energies[5]


@given(st.floats(-90, 90), st.integers(0, 9))
@settings(deadline=None)
def test_brightness_does_not_matter(offset: float, seed: int) -> None:
    plane = noise(5, seed, 64)
    assert block_energies(plane + np.float32(offset)) == pytest.approx(block_energies(plane), rel=1e-2, abs=1e-2)


def test_features_have_a_fixed_length_and_grow_with_noise() -> None:
    weak, strong = features(block_energies(noise(2))), features(block_energies(noise(20)))
    assert weak.shape == strong.shape == (LENGTH,)
    assert (strong[:-1] > weak[:-1]).all()


@pytest.mark.parametrize(("width", "low", "high"), [(0.0, 0.2, 0.35), (1.5, 0.7, 1.0)])
def test_smoothed_noise_is_kept_by_means(width: float, low: float, high: float) -> None:
    plane = noise(20, side=320)
    plane = ndimage.gaussian_filter(plane, width) if width else plane
    assert low < coarse_share(features(block_energies(plane))) < high


def test_flat_images_and_single_blocks_have_features() -> None:
    assert np.isfinite(features(block_energies(np.zeros((BLOCK, BLOCK), np.float32)))).all()
    assert features(block_energies(np.zeros((64, 64), np.float32)))[:-1].max() < 0
