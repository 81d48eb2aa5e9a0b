"""Conversion to sRGB and back, beside what Pillow's colour management makes of it."""

import io

import numpy as np
import pytest
import pyvips
import torch
from PIL import Image, ImageCms

from blindsr.images import Metadata
from blindsr.images.gamut import Gamut, gamut_of


def p3() -> bytes:
    """The profile of Display P3, whose colours are wider than sRGB's."""
    return bytes(pyvips.Image.profile_load("p3"))


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_it_agrees_with_another_library() -> None:
    samples = np.random.default_rng(0).integers(80, 200, (8, 8, 3), np.uint8)  # inside sRGB
    profile = ImageCms.ImageCmsProfile(io.BytesIO(p3()))
    expected = ImageCms.profileToProfile(
        Image.fromarray(samples), profile, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    pixels = torch.from_numpy(samples / np.float32(255)).permute(2, 0, 1)[None]
    found = Gamut(p3()).to_srgb(pixels)[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(found - np.asarray(expected)).mean() < 0.5  # of which 0.25 are rounding
    assert np.abs(samples - np.asarray(expected, int)).mean() > 2  # there was something to convert


def test_what_srgb_can_show_comes_back() -> None:
    pixels = 0.1 + 0.8 * torch.rand(1, 3, 9, 7, generator=torch.Generator().manual_seed(0))  # inside, not on the rim
    gamut = Gamut(p3())
    torch.testing.assert_close(gamut.to_srgb(gamut.from_srgb(pixels)), pixels, atol=0.006, rtol=0)


@pytest.mark.parametrize("metadata", [Metadata(), Metadata(icc=b"nonsense"), Metadata(icc=p3(), gray=True)])
def test_no_profile_that_can_be_used_is_none(metadata: Metadata) -> None:
    assert gamut_of(metadata) is None


def test_srgb_needs_no_conversion_and_p3_does() -> None:
    assert gamut_of(Metadata(icc=srgb())) is None
    assert gamut_of(Metadata(icc=p3())) is not None
    assert gamut_of(Metadata(icc=p3())) is gamut_of(Metadata(icc=p3()))  # made once
