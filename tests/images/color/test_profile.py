"""Profiles of code points, beside the matrices and curves that they stand for."""

import io

import numpy as np
import pytest
import torch
from PIL import ImageCms

from blindsr.images.color import profile
from blindsr.images.color.gamut import Gamut

_P3_TO_SRGB = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])
_REC2020_TO_SRGB = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
"""Of linear light, as CSS Color 4 and ITU-R BT.2087 print them."""


def _to_linear(x: np.ndarray, transfer: int) -> np.ndarray:
    gamma = {4: 2.2, 8: 1.0}.get(transfer)
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4) if gamma is None else x**gamma


def _to_srgb(x: np.ndarray) -> np.ndarray:
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 0) ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("transfer", [13, 1, 4, 8])
@pytest.mark.parametrize(("primaries", "matrix"), [(12, _P3_TO_SRGB), (9, _REC2020_TO_SRGB), (1, np.eye(3))])
def test_colours_are_those_of_the_matrix_and_the_curve(primaries: int, transfer: int, matrix: np.ndarray) -> None:
    colours = np.random.default_rng(0).uniform(0.35, 0.75, (400, 3))
    expected = _to_srgb(_to_linear(colours, transfer) @ matrix.T)
    inside = ((expected > 0.2) & (expected < 0.98)).all(1)  # near black and outside, the gamut is cut off
    assert inside.sum() > 100
    gamut = Gamut(profile.make_profile(primaries, transfer))
    pixels = torch.from_numpy(colours[inside].T.reshape(1, 3, 1, -1)).float()
    found = gamut.to_srgb(pixels)
    off = np.abs(found[0, :, 0].T.numpy() - expected[inside])
    assert off.mean() < 0.3 / 255
    assert off.max() < 4 / 255  # at the border of the gamut
    torch.testing.assert_close(gamut.from_srgb(found), pixels, atol=1 / 255, rtol=0)


@pytest.mark.parametrize("primaries", list(profile.PRIMARIES))
@pytest.mark.parametrize("transfer", [1, 4, 5, 8, 13, 17])
def test_white_is_white_and_the_code_points_come_back(primaries: int, transfer: int) -> None:
    made = profile.make_profile(primaries, transfer)
    ImageCms.ImageCmsProfile(io.BytesIO(made))
    white = Gamut(made).to_srgb(torch.ones(1, 3, 1, 1))
    torch.testing.assert_close(white, torch.ones_like(white), atol=2e-3, rtol=0)
    assert profile.code_points(made) == (primaries, transfer)


def test_a_profile_without_code_points() -> None:
    assert profile.code_points(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()) is None
    for damaged in (b"", b"icc", profile.make_profile(12, 13)[:140], bytes(128) + b"\xff" * 40):
        assert profile.code_points(damaged) is None
