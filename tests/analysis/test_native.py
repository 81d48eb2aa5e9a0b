from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from blindsr.analysis.native import native_scale, parse_native, resolve_native, shrink, shrink_factor
from blindsr.degrade.resample import resize
from blindsr.errors import BlindSRError, Code
from blindsr.images import Picture


def photograph(height: int = 320, width: int = 320, seed: int = 0) -> Tensor:
    """Noise whose amplitude falls with frequency, as a photograph's does."""
    noise = np.random.default_rng(seed).standard_normal((3, height, width))
    down, across = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]
    fall = np.maximum(np.hypot(down, across), 1 / 128)
    waves = np.fft.ifft2(np.fft.fft2(noise) / fall).real
    waves = 0.5 + 0.12 * waves / waves.std()
    return torch.from_numpy(waves).float().clamp(0, 1)


def enlarged(factor: float) -> Tensor:
    return resize(photograph(round(320 / factor), round(320 / factor))[None], factor, (320, 320))[0].clamp(0, 1)


def test_a_full_image_is_full() -> None:
    assert native_scale(photograph()) == 1


@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
def test_an_image_that_was_enlarged_is_found_out(factor: float) -> None:
    found = native_scale(enlarged(factor))
    assert 0.8 / factor < found < 1.4 / factor  # bicubic leaks
    assert shrink_factor(found) == 1 or 1 / factor < shrink_factor(found) <= 0.75


@pytest.mark.parametrize(("fraction", "shrunk_to"), [(1.0, 1.0), (0.6, 1.0), (0.5, 0.75), (0.25, 0.375)])
def test_it_is_shrunk_to_more_than_it_seems_to_hold(fraction: float, shrunk_to: float) -> None:
    assert shrink_factor(fraction) == shrunk_to


def test_noise_hides_it_and_small_images_tell_nothing() -> None:
    noisy = enlarged(2.0) + 0.1 * torch.randn(3, 320, 320, generator=torch.Generator().manual_seed(0))
    assert native_scale(noisy.clamp(0, 1)) == 1
    assert native_scale(enlarged(2.0)[:, :40]) == 1


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
def test_flat_images_do_no_harm(value: float) -> None:
    assert 0.25 <= native_scale(torch.full((3, 80, 80), value)) <= 1


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.05, 1))
def test_shrinking_keeps_range_and_alpha(height: int, width: int, fraction: float) -> None:
    generator = torch.Generator().manual_seed(height)
    pixels, alpha = (torch.rand(c, height, width, generator=generator) for c in (3, 1))
    expected = round(height * fraction), round(width * fraction)
    if min(expected) < 1:
        with pytest.raises(BlindSRError, check=Code.TOO_SMALL.matches):
            shrink(Picture(pixels, alpha), fraction)
        return
    small = shrink(Picture(pixels, alpha), fraction)
    assert (small.height, small.width) == expected
    assert small.alpha is not None
    assert 0 <= float(small.pixels.min()) <= float(small.pixels.max()) <= 1


@pytest.mark.parametrize(("text", "expected"), [("auto", "auto"), ("off", 1.0), ("0.5", 0.5), ("1", 1.0)])
def test_words(text: str, expected: Any) -> None:
    assert parse_native(text) == expected


@pytest.mark.parametrize("text", ["", "half", "0", "-1", "1.5", "nan"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        parse_native(text)


def test_only_auto_looks() -> None:
    assert resolve_native(0.7, photograph()) == 0.7
    assert resolve_native("auto", enlarged(3.0)) == shrink_factor(native_scale(enlarged(3.0))) < 1
    with pytest.raises(BlindSRError, check=Code.INVALID_VALUE.matches):
        shrink(Picture(photograph(8, 8)), 1.2)
